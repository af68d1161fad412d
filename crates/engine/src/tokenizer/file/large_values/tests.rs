//! The quick reader beside serde's: what it reads, serde reads too, to the same values.

use std::path::{Path, PathBuf};

use super::{Found, parse_quickly, read_score};
use crate::tokenizer::file::json_cursor::JsonCursor;
use crate::tokenizer::file::spec::TokenizerSpec;

const TINY: [&str; 5] = [
    include_str!("../../../../tests/loader_mutants/tiny/byte-level-bpe.json"),
    include_str!("../../../../tests/loader_mutants/tiny/sentence-piece-bpe.json"),
    include_str!("../../../../tests/loader_mutants/tiny/unigram.json"),
    include_str!("../../../../tests/loader_mutants/tiny/word-level.json"),
    include_str!("../../../../tests/loader_mutants/tiny/word-piece.json"),
];

/// What each reader accepted.
#[derive(Debug, PartialEq)]
enum Read {
    Both,
    SerdeAlone,
    Neither,
}

#[track_caller]
fn compare(json: &[u8]) -> Read {
    let slow = serde_json::from_slice::<TokenizerSpec>(json);
    match (parse_quickly(json), slow) {
        (Some(Found { value: quick, .. }), Ok(slow)) => {
            let shown = || String::from_utf8_lossy(&json[..json.len().min(4000)]);
            assert!(quick.model.vocabulary == slow.model.vocabulary, "{}", shown());
            assert!(quick.model.merges == slow.model.merges, "{}", shown());
            assert!(quick.model.kind() == slow.model.kind(), "{}", shown());
            Read::Both
        }
        (Some(_), Err(error)) => panic!("serde: {error}: {}", String::from_utf8_lossy(json)),
        (None, Ok(_)) => Read::SerdeAlone,
        (None, Err(_)) => Read::Neither,
    }
}

/// A tiny model with these values.
fn file(vocabulary: &str, merges: &str) -> String {
    format!(r#"{{"version":"1.0","model":{{"type":"BPE","vocab":{vocabulary},"merges":{merges},"unk_token":null}}}}"#)
}

#[test]
fn usual_values_are_read_by_both() {
    for json in TINY {
        assert_eq!(compare(json.as_bytes()), Read::Both);
    }
    for vocabulary in [
        "{}",
        "[]",
        " { \"a\" : 1 ,\n\t\"\" : 0\r} ",
        r#"{"a\u00e9\n\"\\\/":0,"\ud83d\ude00":4294967295}"#,
        r#"{"a":1,"a":1,"a":2}"#,
        r#"[["a",-1.5],["b",0.0],["c",-0.0],["d",7],["e",-7],["f",1e3],["g",-1.25E-7],["h",0],["i",-0]]"#,
        r#"[["a",-13.273889541625977],["b",123456789012345678901234567890.5],["c",0.1234567890123456789]]"#,
        "{\"\u{7f}\u{e9}\u{65e5}\u{1f600}\":3}",
    ] {
        for merges in [
            "[]",
            r#"["a b","b  c"]"#,
            r#"["a b", "ab c"]"#,
            r##"["#version: 0.2","é 日"]"##,
            r#"["\u0061 \"","b\u0020c"]"#,
            r#"[["a","\n"]]"#,
            r#"[["a","b c"],["",""]]"#,
        ] {
            let read = compare(file(vocabulary, merges).as_bytes());
            assert_eq!(read, if merges.contains("  ") { Read::Neither } else { Read::Both }, "{vocabulary} {merges}");
        }
    }
}

#[test]
fn unusual_values_are_left_to_serde() {
    // Serde reads this.
    let escaped = file("{}", "[]").replace("vocab", r"voc\u0061b").replace("merges", r"m\u0065rges");
    assert_eq!(compare(escaped.as_bytes()), Read::SerdeAlone);
    let escaped = file("{\"a\":1}", r#"["a b"]"#).replace("merges", r"m\u0065rges");
    assert_eq!(compare(escaped.as_bytes()), Read::Both);
    // And these neither does.
    for vocabulary in [
        "null",
        "3",
        "\"a\"",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{\"a\":-1}",
        "{\"a\":1.0}",
        "{\"a\":01}",
        "{\"a\":4294967296}",
        "{\"a\":1e0}",
        "{a:1}",
        "{\"a\":1",
        "[[\"a\"]]",
        "[[\"a\",1,2]]",
        "[[\"a\",1.]]",
        "[[\"a\",.5]]",
        "[[\"a\",01.5]]",
        "[[\"a\",1e999]]",
        "[[\"a\",NaN]]",
        "[[\"a\",\"1\"]]",
        "[\"a\",1]",
        "[[1,\"a\"]]",
        "{\"\\ud800\":1}",
        "{\"\\x\":1}",
        "{\"a\n\":1}",
        "{\"a\":1}}",
        "[[\"a\" 1.5]]",
        "[[\"a\",1.5.5]]",
        "[[\"a\",--1.5]]",
        "[[\"a\",-]]",
    ] {
        assert_eq!(compare(file(vocabulary, "[]").as_bytes()), Read::Neither, "{vocabulary}");
    }
    // One character in two strings is no character.
    let mut split = file("{\"a\":1,\"b\":2}", "[]").into_bytes();
    let place = |bytes: &[u8], byte| bytes.windows(3).position(|window| window == [b'"', byte, b'"']).unwrap() + 1;
    let (a, b) = (place(&split, b'a'), place(&split, b'b'));
    (split[a], split[b]) = (0xc3, 0xa9);
    assert_eq!(compare(&split), Read::Neither);
    for twice in [
        file("{}", "[]").replace("\"type\"", "\"vocab\":{},\"type\""),
        file("{}", "[]").replace("\"type\"", "\"merges\":[],\"type\""),
        file("{}", "[]").replace("\"version\"", "\"model\":{\"vocab\":{}},\"version\""),
        format!("{} 1", file("{}", "[]")),
        file("{}", "[]").replace("null", "null null"),
    ] {
        assert_eq!(compare(twice.as_bytes()), Read::Neither, "{twice}");
    }
}

#[test]
fn of_mutants_no_more_is_read_than_serde_reads_and_nothing_else() {
    let insertions: [&[u8]; 40] = [
        b"\"",
        b"\\",
        b"{",
        b"}",
        b"[",
        b"]",
        b",",
        b":",
        b".",
        b"-",
        b"0",
        b"1",
        b"9",
        b"e",
        b"E",
        b"+",
        b" ",
        b"\n",
        b"\t",
        b"\0",
        b"\x1f",
        b"\x7f",
        b"\x80",
        b"\xc3",
        b"\xa9",
        b"\xc3\xa9",
        b"\xed\xa0\x80",
        b"null",
        b"true",
        b"1.5",
        b"\\u0061",
        b"\\ud800",
        b"\"a\":1,",
        b"[\"a\",1.5],",
        b"\"vocab\":{},",
        b"\"merges\":[],",
        b"\"model\":{},",
        b"\"a b\",",
        b"4294967296",
        b"{}",
    ];
    let mut random = fastrand::Rng::with_seed(29);
    let (mut both, mut alone, mut neither) = (0, 0, 0);
    for _ in 0..60_000 {
        let mut json = random.choice(TINY).unwrap().as_bytes().to_vec();
        // Half of the changes are in the model.
        let model = json.windows(7).position(|window| window == b"\"model\"").unwrap();
        for _ in 0..random.usize(1..4) {
            let from = if random.bool() { model } else { 0 };
            let at = random.usize(from.min(json.len() - 1)..json.len());
            let end = (at + random.usize(0..4)).min(json.len());
            let new: &[u8] = random.choice(insertions).unwrap();
            match random.u8(0..4) {
                0 => drop(json.drain(at..end)),
                1 => drop(json.splice(at..at, new.iter().copied())),
                2 => drop(json.splice(at..end, new.iter().copied())),
                _ => json.truncate(if random.u8(0..20) == 0 { at } else { json.len() }),
            }
            if json.is_empty() {
                json.push(b'{');
            }
        }
        match compare(&json) {
            Read::Both => both += 1,
            Read::SerdeAlone => alone += 1,
            Read::Neither => neither += 1,
        }
    }
    assert!(both > 5_000 && neither > 5_000 && alone < both, "{both} {alone} {neither}");
}

#[test]
fn scores_are_those_of_serde_in_every_bit() {
    let mut random = fastrand::Rng::with_seed(30);
    for _ in 0..300_000 {
        let mut number = String::new();
        if random.bool() {
            number.push('-');
        }
        let digits = random.u32(0..10);
        number.push_str(&random.u64(0..10_u64.pow(digits)).to_string());
        number.push('.');
        (0..random.usize(0..18)).for_each(|_| number.push(random.digit(10)));
        let expected = serde_json::from_str::<f64>(&number).ok().map(f64::to_bits);
        assert_eq!(read_score(number.as_bytes()).map(f64::to_bits), expected, "{number}");
    }
    for _ in 0..10_000 {
        let number = random.u64(..).to_string();
        let number = &number[..random.usize(1..=number.len())];
        let found = JsonCursor::new(number.as_bytes()).take_integer();
        assert_eq!(found, serde_json::from_str::<u32>(number).ok(), "{number}");
    }
}

#[test]
fn the_files_of_the_tests_models_are_read_quickly() {
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../test/fixtures/unpacked");
    let roots = std::env::var_os("MODEL2VEC_TEST_DATA").map(PathBuf::from).into_iter().chain([committed]);
    for directory in roots.filter_map(|root| root.join("models").read_dir().ok()).flatten() {
        let path = directory.unwrap().path().join("tokenizer.json");
        let Ok(json) = std::fs::read(&path) else { continue };
        // Those that our own modules don't run are not.
        assert_ne!(compare(&json), Read::SerdeAlone, "{}", path.display());
    }
}
