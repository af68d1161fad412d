//! Which parts of a file our own modules don't run.

use serde_json::{Value, json};

use super::Pipeline;

/// The reason for a file that our own modules run except for `value` at `pointer`.
fn reason(pointer: &str, value: Value) -> String {
    let mut file = json!({
        "version": "1.0",
        "added_tokens": [
            { "id": 2, "content": "<a>", "single_word": false, "lstrip": false, "rstrip": false,
              "normalized": true, "special": false },
        ],
        "normalizer": { "type": "Lowercase" },
        "pre_tokenizer": { "type": "WhitespaceSplit" },
        "post_processor": null,
        "decoder": null,
        "model": { "type": "WordLevel", "vocab": { "a": 0, "[UNK]": 1 }, "unk_token": "[UNK]" },
    });
    assert!(Pipeline::of(file.to_string().as_bytes()).is_ok());
    *file.pointer_mut(pointer).expect(pointer) = value;
    Pipeline::of(file.to_string().as_bytes()).expect_err(pointer).to_string()
}

#[test]
fn the_reason_names_the_part_of_the_file_that_we_do_not_run() {
    let split =
        |regex: &str| json!({ "type": "Split", "pattern": { "Regex": regex }, "behavior": "Removed", "invert": false });
    let bpe = json!({ "type": "BPE", "dropout": 0.1, "vocab": { "a": 0 }, "merges": [] });
    let bpe_with_prefix = json!({ "type": "BPE", "continuing_subword_prefix": "x".repeat(5000), "vocab": { "a": 0 },
        "merges": [] });
    let word_piece = json!({ "type": "WordPiece", "unk_token": "a", "continuing_subword_prefix": "##",
        "max_input_chars_per_word": 5000, "vocab": { "a": 0 } });
    for (pointer, value, expected) in [
        ("/pre_tokenizer", json!({ "type": "UnicodeScripts" }), "unknown variant `UnicodeScripts`"),
        ("/pre_tokenizer", split("a|b"), "a pre-tokenizer `Split` looks for the regex \"a|b\""),
        (
            "/normalizer",
            json!({ "type": "Replace", "pattern": { "Regex": "a|b" }, "content": "" }),
            "the regex \"a|b\"",
        ),
        ("/normalizer", json!({ "type": "Prepend", "prepend": "" }), "a normalizer `Prepend` has nothing to prepend"),
        (
            "/normalizer",
            json!({ "type": "Replace", "pattern": { "String": " " }, "content": "x".repeat(4097) }),
            "`content` has 4097 bytes, more than 4096",
        ),
        ("/normalizer", json!({ "type": "Prepend", "prepend": "x".repeat(5000) }), "`prepend` has 5000 bytes"),
        ("/model", bpe_with_prefix, "`continuing_subword_prefix` has 5000 bytes"),
        ("/model", bpe, "the BPE model has `dropout`"),
        ("/model", word_piece, "`max_input_chars_per_word` of the model is 5000, more than 1000"),
        ("/model/unk_token", json!(null), "the model has no `unk_token`"),
        ("/model/vocab", json!([["a", 0.5]]), "the model's vocabulary is a list, not an object"),
    ] {
        let reason = reason(pointer, value);
        assert!(reason.contains(expected), "{reason:?} should say {expected:?}");
    }
}

#[test]
fn the_reason_does_not_repeat_megabytes_of_the_file() {
    let regex = "a|".repeat(1 << 20);
    let replace = json!({ "type": "Replace", "pattern": { "Regex": regex }, "content": "" });
    assert!(reason("/normalizer", replace).len() < 1000);
}
