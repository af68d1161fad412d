//! Reads the tokenizer file within bounds, and explains what is wrong with one that can't be used.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde_json::Value;

use crate::error::{LoadError, excerpt};
use crate::files::foreign_file;

/// The largest file that is read, in bytes. The largest known `tokenizer.json` files have about 40
/// MB.
const MAX_FILE_BYTES: u64 = 1 << 30;

/// For each part of the file, the types that `tokenizers` 0.23 knows (its enums
/// `NormalizerWrapper`, `PreTokenizerWrapper`, `ModelWrapper`).
const PARTS: [(&str, &str, &[&str]); 3] = [
    (
        "normalizer",
        "normalizers",
        &[
            "Bert",
            "BertNormalizer",
            "Strip",
            "StripAccents",
            "NFC",
            "NFD",
            "NFKC",
            "NFKD",
            "Sequence",
            "Lowercase",
            "Nmt",
            "Precompiled",
            "Replace",
            "Prepend",
            "ByteLevel",
        ],
    ),
    (
        "pre_tokenizer",
        "pretokenizers",
        &[
            "BertPreTokenizer",
            "ByteLevel",
            "CharDelimiterSplit",
            "Delimiter",
            "Metaspace",
            "Whitespace",
            "Sequence",
            "Split",
            "Punctuation",
            "WhitespaceSplit",
            "Digits",
            "UnicodeScripts",
            "FixedLength",
        ],
    ),
    ("model", "", &["BPE", "WordPiece", "WordLevel", "Unigram"]),
];

/// The bytes of the tokenizer file.
///
/// # Errors
/// [`LoadError::BadTokenizer`] if the file can't be read or is too large.
pub(in crate::tokenizer) fn read(path: &Path) -> Result<Vec<u8>, LoadError> {
    let bad = |reason: String| LoadError::BadTokenizer { path: path.to_owned(), reason };
    let unreadable = |error: std::io::Error| bad(format!("the file can't be read: {error}"));
    // Looked up by path, before the file is opened: opening a named pipe would wait for a writer.
    let metadata = std::fs::metadata(path).map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(bad("expected a file, found something else".to_owned()));
    }
    let too_large = |len: u64| bad(format!("expected at most {MAX_FILE_BYTES} bytes, found {len}"));
    if metadata.len() > MAX_FILE_BYTES {
        return Err(too_large(metadata.len()));
    }
    let mut json = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0));
    // The file may have grown since.
    File::open(path).and_then(|file| file.take(MAX_FILE_BYTES + 1).read_to_end(&mut json)).map_err(unreadable)?;
    if json.len() as u64 > MAX_FILE_BYTES {
        return Err(too_large(json.len() as u64));
    }
    Ok(json)
}

/// The error of a file that the `tokenizers` crate refused with `reason`: unsupported if a part of
/// it has a type that the crate doesn't know, else broken.
pub(in crate::tokenizer) fn explain(path: &Path, json: &[u8], reason: &str) -> LoadError {
    match serde_json::from_slice::<Value>(json).ok().as_ref().and_then(unknown_part) {
        Some(part) => LoadError::UnsupportedTokenizer { path: path.to_owned(), reason: part },
        None => {
            let reason = match foreign_file::kind_of(json) {
                Some(kind) if kind != foreign_file::JSON => format!("expected a JSON object, found {kind}"),
                _ => excerpt(reason),
            };
            LoadError::BadTokenizer { path: path.to_owned(), reason }
        }
    }
}

/// The message for the first part of the file whose type is not in [`PARTS`].
fn unknown_part(file: &Value) -> Option<String> {
    PARTS.iter().find_map(|(part, members, known)| unknown_type(file.get(part)?, part, members, known))
}

/// Searches one part, and the members of a `Sequence`. Recursion ends, as the JSON reader bounds
/// the depth of nesting.
fn unknown_type(value: &Value, part: &str, members: &str, known: &[&str]) -> Option<String> {
    if let Some(found) = value.get("type").and_then(Value::as_str)
        && !known.contains(&found)
    {
        return Some(format!("expected a `{part}` of a known type ({}), found `{}`", known.join(", "), excerpt(found)));
    }
    value.get(members)?.as_array()?.iter().find_map(|member| unknown_type(member, part, members, known))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn explained(json: &str) -> LoadError {
        explain(Path::new("dir/tokenizer.json"), json.as_bytes(), "the crate's words")
    }

    #[test]
    fn a_file_of_another_kind_is_named() {
        let error = explained("version https://git-lfs.github.com/spec/v1\noid sha256:0f\nsize 700000\n");
        assert_eq!(error.code(), "ERR_BAD_TOKENIZER");
        assert!(error.to_string().contains("expected a JSON object, found a Git LFS pointer (`git lfs"), "{error}");
        assert!(explained("<!DOCTYPE html><html>").to_string().contains("found an HTML page"));
        assert!(explained("").to_string().ends_with("expected a JSON object, found an empty file"));
        assert!(explained("{\"version\"").to_string().ends_with("the crate's words"));
    }

    #[test]
    fn a_part_of_an_unknown_type_is_unsupported_and_named() {
        let error =
            explained(r#"{"normalizer": {"type": "Sequence", "normalizers": [{"type": "NFC"}, {"type": "Rot13"}]}}"#);
        assert_eq!(error.code(), "ERR_UNSUPPORTED_TOKENIZER");
        assert!(error.to_string().contains("`normalizer`") && error.to_string().contains("`Rot13`"), "{error}");
    }

    #[test]
    fn a_file_whose_parts_are_known_is_broken_for_the_crates_reason() {
        for json in [r#"{"model": {"type": "WordPiece"}}"#, r#"{"model": 3}"#, "{", "[]"] {
            let error = explained(json);
            assert_eq!(error.code(), "ERR_BAD_TOKENIZER");
            assert_eq!(error.to_string(), "dir/tokenizer.json: the crate's words");
        }
    }

    #[test]
    fn a_message_does_not_repeat_megabytes_of_the_file() {
        let long = "long ".repeat(1 << 20);
        assert!(explained(&format!(r#"{{"model": {{"type": "{long}"}}}}"#)).to_string().len() < 1000);
        assert!(explain(Path::new("tokenizer.json"), b"{}", &long).to_string().len() < 1000);
    }

    #[test]
    fn a_directory_is_no_tokenizer_file() {
        let error = read(Path::new(".")).unwrap_err();
        assert_eq!(error.to_string(), ".: expected a file, found something else");
    }
}
