use std::collections::BTreeMap;

use serde::Deserialize;
use tokenizers::Model;
use tokenizers::models::bpe::BPE;

use super::{Bpe, BpeOptions, BpeScratch, MergeList};
use crate::tokenizer::model::test_pieces::{Random, files, pieces, runs, vocabulary};

#[derive(Deserialize)]
struct File {
    vocab: BTreeMap<String, u32>,
    merges: MergeList,
    dropout: Option<f32>,
    unk_token: Option<String>,
    continuing_subword_prefix: Option<String>,
    end_of_word_suffix: Option<String>,
    fuse_unk: Option<bool>,
    byte_fallback: Option<bool>,
    ignore_merges: Option<bool>,
}

fn ours(file: File) -> Option<Bpe> {
    let options = BpeOptions {
        unknown_token: file.unk_token,
        fuse_unknown: file.fuse_unk.unwrap_or(false),
        byte_fallback: file.byte_fallback.unwrap_or(false),
        ignore_merges: file.ignore_merges.unwrap_or(false),
        continuing_prefix: file.continuing_subword_prefix.unwrap_or_default(),
        end_of_word_suffix: file.end_of_word_suffix.unwrap_or_default(),
        dropout: file.dropout,
    };
    let tokens: Vec<_> = file.vocab.into_iter().collect();
    Bpe::new(vocabulary(&tokens), &file.merges, options).ok()
}

/// The crate panics where the parts of a merge are longer than any token, or shorter than the
/// prefix.
fn reference(json: &str) -> Option<BPE> {
    std::panic::catch_unwind(|| serde_json::from_str(json).ok()).ok().flatten()
}

/// Returns how many texts had ids, rather than errors.
#[track_caller]
fn compare(name: &str, json: &str, texts: &[String]) -> usize {
    let ours = ours(serde_json::from_str(json).unwrap());
    let (ours, reference) = match (ours, reference(json)) {
        (Some(ours), Some(reference)) => (ours, reference),
        (None, None) => return 0,
        (ours, reference) => panic!("{name}: {}, the crate: {}", ours.is_some(), reference.is_some()),
    };
    assert_eq!(ours.vocabulary().len(), reference.get_vocab_size(), "{name}");
    let mut scratch = BpeScratch::default();
    let mut encoded = 0;
    for text in texts {
        // The call appends.
        let mut ids = vec![7];
        match (ours.tokenize(text, &mut scratch, &mut ids), reference.tokenize(text)) {
            (Ok(()), Ok(expected)) => {
                let expected: Vec<u32> = [7].into_iter().chain(expected.iter().map(|token| token.id)).collect();
                assert!(ids == expected, "{name}: {text:?}: {ids:?}, the crate: {expected:?}: {json}");
                encoded += 1;
            }
            (Err(error), Err(expected)) => assert_eq!(error.to_string(), expected.to_string(), "{name}: {text:?}"),
            (outcome, expected) => panic!("{name}: {text:?}: {outcome:?}, the crate: {expected:?}: {json}"),
        }
    }
    encoded
}

#[test]
fn every_file_gives_the_crates_ids() {
    for (name, json) in files("BPE") {
        let file: File = serde_json::from_str(&json).unwrap();
        let tokens: Vec<&str> = file.vocab.keys().map(String::as_str).collect();
        let texts = pieces(&tokens, &mut Random::new(4), 5000);
        let encoded = compare(&name, &json, &texts);
        assert_eq!(encoded, texts.len());
        println!("{name}: {encoded} pieces");
    }
}

/// Small models in which everything happens: several merges that make one token, pairs that come
/// twice, ids with two strings, an empty string, prefixes and suffixes, bytes of which some are
/// missing, merges of what is not in the vocabulary.
fn random_file(random: &mut Random) -> String {
    let alphabet = ["a", "b", "c", "\u{e9}", "\u{2581}", "\u{65E5}", "\u{1F600}", "<0x61>", "<unk>"];
    let letters = &alphabet[..1 + random.below(alphabet.len())];
    let prefix = ["", "", "", "##", "\u{e9}"][random.below(5)];
    let suffix = ["", "", "</w>"][random.below(3)];
    let mut tokens: Vec<String> = Vec::new();
    for letter in letters {
        let forms = [(*letter).to_owned(), format!("{prefix}{letter}"), format!("{prefix}{letter}{suffix}")];
        tokens.extend(forms.into_iter().filter(|_| random.below(10) > 0));
    }
    for byte in 0..256 {
        if random.below(6) > 0 {
            tokens.push(format!("<0x{byte:02X}>"));
        }
    }
    if random.below(6) == 0 {
        tokens.push(String::new());
    }
    let mut merges: Vec<(String, String)> = Vec::new();
    for _ in 0..random.below(60) {
        // The bytes are merged seldom.
        let letter_count = tokens.len().min(letters.len() * 3);
        let index = |random: &mut Random| match random.below(3) {
            0 => random.below(tokens.len()),
            1 => random.below(letter_count),
            _ => tokens.len() - 1 - random.below(tokens.len().min(10)),
        };
        let (left, right) = (tokens[index(random)].clone(), tokens[index(random)].clone());
        let Some(rest) = right.get(prefix.len()..) else { continue };
        let merged = format!("{left}{rest}");
        if merged.len() > 40 {
            continue;
        }
        if random.below(1000) > 0 {
            tokens.push(merged);
        }
        let at = random.below(merges.len() + 1);
        merges.insert(at, (left, right));
    }
    tokens.sort();
    tokens.dedup();
    let id_count = if random.below(4) == 0 { tokens.len() / 2 } else { usize::MAX };
    let vocab: BTreeMap<&str, usize> =
        tokens.iter().enumerate().map(|(index, token)| (token.as_str(), index % id_count)).collect();
    let dropout = [None, Some(0.0)][random.below(2)];
    let unk_token = [None, Some("<unk>"), Some("a"), Some("")][random.below(4)];
    serde_json::json!({
        "type": "BPE", "dropout": dropout, "unk_token": unk_token,
        "continuing_subword_prefix": prefix, "end_of_word_suffix": suffix, "fuse_unk": random.below(2) == 0,
        "byte_fallback": random.below(2) == 0, "ignore_merges": random.below(4) == 0, "vocab": vocab, "merges": merges,
    })
    .to_string()
}

#[test]
fn random_files_give_the_crates_ids() {
    let mut random = Random::new(5);
    let mut encoded = 0;
    for index in 0..1500 {
        let json = random_file(&mut random);
        let letters =
            ["a", "a", "b", "b", "c", "\u{e9}", "\u{2581}", "\u{65E5}", "\u{1F600}", "\0", "d", "\u{a9}", "<0x61>"];
        let letters = &letters[..1 + random.below(letters.len())];
        let texts: Vec<String> =
            (0..60).map(|index| random.concat(letters, if index < 40 { 10 } else { 80 })).collect();
        encoded += compare(&format!("file {index}"), &json, &texts);
    }
    println!("{encoded} of 90000 texts have ids");
    assert!((60_000..90_000).contains(&encoded), "{encoded}");
}

#[test]
fn a_text_may_be_cut_where_characters_cannot_join() {
    let mut random = Random::new(6);
    let mut scratch = BpeScratch::default();
    let (mut cut_count, mut border_count) = (0, 0);
    for _ in 0..1500 {
        let Some(model) = ours(serde_json::from_str(&random_file(&mut random)).unwrap()) else { continue };
        let text = random.concat(&["a", "b", "c", "\u{e9}", "\u{2581}", "d", "\u{a9}"], 60);
        let mut tokenize = |text: &str| {
            let mut ids = Vec::new();
            model.tokenize(text, &mut scratch, &mut ids).map(|()| ids).ok()
        };
        let Some(expected) = tokenize(&text) else { continue };
        for ((_, left), (cut, right)) in text.char_indices().zip(text.char_indices().skip(1)) {
            border_count += 1;
            if !model.can_join(left, right) {
                let parts = [&text[..cut], &text[cut..]].map(|part| tokenize(part).unwrap());
                assert_eq!(parts.concat(), expected, "{text:?} at {cut}");
                cut_count += 1;
            }
        }
    }
    println!("{cut_count} cuts at {border_count} borders");
    assert!((1000..border_count / 2).contains(&cut_count), "{cut_count} of {border_count}");
}

#[test]
fn short_and_long_words_of_one_text_merge_alike() {
    let json = r#"{"vocab": {"a": 0, "aa": 1, "aaaa": 2, "b": 3, "ab": 4, "aab": 5},
        "merges": ["a a", "aa aa", "a b", "aa b", "a ab"]}"#;
    let texts: Vec<String> = ["a", "b", "ab", "aab", "ba", "abba"].iter().flat_map(|text| runs(text)).collect();
    assert_eq!(compare("runs", json, &texts), texts.len());
}

#[test]
fn a_queued_pair_that_changed_counts_while_it_makes_the_same_id() {
    // "a b" waits when "b" becomes "bc"; as "a bc" makes the same id, it is merged in its place,
    // before "bc d".
    let json = r#"{"vocab": {"a": 0, "b": 1, "c": 2, "d": 3, "bc": 4, "ab": 5, "abc": 5, "bcd": 6},
        "merges": ["b c", "a b", "bc d", "a bc"]}"#;
    let expected: Vec<u32> = reference(json).unwrap().tokenize("abcd").unwrap().iter().map(|token| token.id).collect();
    assert_eq!(expected, [5, 3]);
    assert_eq!(compare("stale", json, &["abcd".to_owned()]), 1);
}

#[test]
fn files_that_the_crate_refuses_are_refused() {
    for (vocab, merges, prefix) in [
        (r#"{"a": 0, "b": 1}"#, r#"["a b"]"#, ""),
        (r#"{"a": 0, "ab": 1}"#, r#"["a b"]"#, ""),
        (r#"{"b": 0, "ab": 1}"#, r#"["a b"]"#, ""),
        (r#"{"a": 0, "b": 1, "a##b": 2, "ab": 3}"#, r#"["a b"]"#, "##"),
        (r#"{"a": 0, "é": 1, "ab": 3}"#, r#"["a é"]"#, "#"),
    ] {
        let json = format!(r#"{{"vocab": {vocab}, "merges": {merges}, "continuing_subword_prefix": "{prefix}"}}"#);
        assert!(reference(&json).is_none(), "{json}");
        assert!(ours(serde_json::from_str(&json).unwrap()).is_none(), "{json}");
    }
}

#[test]
fn a_model_with_dropout_is_left_to_the_crate() {
    let is_ours = |dropout: &str| {
        let json = format!(r#"{{"vocab": {{"a": 0}}, "merges": [], "dropout": {dropout}}}"#);
        ours(serde_json::from_str(&json).unwrap()).is_some()
    };
    // The last is 0 as a float32, which is what the crate reads.
    assert_eq!(["null", "0.0", "0.1", "1.0", "1e-60"].map(is_ours), [true, true, false, false, true]);
}
