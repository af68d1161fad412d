use serde::Deserialize;
use tokenizers::Model;
use tokenizers::models::unigram::Unigram as ReferenceUnigram;

use super::{Unigram, UnigramScratch};
use crate::tokenizer::model::test_pieces::{Random, files, pieces, runs, vocabulary};

#[derive(Debug, Clone, Deserialize)]
struct File {
    vocab: Vec<(String, f64)>,
    unk_id: Option<usize>,
    #[serde(default)]
    byte_fallback: bool,
}

fn ours(file: &File) -> Option<Unigram> {
    let tokens: Vec<_> = file.vocab.iter().map(|(token, _)| token).zip(0..).collect();
    let scores: Vec<f64> = file.vocab.iter().map(|(_, score)| *score).collect();
    Unigram::new(vocabulary(&tokens), scores, file.unk_id, file.byte_fallback).ok()
}

fn reference(file: &File) -> Option<ReferenceUnigram> {
    ReferenceUnigram::from(file.vocab.clone(), file.unk_id, file.byte_fallback).ok()
}

/// Returns how many texts had ids, rather than errors.
#[track_caller]
fn compare(name: &str, file: &File, texts: &[String]) -> usize {
    let (ours, reference) = (ours(file).unwrap(), reference(file).unwrap());
    assert_eq!(ours.vocabulary().len(), reference.get_vocab_size(), "{name}");
    let mut scratch = UnigramScratch::default();
    let mut encoded = 0;
    for text in texts {
        // The call appends.
        let mut ids = vec![7];
        let outcome = ours.tokenize_from(text, 0, &mut scratch, &mut ids);
        match (outcome, reference.tokenize(text)) {
            (Ok(_), Ok(expected)) => {
                let expected: Vec<u32> = [7].into_iter().chain(expected.iter().map(|token| token.id)).collect();
                assert!(ids == expected, "{name}: {text:?}: {ids:?}, the crate: {expected:?}");
                encoded += 1;
            }
            (Err(error), Err(expected)) => assert_eq!(error.to_string(), expected.to_string(), "{name}: {text:?}"),
            (outcome, expected) => panic!("{name}: {text:?}: {outcome:?}, the crate: {expected:?}"),
        }
    }
    for (token, _) in &file.vocab {
        assert_eq!(ours.id(token), reference.token_to_id(token), "{name}: {token:?}");
    }
    let mut tokens: Vec<_> = ours.tokens().map(|(token, id)| (token.to_owned(), id)).collect();
    let mut expected: Vec<_> = reference.get_vocab().into_iter().collect();
    tokens.sort();
    expected.sort();
    assert!(tokens == expected, "{name}: the vocabulary");
    encoded
}

#[test]
fn every_file_gives_the_crates_ids() {
    for (name, json) in files("Unigram") {
        let file: File = serde_json::from_str(&json).unwrap();
        let tokens: Vec<&str> = file.vocab.iter().map(|(token, _)| token.as_str()).collect();
        let texts = pieces(&tokens, &mut Random::new(2), 5000);
        assert_eq!(compare(&name, &file, &texts), texts.len());
        println!("{name}: {} pieces", texts.len());
        // With the unknown id moved to a frequent token; without.
        let some: Vec<String> = texts.into_iter().step_by(11).collect();
        for unk_id in [Some(6), None] {
            compare(&name, &File { unk_id, ..file.clone() }, &some);
        }
    }
}

/// Small vocabularies in which everything happens: equal sums, strings that come twice, unknowns
/// that together are a token, bytes of which some are missing, an unknown id that is a frequent
/// token.
fn random_file(random: &mut Random) -> File {
    let alphabet = ["a", "b", "c", "\u{e9}", "\u{2581}", "\u{65E5}", "\u{1F600}", "\0", "<0x61>"];
    let letters = &alphabet[..1 + random.below(alphabet.len())];
    let scores = [&[0.0, -1.0, -2.0, -3.0][..], &[-0.1, -0.3, -0.7], &[40.0, 20.0, 11.0], &[-1e308, -1.0, 1e308]];
    let scores = scores[random.below(scores.len())];
    let mut vocab = Vec::new();
    for _ in 0..random.below(30) {
        vocab.push((random.concat(letters, 4), scores[random.below(scores.len())]));
    }
    for byte in 0..256 {
        if random.below(8) > 0 {
            vocab.push((format!("<0x{byte:02X}>"), scores[random.below(scores.len())]));
        }
    }
    if random.below(4) == 0 {
        vocab.push((String::new(), -1.0));
    }
    let unk_id = (random.below(4) > 0).then(|| random.below(vocab.len().min(20)));
    File { vocab, unk_id, byte_fallback: random.below(2) == 0 }
}

#[test]
fn random_files_give_the_crates_ids() {
    let mut random = Random::new(3);
    let mut encoded = 0;
    for index in 0..600 {
        let file = random_file(&mut random);
        let letters =
            ["a", "b", "c", "d", "\u{e9}", "\u{2581}", "\u{65E5}", "\u{1F600}", "\0", "<0x61>", "<0x6", "\u{a9}"];
        let texts: Vec<String> = (0..100).map(|_| random.concat(&letters, 12)).collect();
        encoded += compare(&format!("file {index}"), &file, &texts);
    }
    assert!((20_000..60_000).contains(&encoded), "{encoded}");
}

#[test]
fn runs_of_one_letter_give_the_crates_ids_whatever_the_tokens() {
    let lengths = [1, 2, 3, 5, 8, 13, 40];
    for unk_id in [Some(0), Some(3), None] {
        for first in 0..2 {
            let vocab = lengths[first..].iter().map(|len| ("a".repeat(*len), -1.0 / f64::from(*len as u32))).collect();
            compare("runs", &File { vocab, unk_id, byte_fallback: false }, &runs("a"));
        }
    }
}

#[test]
fn a_token_of_a_megabyte_takes_no_more_time_than_its_length() {
    let long = "a".repeat(1 << 20);
    let vocab = vec![("<unk>".to_owned(), 0.0), ("a".to_owned(), -2.0), (long.clone(), -3.0)];
    let model = ours(&File { vocab, unk_id: Some(0), byte_fallback: false }).unwrap();
    let mut ids = Vec::new();
    model.tokenize_from(&format!("{long}{long}a"), 0, &mut UnigramScratch::default(), &mut ids).unwrap();
    // Of equal ways the first found stays: the long token at each place of which it can end.
    assert_eq!(ids.iter().filter(|id| **id == 2).count(), 2);
    assert_eq!(ids.iter().filter(|id| **id == 1).count(), 1);
}

#[test]
fn files_that_the_crate_refuses_are_refused() {
    let one = vec![("a".to_owned(), -1.0)];
    for (vocab, unk_id) in [(Vec::new(), Some(0)), (one.clone(), Some(1)), (one.clone(), Some(usize::MAX))] {
        let file = File { vocab, unk_id, byte_fallback: false };
        assert!(reference(&file).is_none());
        assert!(ours(&file).is_none());
    }
    assert!(ours(&File { vocab: vec![("a".to_owned(), f64::NAN)], unk_id: None, byte_fallback: false }).is_none());
    let nested = (1..2000).map(|len| ("a".repeat(len), -1.0)).collect();
    assert!(ours(&File { vocab: nested, unk_id: None, byte_fallback: false }).is_none());
    compare("empty", &File { vocab: Vec::new(), unk_id: None, byte_fallback: true }, &[String::new(), "a".to_owned()]);
}

#[test]
fn a_part_has_the_ids_that_the_crate_gives_it_behind_whatever_is_before() {
    // Many paths through a run are equal except for rounding. No token has a letter next to a dash.
    let tokens = [
        ("<unk>", 0.0),
        ("a", -1.1),
        ("aa", -2.2),
        ("aaa", -3.3),
        ("b", -0.7),
        ("ab", -1.9),
        ("-", -1.3),
        ("--", -2.6),
    ];
    let vocab = tokens.map(|(token, score)| (token.to_owned(), score)).to_vec();
    let file = File { vocab, unk_id: Some(0), byte_fallback: false };
    let (ours, reference) = (ours(&file).unwrap(), reference(&file).unwrap());
    let mut scratch = UnigramScratch::default();
    let mut random = Random::new(3);
    let (mut sure, mut unsure) = (0, 0);
    for _ in 0..20_000 {
        let mut run = |alphabet: &[&str]| -> String {
            (0..1 + random.below(9)).map(|_| alphabet[random.below(alphabet.len())]).collect()
        };
        let (before, part) = (format!("{}{}", run(&["a", "-", "b"]), run(&["-"])), run(&["a", "a", "a", "b"]));
        let whole = format!("{before}{part}");
        let expected: Vec<u32> = reference.tokenize(&whole).unwrap().iter().map(|token| token.id).collect();
        let (mut ids, mut alone) = (Vec::new(), Vec::new());
        ours.tokenize_from(&whole, before.len(), &mut scratch, &mut ids).unwrap();
        assert!(expected.ends_with(&ids), "{whole:?}: {ids:?}, the crate: {expected:?}");
        if ours.tokenize_from(&part, 0, &mut scratch, &mut alone).unwrap() {
            assert_eq!(alone, ids, "{whole:?}");
            sure += 1;
        } else {
            unsure += 1;
        }
    }
    assert!(sure > 1000 && unsure > 1000, "{sure} {unsure}");
}
