//! Files of another kind under a model's names: what is there instead, for a message.

/// How many bytes of a file's beginning [`kind_of`] needs.
pub(crate) const FIRST_BYTES: usize = 512;

/// What files of each kind begin with.
const BEGINNINGS: [(&[u8], &str); 16] = [
    (
        b"version https://git-lfs.github.com/spec/",
        "a Git LFS pointer (`git lfs install` and `git lfs pull` in the model's repository get the file itself)",
    ),
    (b"version https://hawser.github.com/spec/", "a Git LFS pointer (`git lfs pull` gets the file itself)"),
    (b"\x1f\x8b\x08", "a gzip file"),
    (b"PK\x03\x04", "a zip archive, as PyTorch writes its `pytorch_model.bin`"),
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

/// What a file is that is not what its name says, by its first bytes; `None` = unknown.
///
/// To be asked of a file that was refused: a safetensors file begins with a length, which may look like anything.
pub(crate) fn kind_of(bytes: &[u8]) -> Option<&'static str> {
    if bytes.is_empty() {
        return Some("an empty file");
    }
    if let Some((_, kind)) = BEGINNINGS.iter().find(|(beginning, _)| bytes.starts_with(beginning)) {
        return Some(kind);
    }
    let shown = bytes.trim_ascii_start();
    let begins_with =
        |tag: &str| shown.get(..tag.len()).is_some_and(|start| start.eq_ignore_ascii_case(tag.as_bytes()));
    if begins_with("<!doctype html") || begins_with("<html") {
        return Some("an HTML page, such as a login or an error in the file's place");
    }
    match bytes {
        // The protocol, and the opcode that follows in all that PyTorch and Python write.
        [0x80, 2..=5, b'}' | b'c' | b'(' | b']' | 0x8a | 0x95, ..] => Some("a Python pickle, as old PyTorch writes"),
        // The fields `ir_version` and then `producer_name`, or `opset_import`, or `graph`.
        [0x08, 1..=31, 0x12 | 0x1a | 0x3a | 0x42, ..] => Some("an ONNX model"),
        [b'{' | b'[', ..]
            if bytes.iter().take(8).all(|&byte| !byte.is_ascii_control() || byte.is_ascii_whitespace()) =>
        {
            Some("JSON")
        }
        _ if bytes.len() >= 64 && bytes.iter().all(|&byte| byte == 0) => Some("nothing but zeros"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::kind_of;

    #[test]
    fn files_of_other_kinds_are_told_by_their_first_bytes() {
        let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:0f\nsize 30\n";
        assert!(kind_of(pointer).unwrap().starts_with("a Git LFS pointer"));
        for page in ["<!DOCTYPE html><html>", "\n <HTML lang=en>", "<!doctype HTML>"] {
            assert!(kind_of(page.as_bytes()).unwrap().starts_with("an HTML page"));
        }
        assert_eq!(kind_of(b"\x1f\x8b\x08\0"), Some("a gzip file"));
        assert!(kind_of(b"PK\x03\x04\0\0").unwrap().starts_with("a zip archive"));
        assert!(kind_of(b"GGUF\x03\0\0\0").unwrap().starts_with("a GGUF file"));
        // torch.save(…, _use_new_zipfile_serialization=False), pickle.dumps({}), pickle.dumps([1], 4).
        for pickle in [&b"\x80\x02\x8a\x0al\xfc"[..], b"\x80\x02}q\0.", b"\x80\x04\x95\x06\0"] {
            assert!(kind_of(pickle).unwrap().starts_with("a Python pickle"));
        }
        assert_eq!(kind_of(b"\x08\x07\x12\x07pytorch\x1a"), Some("an ONNX model"));
        assert_eq!(kind_of(b""), Some("an empty file"));
        assert_eq!(kind_of(&[0; 100]), Some("nothing but zeros"));
        assert_eq!(kind_of(b"{\"error\": 404}"), Some("JSON"));
        assert_eq!(kind_of(b"hello"), None);
        // The length of a header, 123 bytes.
        assert_eq!(kind_of(b"{\0\0\0\0\0\0\0{\""), None);
        assert_eq!(kind_of(b"\x20\x03\0\0\0\0\0\0{"), None);
    }
}
