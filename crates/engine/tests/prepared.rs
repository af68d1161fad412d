//! Prepared tokenizers: `tokenizer.prepared` beside a tokenizer.json.

mod test_data;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use model2vec_engine::{LoadError, LoadOptions, MemoryMode, StaticModel, Tokenizer};
use twox_hash::XxHash3_64;

const TOKENIZER: &str = include_str!("loader_mutants/tiny/word-piece.json");
const CONFIG: &str = r#"{"model_type":"model2vec","normalize":true}"#;
const FILE: &str = "tokenizer.prepared";
/// Where in the file its content begins that the checksum is of.
const CONTENT: usize = 16;
const HEADER: usize = 56;
const MUTANTS: u64 = 4000;

/// A folder that is removed when the test has passed.
struct Folder(PathBuf);

impl Folder {
    fn with(files: &[(&str, &[u8])]) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("m2v-prepared-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let folder = Self(std::env::temp_dir().join(name));
        fs::create_dir_all(&folder.0).unwrap();
        for (name, bytes) in files {
            folder.write(name, bytes);
        }
        folder
    }

    /// A model of 8 tokens, with these bytes as its prepared tokenizer.
    fn tiny(prepared: &[u8]) -> Self {
        let header = r#"{"embeddings":{"dtype":"F32","shape":[8,2],"data_offsets":[0,64]}}"#;
        let mut table = (header.len() as u64).to_le_bytes().to_vec();
        table.extend(header.as_bytes());
        table.extend((0..16).flat_map(|element| (element as f32 - 3.5).to_le_bytes()));
        Self::with(&[
            ("config.json", CONFIG.as_bytes()),
            ("tokenizer.json", TOKENIZER.as_bytes()),
            ("model.safetensors", &table),
            (FILE, prepared),
        ])
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.0.join(name), bytes).unwrap();
    }

    fn tokenizer(&self) -> Tokenizer {
        Tokenizer::read(&self.0.join("tokenizer.json")).unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _ = fs::remove_dir_all(&self.0);
        }
    }
}

fn prepare(tokenizer: &str) -> Vec<u8> {
    let folder = Folder::with(&[("tokenizer.json", tokenizer.as_bytes())]);
    Tokenizer::prepare(&folder.0.join("tokenizer.json")).unwrap()
}

/// The file with the checksum of its content.
fn seal(mut file: Vec<u8>) -> Vec<u8> {
    if let Some((head, content)) = file.split_at_mut_checked(CONTENT) {
        head[8..].copy_from_slice(&XxHash3_64::oneshot(content).to_le_bytes());
    }
    file
}

fn ids(tokenizer: &Tokenizer, text: &str) -> Vec<u32> {
    let mut ids = Vec::new();
    tokenizer.encode(text, usize::MAX, &mut tokenizer.scratch(), &mut ids).unwrap();
    ids
}

/// A file in which `hello`, whose id is 2, has the id 3: what shows whether it is used.
fn with_other_id() -> Vec<u8> {
    let mut file = prepare(TOKENIZER);
    let id = file[HEADER..].chunks_exact(8).position(|node| node[4..] == 2_u32.to_le_bytes()).unwrap();
    file[HEADER + 8 * id + 4] = 3;
    seal(file)
}

#[test]
fn a_prepared_tokenizer_is_equal_to_the_one_that_is_read() {
    let mut compared = 0;
    for model in test_data::models() {
        let Ok(prepared) = Tokenizer::prepare(&model.tokenizer) else { continue };
        let json = fs::read(&model.tokenizer).unwrap();
        let folder = Folder::with(&[("tokenizer.json", &json)]);
        let read = folder.tokenizer();
        folder.write(FILE, &prepared);
        let prepared = folder.tokenizer();
        assert_eq!(prepared.vocabulary(), read.vocabulary(), "{}", model.name);
        let facts = |tokenizer: &Tokenizer| {
            let counts = (tokenizer.token_count(), tokenizer.id_bound(), tokenizer.median_token_length());
            (counts, tokenizer.unknown_id(), tokenizer.is_native())
        };
        assert_eq!(facts(&prepared), facts(&read), "{}", model.name);
        for text in ["", "a dog in the park", "Ünïcödé 日本語 😀\u{301} [UNK] [CLS] unbelievableness", &"x".repeat(101)]
        {
            assert_eq!(ids(&prepared, text), ids(&read, text), "{}: {text}", model.name);
        }
        compared += 1;
    }
    assert!(compared > 10, "no test data: run `node scripts/unpack-fixtures.mjs`");
}

#[test]
fn a_prepared_tokenizer_that_fits_is_used() {
    let file = with_other_id();
    assert_eq!(ids(&Folder::tiny(&file).tokenizer(), "hello world"), [3, 3]);
}

#[test]
fn a_file_that_does_not_fit_is_ignored() {
    let good = with_other_id();
    let changed = |at: usize| {
        let mut file = good.clone();
        file[at] ^= 1;
        file
    };
    let mut all = vec![Vec::new(), good[..HEADER].to_vec(), TOKENIZER.as_bytes().to_vec(), vec![0; 4096]];
    // The checksum is wrong.
    all.extend((0..good.len()).map(changed));
    all.extend((0..good.len()).step_by(97).map(|length| good[..length].to_vec()));
    all.push([&good[..], &[0; 8]].concat());
    // The magic, the version, the length and the hash of tokenizer.json, the places.
    all.extend([0, 7, 16, 24, 31, 32, 40].map(|at| seal(changed(at))));
    let folder = Folder::tiny(b"");
    for (index, file) in all.iter().enumerate() {
        folder.write(FILE, file);
        assert_eq!(ids(&folder.tokenizer(), "hello world"), [2, 3], "{index}");
    }
    folder.write(FILE, &good);
    folder.write("tokenizer.json", format!("{TOKENIZER} ").as_bytes());
    assert_eq!(ids(&folder.tokenizer(), "hello world"), [2, 3], "another tokenizer.json");
    folder.write("tokenizer.json", TOKENIZER.replace("hello", "jello").as_bytes());
    assert_eq!(ids(&folder.tokenizer(), "jello world"), [2, 3], "another tokenizer.json of the same length");
}

#[test]
fn what_is_no_file_or_too_large_a_file_is_ignored() {
    let folder = Folder::tiny(b"");
    let path = folder.0.join(FILE);
    // As large as no trie is; it has no bytes on the disk.
    fs::File::create(&path).unwrap().set_len(1 << 40).unwrap();
    assert_eq!(ids(&folder.tokenizer(), "hello world"), [2, 3]);
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    assert_eq!(ids(&folder.tokenizer(), "hello world"), [2, 3]);
    #[cfg(unix)]
    {
        fs::remove_dir(&path).unwrap();
        // Reading this device never ends.
        std::os::unix::fs::symlink("/dev/zero", &path).unwrap();
        assert_eq!(ids(&folder.tokenizer(), "hello world"), [2, 3]);
    }
}

#[test]
fn only_what_can_be_read_back_is_prepared() {
    let refused = |tokenizer: &str| {
        let folder = Folder::with(&[("tokenizer.json", tokenizer.as_bytes())]);
        Tokenizer::prepare(&folder.0.join("tokenizer.json")).unwrap_err()
    };
    let other_kind = refused(include_str!("loader_mutants/tiny/unigram.json"));
    assert_eq!(other_kind.code(), "ERR_UNSUPPORTED_TOKENIZER");
    assert!(other_kind.to_string().ends_with("only tokenizers of the BERT kind can be prepared"), "{other_kind}");
    // An empty token is in no trie, and these are longer than their nodes.
    let long = (1..999).map(|length| format!("\"{}\":{length},", "x".repeat(length))).collect::<String>();
    for vocabulary in [r#""":7,"#, &long] {
        let error = refused(&TOKENIZER.replace("\"hello\":2,", &format!("{vocabulary}\"hello\":2,")));
        assert_eq!(error.code(), "ERR_UNSUPPORTED_TOKENIZER", "{error}");
    }
    assert_eq!(refused("{").code(), "ERR_UNSUPPORTED_TOKENIZER");
    assert_eq!(Tokenizer::prepare(Path::new("missing")).unwrap_err().code(), "ERR_BAD_TOKENIZER");
}

/// Some random changes, mostly to one of these places.
fn mutate(file: &mut Vec<u8>, places: &[usize], random: &mut fastrand::Rng) {
    for _ in 0..random.usize(1..4) {
        let place = if random.u8(..4) != 0 { places[random.usize(..places.len())] } else { random.usize(..4096) };
        let at = place.min(file.len().saturating_sub(1));
        match random.u8(..8) {
            _ if file.is_empty() => {}
            0 => file[at] = random.u8(..),
            1 => file[at] ^= 1 << random.u8(..8),
            2 => file.truncate(at),
            3 => file.extend((0..random.usize(..2000)).map(|_| random.u8(..))),
            4 => drop(file.splice(at..at, file[at..].iter().copied().take(64).collect::<Vec<_>>())),
            5 => drop(file.drain(at..(at + random.usize(..64)).min(file.len()))),
            // A whole number of a place, a length or a node.
            6 => {
                let number = [0, 1, 255, 256, 1 << 16, u64::MAX, u64::MAX >> 1, 1 << 40][random.usize(..8)];
                let at = at / 8 * 8;
                let end = (at + 8).min(file.len());
                file[at..end].copy_from_slice(&number.to_le_bytes()[..end - at]);
            }
            // Nodes of another place, so that tries become graphs.
            _ => {
                let (to, length) = (random.usize(..file.len()), 8 * random.usize(1..64));
                let end = (at.max(to) + length).min(file.len());
                file.copy_within(at..(end - (at.max(to) - at)).max(at), to.min(end));
            }
        }
    }
}

#[test]
fn every_mutant_of_a_prepared_tokenizer_loads_and_encodes_or_gives_a_typed_error() {
    const FREE: [u8; 8] = [0, 1, 0, 0, 0xff, 0xff, 0xff, 0xff];
    let good = prepare(TOKENIZER);
    let nodes = (HEADER..good.len()).filter(|at| good[at / 8 * 8..][..8] != FREE);
    // Most of a small trie is free.
    let places: Vec<usize> = (32..HEADER).chain(nodes).collect();
    assert!(places.len() > 100 && places.len() < good.len() / 4);
    let folder = Folder::tiny(&good);
    let as_ever = folder.tokenizer().vocabulary();
    let mut outcomes: BTreeMap<&str, u32> = BTreeMap::new();
    for seed in 0..MUTANTS {
        let random = &mut fastrand::Rng::with_seed(seed);
        let mut file = good.clone();
        mutate(&mut file, &places, random);
        if random.u8(..8) != 0 {
            let named = file.len().min(32);
            file[..named].copy_from_slice(&good[..named]);
            file = seal(file);
        }
        println!("mutant {seed}");
        folder.write(FILE, &file);
        let outcome = match load_and_use(&folder.0) {
            Ok(vocabulary) if vocabulary == as_ever => "as ever",
            Ok(_) => "otherwise",
            Err(error) => error.code(),
        };
        *outcomes.entry(outcome).or_default() += 1;
    }
    println!("{outcomes:?}");
    for outcome in ["as ever", "otherwise", "ERR_SHAPE_MISMATCH"] {
        assert!(
            outcomes.get(outcome).is_some_and(|&count| count >= 50),
            "too few mutants with {outcome}: {outcomes:?}"
        );
    }
}

/// The vocabulary of a model that has loaded.
fn load_and_use(directory: &Path) -> Result<Vec<(String, u32)>, LoadError> {
    let model = StaticModel::load(directory, &LoadOptions { memory: MemoryMode::Map, ..LoadOptions::default() })?;
    let (mut scratch, mut vector) = (model.take_scratch(), vec![0.0; model.dim()]);
    let long = "hello ab the quick brown fox ".repeat(50);
    for text in ["", "hello the world", "Ünïcödé 日本語 😀\u{0}\u{301} [UNK] <unk> ab abc helloworldab", &long]
    {
        // Without an unknown token, some texts can't be tokenized.
        let _ = model.encode(text, model.defaults(), &mut scratch, &mut vector);
    }
    let vocabulary = model.tokenizer().vocabulary();
    assert!(vocabulary.iter().map(|(token, _)| token.len()).sum::<usize>() < 1 << 20);
    Ok(vocabulary)
}
