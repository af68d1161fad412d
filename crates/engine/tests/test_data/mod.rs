//! Finds the test data: in the folder that `MODEL2VEC_TEST_DATA` names, and in
//! `test/fixtures/unpacked`, the committed models.
#![allow(dead_code, unreachable_pub, missing_docs, reason = "each test binary uses a part of this module")]

use std::io::Read;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// A model of a test data root, with the references that Python made for it.
pub struct Model {
    pub name: String,
    pub root: PathBuf,
    pub tokenizer: PathBuf,
    pub reference: PathBuf,
}

fn roots() -> Vec<PathBuf> {
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../test/fixtures/unpacked");
    std::env::var_os("MODEL2VEC_TEST_DATA").map(PathBuf::from).into_iter().chain([committed]).collect()
}

/// Every model that has references, from the first root that has the model. Prints "not present"
/// for one that no root has.
pub fn models() -> Vec<Model> {
    let mut names: Vec<_> = roots().iter().flat_map(|root| directories(&root.join("reference"))).collect();
    names.sort();
    names.dedup();
    names.into_iter().filter_map(|name| find(&name)).collect()
}

fn find(name: &str) -> Option<Model> {
    for root in roots() {
        let reference = root.join("reference").join(name);
        let tokenizer = ["tokenizer.json", "sub/tokenizer.json", "0_StaticEmbedding/tokenizer.json"]
            .map(|file| root.join("models").join(name).join(file))
            .into_iter()
            .find(|file| file.is_file());
        if let (Some(tokenizer), true) = (tokenizer, reference.join("meta.json").is_file()) {
            return Some(Model { name: name.to_owned(), root, tokenizer, reference });
        }
    }
    println!("{name}: not present");
    None
}

/// The directory of a committed model, even if another root has a model of this name: the values in
/// `test/expected` were made from the committed tables.
pub fn model_directory(name: &str) -> PathBuf {
    let mut found = roots().into_iter().rev().map(|root| root.join("models").join(name)).filter(|path| path.is_dir());
    found.next().unwrap_or_else(|| panic!("{name}: not present, `node scripts/unpack-fixtures.mjs` unpacks it"))
}

fn directories(path: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(path) else { return Vec::new() };
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// The texts of a corpus; `None` if the root doesn't have it.
pub fn corpus(root: &Path, name: &str) -> Option<Vec<String>> {
    #[derive(Deserialize)]
    struct Line {
        text: String,
    }
    let plain = root.join("corpora").join(format!("{name}.jsonl"));
    let compressed = root.join("corpora").join(format!("{name}.jsonl.gz"));
    let bytes = match std::fs::read(&plain) {
        Ok(bytes) => bytes,
        Err(_) if compressed.is_file() => read_gzip(&compressed),
        Err(_) => return None,
    };
    let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    Some(lines.map(|line| serde_json::from_slice::<Line>(line).unwrap().text).collect())
}

pub fn read_gzip(path: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    flate2::read::GzDecoder::new(file).read_to_end(&mut bytes).unwrap();
    bytes
}
