//! Files that the `tokenizers` crate must not read.

use std::path::Path;

use super::ReferenceTokenizer;
use crate::error::LoadError;

#[test]
fn a_piece_that_would_overflow_the_stack_is_refused() {
    let parse = |length: usize| {
        let json = format!(
            r#"{{"version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": null,
            "pre_tokenizer": null, "post_processor": null, "decoder": null,
            "model": {{"type": "Unigram", "unk_id": 0, "vocab": [["<unk>", 0.0], ["{}", -1.0]], "byte_fallback": false}}}}"#,
            "x".repeat(length)
        );
        ReferenceTokenizer::parse(Path::new("tokenizer.json"), json.as_bytes())
    };
    parse(2048).unwrap();
    let error = parse(200_000).unwrap_err();
    assert!(matches!(error, LoadError::UnsupportedTokenizer { .. }));
    assert_eq!(
        error.to_string(),
        "tokenizer.json: expected vocabulary pieces of at most 2048 bytes, found one of 200000"
    );
}

#[test]
fn a_pattern_whose_regex_would_take_seconds_and_hundreds_of_megabytes_is_refused() {
    let parse = |length: usize| {
        let json = format!(
            r#"{{"version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
            "normalizer": {{"type": "Replace", "pattern": {{"String": "{}"}}, "content": ""}},
            "pre_tokenizer": null, "post_processor": null, "decoder": null,
            "model": {{"type": "WordLevel", "unk_token": "a", "vocab": {{"a": 0}}}}}}"#,
            "long ".repeat(length / 5)
        );
        ReferenceTokenizer::parse(Path::new("tokenizer.json"), json.as_bytes())
    };
    parse(1000).unwrap();
    assert_eq!(
        parse(900_000).unwrap_err().to_string(),
        "tokenizer.json: expected patterns of at most 65536 bytes, found one of 900000"
    );
}

#[test]
fn a_string_that_would_be_put_into_texts_many_times_is_refused_if_it_is_long() {
    let parse = |normalizer: String, prefix: &str| {
        let json = format!(
            r#"{{"version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": {normalizer},
            "pre_tokenizer": null, "post_processor": null, "decoder": null,
            "model": {{"type": "BPE", "continuing_subword_prefix": "{prefix}", "vocab": {{"a": 0}}, "merges": []}}}}"#
        );
        ReferenceTokenizer::parse(Path::new("tokenizer.json"), json.as_bytes())
    };
    let replace =
        |content: &str| format!(r#"{{"type": "Replace", "pattern": {{"String": " "}}, "content": "{content}"}}"#);
    let prepend = |content: &str| format!(r#"{{"type": "Prepend", "prepend": "{content}"}}"#);
    let (short, long) = ("x".repeat(4096), "x".repeat(4097));
    for (accepted, refused) in [
        (parse(replace(&short), "##"), parse(replace(&long), "##")),
        (parse(prepend(&short), "##"), parse(prepend(&long), "##")),
        (parse("null".into(), &short), parse("null".into(), &long)),
    ] {
        accepted.unwrap();
        assert_eq!(
            refused.unwrap_err().to_string(),
            "tokenizer.json: expected strings that are put into texts of at most 4096 bytes, found one of 4097"
        );
    }
}

/// A file with this in place of its normalizer, post-processor and added tokens.
fn parsed(normalizer: &str, post_processor: &str, added_tokens: &str) -> Result<(), String> {
    let json = format!(
        r#"{{"version": "1.0", "truncation": null, "padding": null, "added_tokens": {added_tokens},
        "normalizer": {normalizer}, "pre_tokenizer": null, "post_processor": {post_processor}, "decoder": null,
        "model": {{"type": "WordLevel", "unk_token": "a", "vocab": {{"a": 0}}}}}}"#
    );
    match ReferenceTokenizer::parse(Path::new("tokenizer.json"), json.as_bytes()) {
        Ok(_) => Ok(()),
        Err(error) => Err(error.to_string()),
    }
}

#[test]
fn a_post_processor_that_copies_a_text_many_times_is_refused() {
    let template = |copies| {
        let single = vec![r#"{"Sequence": {"id": "A", "type_id": 0}}"#; copies].join(",");
        let pair = r#"[{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}]"#;
        format!(r#"{{"type": "TemplateProcessing", "single": [{single}], "pair": {pair}, "special_tokens": {{}}}}"#)
    };
    assert_eq!(parsed("null", &template(64), "[]"), Ok(()));
    let refused = parsed("null", &template(65), "[]");
    assert_eq!(refused, Err("tokenizer.json: expected a post-processor of at most 64 pieces, found 65".to_owned()));
}

#[test]
fn added_tokens_that_normalizers_would_make_very_long_are_refused() {
    let replace = format!(r#"{{"type": "Replace", "pattern": {{"String": " "}}, "content": "{}"}}"#, "x".repeat(4096));
    let token = |spaces| {
        format!(
            r#"[{{"id": 1, "content": "b{}", "single_word": false, "lstrip": false, "rstrip": false,
            "normalized": true, "special": false}}]"#,
            " ".repeat(spaces)
        )
    };
    assert_eq!(parsed(&replace, "null", &token(10)), Ok(()));
    let refused = parsed(&replace, "null", &token(4096)).unwrap_err();
    assert_eq!(refused, "tokenizer.json: expected added tokens that become 16777216 bytes, found up to 16781312");
}

#[test]
fn a_map_of_characters_of_a_real_size_is_read() {
    // An array of one unit, and empty strings. The maps of T5 and XLM-R have 316,720 digits.
    let map = "BAAA".to_owned() + &"AAAA".repeat(80_000);
    let normalizer = format!(r#"{{"type": "Precompiled", "precompiled_charsmap": "{map}"}}"#);
    assert_eq!(parsed(&normalizer, "null", "[]"), Ok(()));
}
