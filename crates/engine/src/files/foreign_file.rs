//! Recognizes files of another kind that lie under the name of a model's file, for error messages.

use std::borrow::Cow;

use crate::error::excerpt;

/// How many bytes from the start of a file [`kind_of`] needs.
pub(crate) const FIRST_BYTES: usize = 512;

/// The kind of a JSON file. Its parser's error says more than this word.
pub(crate) const JSON: &str = "JSON";

const PICKLE: &str = "a Python pickle, as old PyTorch writes";

/// How many characters of an unknown text file a message shows.
const LONGEST_SHOWN: usize = 60;

/// The first bytes of files of each kind.
const BEGINNINGS: [(&[u8], &str); 17] = [
    (
        b"version https://git-lfs.github.com/spec/",
        "a Git LFS pointer (`git lfs install` and `git lfs pull` in the model's repository get the file itself)",
    ),
    (b"version https://hawser.github.com/spec/", "a Git LFS pointer (`git lfs pull` gets the file itself)"),
    (b"\x1f\x8b\x08", "a gzip file"),
    (b"PK\x03\x04", "a zip archive, as PyTorch writes its `pytorch_model.bin`"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"\x28\xb5\x2f\xfd", "a zstd file"),
    (b"BZh", "a bzip2 file"),
    (b"\xfd7zXZ\0", "an xz file"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"GGUF", "a GGUF file, the format of llama.cpp"),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file, as Keras writes"),
    (b"\x93NUMPY", "a `.npy` file of numpy"),
    (b"ARROW1", "an Arrow file"),
    (b"PAR1", "a Parquet file"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"%PDF", "a PDF document"),
    (b"<?xml", "an XML document, such as the error of an object store"),
];

/// The beginnings of HTML pages after white space, in any case. `<!--` is for pages that begin with
/// a comment.
const HTML: [&str; 6] = ["<!doctype html", "<html", "<head", "<body", "<script", "<!--"];

/// The beginnings of Python's oldest pickles, which are text: a dictionary, a list, and objects by
/// the names of their classes.
const TEXT_PICKLES: [&[u8]; 6] = [b"(dp", b"(lp", b"ccopy_reg\n", b"ccollections\n", b"cnumpy", b"ctorch"];

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The kind of a file by its first bytes; `None` = unknown.
///
/// Only for files that were refused: a valid safetensors file begins with a length, whose bytes may
/// look like any of these.
pub(crate) fn kind_of(bytes: &[u8]) -> Option<Cow<'static, str>> {
    if bytes.is_empty() {
        return Some("an empty file".into());
    }
    let start = &bytes[..bytes.len().min(FIRST_BYTES)];
    let text = start.strip_prefix(BYTE_ORDER_MARK).unwrap_or(start).trim_ascii_start();
    let known = BEGINNINGS.iter().find(|(beginning, _)| start.starts_with(beginning) || text.starts_with(beginning));
    if let Some((_, kind)) = known {
        return Some((*kind).into());
    }
    let begins_with =
        |tag: &&str| text.get(..tag.len()).is_some_and(|found| found.eq_ignore_ascii_case(tag.as_bytes()));
    if HTML.iter().any(begins_with) {
        return Some("an HTML page, such as a login or an error in the file's place".into());
    }
    if TEXT_PICKLES.iter().any(|beginning| start.starts_with(beginning)) {
        return Some(PICKLE.into());
    }
    match start {
        // The protocol, and the opcode after it in pickles of PyTorch and Python.
        [0x80, 2..=5, b'}' | b'c' | b'(' | b']' | 0x8a | 0x95, ..] => Some(PICKLE.into()),
        // The field `ir_version`, then `producer_name`, `opset_import` or `graph`.
        [0x08, 1..=31, 0x12 | 0x1a | 0x3a | 0x42, ..] => Some("an ONNX model".into()),
        _ if start.len() >= 64 && bytes.iter().all(|&byte| byte == 0) => Some("nothing but zeros".into()),
        _ => text_kind(text),
    }
}

/// The kind of a file that may be text: JSON, or the beginning of another text.
fn text_kind(text: &[u8]) -> Option<Cow<'static, str>> {
    let is_text = |byte: &u8| !byte.is_ascii_control() || byte.is_ascii_whitespace();
    match text {
        [b'{' | b'[', ..] if text.iter().take(8).all(is_text) => return Some(JSON.into()),
        // A JSON value, complete or not: the parser's error says better what is wrong with it.
        [b'{' | b'[' | b'"' | b'-' | b'0'..=b'9', ..] => return None,
        _ if ["true", "false", "null", "NaN", "Infinity"].iter().any(|value| text.starts_with(value.as_bytes())) => {
            return None;
        }
        _ => {}
    }
    // The last character may be incomplete.
    let whole = match std::str::from_utf8(text) {
        Ok(whole) => whole,
        Err(error) if error.error_len().is_none() => std::str::from_utf8(&text[..error.valid_up_to()]).ok()?,
        Err(_) => return None,
    };
    let line = whole.lines().next()?.trim_end();
    if line.is_empty() || whole.chars().any(|character| character.is_control() && !character.is_whitespace()) {
        return None;
    }
    let shown: String = line.chars().take(LONGEST_SHOWN).collect();
    let rest = if shown.len() < line.len() { "…" } else { "" };
    Some(format!("text that begins `{}{rest}`", excerpt(&shown)).into())
}

#[cfg(test)]
mod tests {
    use super::kind_of;

    #[test]
    fn files_of_other_kinds_are_recognized_by_their_first_bytes() {
        let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:0f\nsize 30\n";
        assert!(kind_of(pointer).unwrap().starts_with("a Git LFS pointer"));
        for page in [
            "<!DOCTYPE html><html>",
            "\n <HTML lang=en>",
            "<!doctype HTML>",
            "\u{feff}<!doctype html>",
            "<!-- c --><html>",
            "<head>",
            "<BODY>",
            "<script>",
        ] {
            assert!(kind_of(page.as_bytes()).unwrap().starts_with("an HTML page"));
        }
        assert_eq!(kind_of(b"\x1f\x8b\x08\0"), Some("a gzip file".into()));
        assert!(kind_of(b"PK\x03\x04\0\0").unwrap().starts_with("a zip archive"));
        assert!(kind_of(b"GGUF\x03\0\0\0").unwrap().starts_with("a GGUF file"));
        // torch.save(…, _use_new_zipfile_serialization=False), pickle.dumps({}), pickle.dumps([1],
        // 4).
        for pickle in [&b"\x80\x02\x8a\x0al\xfc"[..], b"\x80\x02}q\0.", b"\x80\x04\x95\x06\0", b"(dp0\n.", b"(lp0\n."] {
            assert!(kind_of(pickle).unwrap().starts_with("a Python pickle"));
        }
        assert_eq!(kind_of(b"\x08\x07\x12\x07pytorch\x1a"), Some("an ONNX model".into()));
        assert_eq!(kind_of(b""), Some("an empty file".into()));
        assert_eq!(kind_of(&[0; 100]), Some("nothing but zeros".into()));
        assert_eq!(kind_of(b"{\"error\": 404}"), Some("JSON".into()));
        assert_eq!(kind_of(b"Entry not found\n"), Some("text that begins `Entry not found`".into()));
        assert_eq!(kind_of("ä".repeat(400).as_bytes()), Some(format!("text that begins `{}…`", "ä".repeat(60)).into()));
        // Files that a JSON parser explains, and files that are no text.
        for unknown in ["null", "NaN", "-1", "\"text", "\u{feff}", "\n", "a\u{1}b", "\u{feff}\u{7f}"] {
            assert_eq!(kind_of(unknown.as_bytes()), None, "{unknown:?}");
        }
        assert_eq!(kind_of(b"gr\xfc\xdfe"), None);
        // Safetensors files, which begin with the length of their header: 123 bytes and 800 bytes.
        assert_eq!(kind_of(b"{\0\0\0\0\0\0\0{\""), None);
        assert_eq!(kind_of(b"\x20\x03\0\0\0\0\0\0{"), None);
    }
}
