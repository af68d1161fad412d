//! Test data for the models: the files of the test data, and pieces drawn from their vocabularies.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::tokenizer::file::vocabulary::Vocabulary;

/// Random choices from a fixed seed.
pub(super) struct Random(fastrand::Rng);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(fastrand::Rng::with_seed(seed))
    }

    /// A number below `bound`, which is not 0.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        self.0.usize(..bound)
    }

    pub(super) fn pick<'a, T: ?Sized>(&mut self, items: &[&'a T]) -> &'a T {
        items[self.below(items.len())]
    }

    /// At most `most` of `items`, one after the other.
    pub(super) fn concat(&mut self, items: &[&str], most: usize) -> String {
        (0..=self.below(most)).map(|_| self.pick(items)).collect()
    }

    /// A code point of any script, half of the time of ASCII.
    fn code_point(&mut self) -> char {
        let bound = [0x80, 0x80, 0x80, 0x600, 0x3000, 0x11_0000][self.below(6)];
        char::from_u32(self.below(bound) as u32).unwrap_or('\u{FFFD}')
    }
}

/// Every token; `count` concatenations of tokens, `count` with random Unicode between them; runs of
/// one letter.
pub(super) fn pieces(tokens: &[&str], random: &mut Random, count: usize) -> Vec<String> {
    let mut pieces: Vec<String> = tokens.iter().map(|token| (*token).to_owned()).collect();
    for _ in 0..count {
        pieces.push(random.concat(tokens, 8));
        let mixed = (0..=random.below(6)).map(|_| match random.below(3) {
            0 => random.pick(tokens).to_owned(),
            _ => (0..random.below(8)).map(|_| random.code_point()).collect(),
        });
        pieces.push(mixed.collect());
    }
    for text in ["a", "\u{120}", "\u{2581}", "\u{65E5}", "\u{10FFFF}", "ab"] {
        pieces.extend(runs(text));
    }
    pieces.push("a".repeat(100_000));
    pieces
}

/// `text` repeated: around the lengths at which something may change, and up to 5,000 times.
pub(super) fn runs(text: &str) -> Vec<String> {
    (0..=40).chain([63, 64, 65, 5000]).map(|count| text.repeat(count)).collect()
}

/// A vocabulary of these strings and ids.
pub(in crate::tokenizer) fn vocabulary<T: AsRef<str>>(tokens: &[(T, u32)]) -> Vocabulary {
    let mut vocabulary = Vocabulary::default();
    for (token, id) in tokens {
        vocabulary.push_token(token.as_ref()).unwrap();
        vocabulary.push_id(*id);
    }
    vocabulary
}

/// The `model` of every tokenizer file that is of this kind, with its directory's name: of
/// `MODEL2VEC_TEST_DATA`, and of the committed models that are unpacked.
pub(super) fn files(kind: &str) -> Vec<(String, String)> {
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../test/fixtures/unpacked");
    let roots = std::env::var_os("MODEL2VEC_TEST_DATA").map(PathBuf::from).into_iter().chain([committed]);
    let models = roots.filter_map(|root| root.join("models").read_dir().ok()).flatten();
    let mut directories: Vec<_> = models.map(|entry| entry.unwrap().path()).collect();
    // A model that is in both roots is tested once.
    directories.sort_by_key(|directory| directory.file_name().map(ToOwned::to_owned));
    directories.dedup_by_key(|directory| directory.file_name().map(ToOwned::to_owned));
    let read = |directory: PathBuf| {
        let json = std::fs::read(directory.join("tokenizer.json")).ok()?;
        let file: Value = serde_json::from_slice(&json).unwrap();
        let name = directory.file_name()?.to_string_lossy().into_owned();
        (model_kind(&file["model"]) == kind).then(|| (name, file["model"].to_string()))
    };
    directories.into_iter().filter_map(read).collect()
}

/// The kind of a model, which old files don't name.
fn model_kind(model: &Value) -> &str {
    match model["type"].as_str() {
        Some(kind) => kind,
        None if model["merges"].is_array() => "BPE",
        None if model["vocab"].is_array() => "Unigram",
        None => "WordPiece",
    }
}
