//! The ids of random texts equal those of the `tokenizers` crate, for every model of the test data and for
//! random small files.
//!
//! `M2V_FUZZ_TEXTS` is the number of texts per kind of model, `M2V_FUZZ_FILES` the number of random files,
//! `M2V_MODEL` the start of the models' names, and `M2V_FUZZ_SEED` the seed that a failure printed.

#[path = "../test_data/mod.rs"]
mod test_data;
mod texts;
mod variants;

use std::collections::HashSet;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use model2vec_engine::{Tokenizer, TokenizerScratch};
use test_data::{Model, corpus, models};
use texts::{Random, Texts};

const TEXTS: usize = 20_000;

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|value| value.parse().unwrap_or_else(|_| panic!("{variable}: {value}")))
}

fn seed() -> u64 {
    let clock = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64;
    number("M2V_FUZZ_SEED").unwrap_or_else(clock)
}

/// Statistics of the texts of one model.
#[derive(Default)]
struct Counts {
    texts: usize,
    ids: HashSet<u32>,
    with_unknown: usize,
    with_added: usize,
    non_ascii: usize,
}

fn fuzz(model: &Model, texts: usize, seed: u64) {
    let name = &model.name;
    let ours = Tokenizer::read(&model.tokenizer).unwrap();
    let mut reference = tokenizers::Tokenizer::from_file(&model.tokenizer).unwrap();
    reference.with_padding(None).with_truncation(None).unwrap();
    let vocabulary = ours.vocabulary();
    assert_eq!(vocabulary.len(), reference.get_vocab_size(true), "{name}");
    for (token, id) in reference.get_vocab(true) {
        let index = vocabulary.binary_search_by(|(other, other_id)| (other_id, other.as_str()).cmp(&(&id, &token)));
        assert!(index.is_ok(), "{name}: {token:?}");
    }

    let added: Vec<String> = reference.get_added_tokens_decoder().values().map(|token| token.content.clone()).collect();
    let added_ids: HashSet<u32> = reference.get_added_tokens_decoder().keys().copied().collect();
    let tokens: Vec<String> = vocabulary.iter().map(|(token, _)| token.clone()).collect();
    let lines = ["multilingual_300", "docs_en_300", "edge"].map(|name| corpus(&model.root, name).unwrap_or_default());
    let mut texts_of = Texts { tokens, added, lines: lines.concat(), random: Random::new(seed) };

    let mut scratch = ours.scratch();
    let mut counts = Counts::default();
    let mut ids = Vec::new();
    while counts.texts < texts {
        let text = texts_of.next();
        ids.clear();
        let outcome = ours.encode(&text, usize::MAX, &mut scratch, &mut ids);
        let expected = reference.encode_fast(text.as_str(), false);
        match (&outcome, &expected) {
            (Ok(()), Ok(expected)) => {
                assert!(
                    ids == expected.get_ids(),
                    "{name}, M2V_FUZZ_SEED={seed}, text {}: {text:?}\nours     {ids:?}\nexpected {:?}",
                    counts.texts,
                    expected.get_ids(),
                );
            }
            (Err(error), Err(expected)) => assert_eq!(error.to_string(), expected.to_string(), "{name}: {text:?}"),
            _ => panic!("{name}, M2V_FUZZ_SEED={seed}: {text:?}: {outcome:?}, the crate: {expected:?}"),
        }
        let limit = texts_of.random.below(ids.len() + 2);
        let mut first = Vec::new();
        if ours.encode(&text, limit, &mut scratch, &mut first).is_ok() && outcome.is_ok() {
            assert_eq!(first, ids[..limit.min(ids.len())], "{name}, limit {limit}: {text:?}");
        }
        counts.texts += 1;
        counts.with_unknown += usize::from(ids.iter().any(|id| Some(*id) == ours.unknown_id()));
        counts.with_added += usize::from(ids.iter().any(|id| added_ids.contains(id)));
        counts.non_ascii += usize::from(!text.is_ascii());
        counts.ids.extend(&ids);
    }
    let percent = |count: usize, of: usize| 100.0 * count as f64 / of.max(1) as f64;
    println!(
        "{name}: {}, {} texts equal (seed {seed}); {:.0} % of the vocabulary; {:.0} % with an unknown, {:.0} % with an added token, \
         {:.0} % beyond ASCII",
        if ours.is_native() { "native" } else { "reference" },
        counts.texts,
        percent(counts.ids.len(), vocabulary.len()),
        percent(counts.with_unknown, counts.texts),
        percent(counts.with_added, counts.texts),
        percent(counts.non_ascii, counts.texts),
    );
}

fn fuzz_kind(prefixes: &[&str]) {
    let texts = number("M2V_FUZZ_TEXTS").map_or(TEXTS, |texts| usize::try_from(texts).unwrap());
    let seed = seed();
    let filter = std::env::var("M2V_MODEL").unwrap_or_default();
    let mut models = models();
    models.retain(|model| prefixes.iter().any(|prefix| model.name.starts_with(prefix)));
    let count = models.len();
    for model in models.iter().filter(|model| model.name.starts_with(&filter)) {
        fuzz(model, texts.div_ceil(count), seed);
    }
}

#[test]
fn random_texts_have_the_crates_ids_with_byte_level_bpe() {
    fuzz_kind(&["bpe-"]);
}

#[test]
fn random_texts_have_the_crates_ids_with_sentence_piece_bpe() {
    fuzz_kind(&["spbpe-"]);
}

#[test]
fn random_texts_have_the_crates_ids_with_unigram() {
    fuzz_kind(&["ug-"]);
}

#[test]
fn random_texts_have_the_crates_ids_with_word_level() {
    fuzz_kind(&["wl-"]);
}

#[test]
fn random_texts_have_the_crates_ids_with_word_piece() {
    fuzz_kind(&["wp-", "potion-", "m8k-f32"]);
}

/// How many texts each random file gets.
const TEXTS_A_FILE: usize = 60;

/// A tokenizer file, read by both.
struct Read {
    json: String,
    ours: Tokenizer,
    reference: tokenizers::Tokenizer,
    scratch: TokenizerScratch,
}

impl Read {
    /// `None` if both refuse the file.
    fn new(file: &serde_json::Value, context: &str) -> Option<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("m2v-variant-{}-{}.json", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        let json = file.to_string();
        std::fs::write(&path, &json).unwrap();
        let (ours, reference) = (Tokenizer::read(&path), json.parse());
        std::fs::remove_file(&path).unwrap();
        match (ours, reference) {
            (Ok(ours), Ok(reference)) => Some(Self { json, scratch: ours.scratch(), ours, reference }),
            (Err(_), Err(_)) => None,
            (ours, reference) => panic!("{context}: {json}\n{:?}\nthe crate: {:?}", ours.err(), reference.err()),
        }
    }

    /// The ids of a text, `None` if both refuse it.
    fn equal_ids(&mut self, text: &str, context: &str) -> Option<Vec<u32>> {
        let mut ids = Vec::new();
        let outcome = self.ours.encode(text, usize::MAX, &mut self.scratch, &mut ids);
        let json = &self.json;
        match (outcome, self.reference.encode_fast(text, false)) {
            (Ok(()), Ok(expected)) => {
                let expected = expected.get_ids();
                assert!(ids == expected, "{context}: {json}\n{text:?}\nours      {ids:?}\nthe crate {expected:?}");
                Some(ids)
            }
            (Err(_), Err(_)) => None,
            (outcome, expected) => panic!("{context}: {json}\n{text:?}: {outcome:?}, the crate: {expected:?}"),
        }
    }
}

#[test]
fn random_files_give_the_crates_ids() {
    let files = number("M2V_FUZZ_FILES").unwrap_or(1500);
    let seed = seed();
    let mut random = Random::new(seed);
    let (mut native, mut refused, mut equal) = (0, 0, 0);
    for number in 0..files {
        let variant = variants::variant(&mut random);
        let context = format!("M2V_FUZZ_SEED={seed}, file {number}");
        let Some(mut read) = Read::new(&variant.file, &context) else {
            refused += 1;
            continue;
        };
        native += usize::from(read.ours.is_native());
        for _ in 0..TEXTS_A_FILE {
            let text = variant.text(&mut random);
            let Some(ids) = read.equal_ids(&text, &context) else { continue };
            equal += 1;
            let limit = random.below(ids.len() + 2);
            let mut first = Vec::new();
            read.ours.encode(&text, limit, &mut read.scratch, &mut first).unwrap();
            assert_eq!(first, ids[..limit.min(ids.len())], "{context}, limit {limit}: {}\n{text:?}", read.json);
        }
    }
    println!("{files} files (seed {seed}): {native} native, {refused} refused; {equal} texts equal");
    assert!(native as u64 > files / 2 && equal as u64 > files * TEXTS_A_FILE as u64 / 2);
}

/// A Unigram file whose words start with `space`; no space is put before a text.
fn unigram(space: &str, vocab: &[(&str, f64)]) -> Read {
    let file = serde_json::json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": null,
        "pre_tokenizer": {"type": "Metaspace", "replacement": space, "prepend_scheme": "never", "split": true},
        "post_processor": null, "decoder": null, "model": {"type": "Unigram", "vocab": vocab, "unk_id": 0},
    });
    let read = Read::new(&file, space).unwrap();
    assert!(read.ours.is_native());
    read
}

#[test]
fn words_start_at_a_space_that_is_ascii_whatever_the_tokens() {
    let mut read = unigram("_", &[("<unk>", -9.0), ("a", -1.0), ("_", -1.0), ("a_a", -1.0), ("_a", -1.0)]);
    for text in ["a_a", "a a", "a_a a_a__a", &"a".repeat(300), &"a_".repeat(300)] {
        read.equal_ids(text, "ASCII");
    }
    assert_eq!(read.equal_ids("a_a", "ASCII").unwrap(), [1, 4]);
}

#[test]
fn a_part_within_a_word_is_not_taken_for_a_word_without_a_space() {
    let mut read = unigram("\u{2581}", &[("<unk>", -9.0), ("-", -0.3), ("a", -1.1), ("aa", -2.2), ("aaa", -3.3)]);
    let mut different = 0;
    // Paths through a run are equal except for rounding, which depends on the text before the run.
    for count in 1..60 {
        let run = "a".repeat(1 + count % 9);
        let word = read.equal_ids(&run, "a word").unwrap();
        let part = read.equal_ids(&("-".repeat(count) + &run), "a part").unwrap();
        different += usize::from(part[count..] != word);
    }
    assert!(different > 0);
}

#[test]
fn sums_that_become_infinite_have_the_crates_ids() {
    let mut read = unigram("\u{2581}", &[("<unk>", 0.0), ("-", -1.5e308), ("a", -0.5e308), ("aa", -1.7e308)]);
    assert_eq!(read.equal_ids("aa", "a word").unwrap(), [2, 2]);
    // Both paths are infinitely bad here: the first one is kept.
    assert_eq!(read.equal_ids("-aa", "a part").unwrap(), [1, 3]);
}
