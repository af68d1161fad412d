//! Loads 2,000 mutated model directories. Each one either loads, and then every row and some texts
//! can be read, with and without its head, or gives a typed error. None may panic, hang, or end the
//! process.

mod bases;
mod json_tokens;
mod mutate;
mod random;
#[path = "../test_data/tensors.rs"]
mod tensors;
#[path = "../test_data/mod.rs"]
mod test_data;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use model2vec_engine::{Elements, EncodeOptions, HeadOutput, LoadError, LoadOptions, MemoryMode, StaticModel};

use crate::bases::Base;
use crate::mutate::{Content, Directory};
use crate::random::Random;

const MUTANTS: u64 = 2000;

#[test]
fn every_mutant_of_a_model_loads_and_encodes_or_gives_a_typed_error() {
    let bases = bases::all();
    let mut outcomes: BTreeMap<&str, u32> = BTreeMap::new();
    for seed in 0..MUTANTS {
        let random = &mut Random::new(seed);
        let base = random.pick(&bases);
        let mut directory = base.files.clone();
        let mut changes = Vec::new();
        for _ in 0..=random.below(2) {
            changes.push(mutate::mutate(&mut directory, random));
        }
        let memory = *random.pick(&[MemoryMode::Auto, MemoryMode::Copy, MemoryMode::Map]);
        // Printed when the test fails. A process that dies leaves the directory, which is named
        // after the seed.
        println!("mutant {seed} of {}, {memory:?}: {}", base.name, changes.join(", "));
        let folder = Folder::write(seed, &directory);
        let outcome = load_and_use(&folder.0, base, memory);
        *outcomes.entry(outcome.as_ref().map_or_else(LoadError::code, |()| "loaded")).or_default() += 1;
    }
    println!("{outcomes:?}");
    // If all mutants ended in the same way, they would test little.
    for outcome in [
        "loaded",
        "ERR_MODEL_LAYOUT",
        "ERR_BAD_CONFIG",
        "ERR_BAD_TOKENIZER",
        "ERR_UNSUPPORTED_TOKENIZER",
        "ERR_BAD_SAFETENSORS",
        "ERR_UNSUPPORTED_DTYPE",
        "ERR_SHAPE_MISMATCH",
        "ERR_BAD_HEAD",
    ] {
        assert!(outcomes.get(outcome).is_some_and(|&count| count >= 5), "too few mutants with {outcome}: {outcomes:?}");
    }
}

#[test]
fn the_models_that_mutants_are_made_of_load() {
    for (index, base) in bases::all().iter().enumerate() {
        let folder = Folder::write(MUTANTS + index as u64, &base.files);
        load_and_use(&folder.0, base, MemoryMode::Auto).unwrap_or_else(|error| panic!("{}: {error}", base.name));
    }
}

fn load_and_use(directory: &Path, base: &Base, memory: MemoryMode) -> Result<(), LoadError> {
    let options = LoadOptions { subfolder: base.subfolder.map(str::to_owned), memory, ..LoadOptions::default() };
    let model = StaticModel::load(directory, &options)
        // Every error must have a message.
        .inspect_err(|error| assert!(error.to_string().len() < 10_000, "{} is too long a message", error.code()))?;
    read_every_row(&model);
    encode(&model);
    if base.files.contains_key("head.safetensors") {
        let model = model
            .with_head()
            .inspect_err(|error| assert!(error.to_string().len() < 10_000, "{} is too long a message", error.code()))?;
        for output in [HeadOutput::Scores, HeadOutput::Activated] {
            encode(&model.through_head(output, true).expect("it was loaded with its head"));
        }
    }
    Ok(())
}

fn read_every_row(model: &StaticModel) {
    let table = model.table();
    let elements = match table.elements() {
        Elements::F32(elements) => elements.iter().map(|e| e.to_bits() as u64).fold((0, 0_u64), xor),
        Elements::F16(elements) => elements.iter().map(|&e| u64::from(e)).fold((0, 0), xor),
        Elements::F64(elements) => elements.iter().map(|e| e.to_bits()).fold((0, 0), xor),
        Elements::I8(elements) => elements.iter().map(|&e| e as u64).fold((0, 0), xor),
    };
    assert_eq!(std::hint::black_box(elements).0, table.rows() * table.dim());
    assert!((0..table.id_count()).all(|id| table.row_of(id as u32) < table.rows()));
}

fn xor((count, bits): (usize, u64), element: u64) -> (usize, u64) {
    (count + 1, bits ^ element)
}

fn encode(model: &StaticModel) {
    let mut scratch = model.take_scratch();
    let mut vector = vec![0.0; model.dim()];
    let long = "the quick brown fox, 42! ".repeat(50);
    for text in ["", "   ", "hello world", "Ünïcödé 日本語 😀\u{0}\u{301} [UNK] <unk> ab abc", &long] {
        for options in [
            model.defaults(),
            EncodeOptions { max_length: None, normalize: true, ..model.defaults() },
            EncodeOptions { max_length: Some(3), normalize: false, ..model.defaults() },
        ] {
            // Some tokenizers can't tokenize every text, for example without an unknown token.
            let _ = model.encode(text, options, &mut scratch, &mut vector);
        }
    }
}

/// A directory that is removed unless its mutant made the test fail.
struct Folder(PathBuf);

impl Folder {
    fn write(number: u64, directory: &Directory) -> Self {
        let folder = std::env::temp_dir().join(format!("m2v-mutant-{}-{number}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        for (name, content) in directory {
            let path = folder.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            match content {
                Content::Bytes(bytes) => fs::write(path, bytes).unwrap(),
                Content::Directory => fs::create_dir_all(path).unwrap(),
            }
        }
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _ = fs::remove_dir_all(&self.0);
        }
    }
}
