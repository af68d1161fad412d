//! Compares the vectors of every model, corpus and option set, bit for bit, with those of Python
//! model2vec 0.10.0.

mod test_data;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use model2vec_engine::{EncodeOptions, LoadOptions, MemoryMode, StaticModel, Tokenizer};
use serde::Deserialize;

const PREPARED: &str = "tokenizer.prepared";

#[derive(Deserialize)]
struct Meta {
    normalize: bool,
    runs: BTreeMap<String, Run>,
}

#[derive(Deserialize)]
struct Run {
    max_length: Option<usize>,
    normalize: Option<bool>,
}

#[derive(Deserialize)]
struct Digests {
    runs: BTreeMap<String, RunDigests>,
}

#[derive(Deserialize)]
struct RunDigests {
    vector_crc32: Vec<u32>,
    /// `None` for `flipnorm`, whose ids are those of `default`.
    ids_crc32: Option<Vec<u32>>,
}

fn crc32(bytes: impl IntoIterator<Item = [u8; 4]>) -> u32 {
    let mut crc = flate2::Crc::new();
    for four in bytes {
        crc.update(&four);
    }
    crc.sum()
}

fn load(root: &Path, name: &str, memory: MemoryMode) -> StaticModel {
    let subfolder = (name == "m8k-subfolder").then(|| "sub".to_owned());
    StaticModel::load(&root.join("models").join(name), &LoadOptions { subfolder, memory, ..LoadOptions::default() })
        .unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Compares all runs of one model. Returns the number of texts compared.
fn compare(root: &Path, reference: &Path, name: &str, memory: MemoryMode) -> usize {
    compare_model(&load(root, name, memory), root, reference, name)
}

fn compare_model(model: &StaticModel, root: &Path, reference: &Path, name: &str) -> usize {
    let meta: Meta = serde_json::from_slice(&std::fs::read(reference.join("meta.json")).unwrap()).unwrap();
    let digests: Digests = serde_json::from_slice(&test_data::read_gzip(&reference.join("digests.json.gz"))).unwrap();
    assert_eq!(model.defaults().normalize, meta.normalize, "{name}: normalize of the configuration");
    let mut scratch = model.take_scratch();
    let mut vector = vec![0.0; model.dim()];
    let mut compared = 0;
    for (run, digests) in &digests.runs {
        let settings = &meta.runs[run];
        let normalize = settings.normalize.expect("a run with vectors says whether they are normalized");
        let options = EncodeOptions { max_length: settings.max_length, normalize, ..model.defaults() };
        let corpus = run.split('.').next().unwrap();
        let texts = test_data::corpus(root, corpus).unwrap_or_else(|| panic!("{name}: no corpus {corpus}"));
        assert_eq!(texts.len(), digests.vector_crc32.len(), "{name}, {run}");
        for (index, text) in texts.iter().enumerate() {
            let stats = model.encode(text, options, &mut scratch, &mut vector).unwrap();
            let found = crc32(vector.iter().map(|element| element.to_le_bytes()));
            let (ids, _) = model.token_ids(text, options.max_length, &mut scratch).unwrap();
            assert_eq!(stats.pooled as usize, ids.len());
            let ids_found = crc32(ids.iter().map(|id| id.to_le_bytes()));
            let ids_expected = digests.ids_crc32.as_ref().map(|crcs| crcs[index]);
            assert_eq!(ids_expected.unwrap_or(ids_found), ids_found, "{name}, {run}: ids of text {index}, {text:?}");
            assert_eq!(found, digests.vector_crc32[index], "{name}, {run}: vector of text {index}, {text:?}");
            compared += 1;
        }
        println!("{name}: {run}: {} texts", texts.len());
    }
    compared
}

#[test]
fn vectors_of_every_model_equal_pythons_in_every_bit() {
    let mut models = test_data::models();
    assert!(!models.is_empty(), "no test data: run `node scripts/unpack-fixtures.mjs`");
    let mut compared = 0;
    for model in &models {
        compared += compare(&model.root, &model.reference, &model.name, MemoryMode::Copy);
    }
    // The same files in a subfolder have the references of m8k-f32.
    models.retain(|model| model.name == "m8k-f32");
    for model in &models {
        compared += compare(&model.root, &model.reference, "m8k-subfolder", MemoryMode::Copy);
    }
    println!("{compared} vectors compared");
}

#[test]
fn a_mapped_table_gives_the_same_bits_as_a_copied_one() {
    for model in test_data::models() {
        if matches!(model.name.as_str(), "m8k-f32" | "m8k-f16" | "m8k-f64" | "m8k-int8" | "m8k-vq") {
            compare(&model.root, &model.reference, &model.name, MemoryMode::Map);
        }
    }
}

/// The files of the model with this tokenizer.json, without its prepared tokenizer or with another.
fn folder_of(tokenizer: &Path, prepared: Option<&[u8]>) -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let name = format!("m2v-parity-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let folder = std::env::temp_dir().join(name);
    std::fs::create_dir(&folder).unwrap();
    for entry in tokenizer.parent().unwrap().read_dir().unwrap() {
        let file = entry.unwrap();
        let (from, to) = (file.path().canonicalize().unwrap(), folder.join(file.file_name()));
        if from.is_file() && file.file_name() != PREPARED && std::fs::hard_link(&from, &to).is_err() {
            std::fs::copy(&from, &to).unwrap();
        }
    }
    if let Some(bytes) = prepared {
        std::fs::write(folder.join(PREPARED), bytes).unwrap();
    }
    folder
}

#[test]
fn with_a_prepared_tokenizer_and_without_one_the_bits_are_the_same() {
    let mut compared = 0;
    for test_data::Model { name, root, tokenizer, reference } in test_data::models() {
        let Ok(prepared) = Tokenizer::prepare(&tokenizer) else { continue };
        // Its files are in two folders.
        if name == "m8k-st-nested" {
            continue;
        }
        // The only one that may have a prepared tokenizer already.
        let without = (name == "potion-base-8M").then_some(None);
        for prepared in std::iter::once(Some(prepared.as_slice())).chain(without) {
            let folder = folder_of(&tokenizer, prepared);
            let options = LoadOptions { memory: MemoryMode::Map, ..LoadOptions::default() };
            let model = StaticModel::load(&folder, &options).unwrap_or_else(|error| panic!("{name}: {error}"));
            compared += compare_model(&model, &root, &reference, &name);
            drop(model);
            std::fs::remove_dir_all(&folder).unwrap();
        }
    }
    assert!(compared > 0);
}
