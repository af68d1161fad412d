//! Small safetensors files, each with one thing wrong or unusual. Whether Python's `safetensors`
//! 0.8.0 accepts each was tried (`safe_open(path, framework="numpy").get_tensor(name)`); a test
//! says where this engine decides otherwise.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use crate::error::LoadError;
use crate::table::{Elements, EmbeddingTable, MemoryMode, Reduction, Weights};

/// A file that is removed when the test ends.
struct TemporaryFile(PathBuf);

impl TemporaryFile {
    fn with(bytes: &[u8]) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("m2v-table-{}-{}.safetensors", std::process::id(), COUNT.fetch_add(1, Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::write(&path, bytes).unwrap();
        Self(path)
    }

    fn of(header: &str, data: &[u8]) -> Self {
        Self::with(&container(header.len() as u64, header.as_bytes(), data))
    }

    fn read(&self, memory: MemoryMode) -> Result<EmbeddingTable, LoadError> {
        EmbeddingTable::read(&self.0, "embeddings", memory, Reduction::default())
    }
}

impl Drop for TemporaryFile {
    fn drop(&mut self) {
        // Windows keeps a file that is still mapped.
        let _ = fs::remove_file(&self.0);
    }
}

fn container(header_length: u64, header: &[u8], data: &[u8]) -> Vec<u8> {
    [&header_length.to_le_bytes(), header, data].concat()
}

fn entry(dtype: &str, shape: &str, begin: u64, end: u64) -> String {
    format!(r#"{{"dtype":"{dtype}","shape":{shape},"data_offsets":[{begin},{end}]}}"#)
}

/// A header with one tensor, the table.
fn table(dtype: &str, shape: &str, length: u64) -> String {
    format!(r#"{{"embeddings":{}}}"#, entry(dtype, shape, 0, length))
}

/// A header with a table of 2 × 2 bytes and one tensor after it.
fn table_and(name: &str, dtype: &str, shape: &str, length: u64) -> String {
    format!(r#"{{"embeddings":{},"{name}":{}}}"#, entry("I8", "[2,2]", 0, 4), entry(dtype, shape, 4, 4 + length))
}

fn read(header: &str, data: &[u8]) -> Result<EmbeddingTable, LoadError> {
    TemporaryFile::of(header, data).read(MemoryMode::Copy)
}

/// The code and the message without the path.
#[track_caller]
fn refusal(result: Result<EmbeddingTable, LoadError>) -> (&'static str, String) {
    let error = result.expect_err("the file must be refused");
    let message = error.to_string();
    let (_, reason) = message.split_once(".safetensors: ").expect("a message names the file");
    (error.code(), reason.to_owned())
}

#[track_caller]
fn assert_refused(header: &str, data: &[u8], code: &'static str, reason: &str) {
    assert_eq!(refusal(read(header, data)), (code, reason.to_owned()), "{header}");
}

#[track_caller]
fn assert_bad(header: &str, data: &[u8], reason: &str) {
    assert_refused(header, data, "ERR_BAD_SAFETENSORS", reason);
}

const DATA: [u8; 16] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];

#[test]
fn a_table_of_each_type_is_read_in_each_memory_mode() {
    for memory in [MemoryMode::Copy, MemoryMode::Map] {
        let read = |dtype, shape| {
            // Spaces before the closing brace, so that the data begins at a multiple of 8.
            let mut header = table(dtype, shape, 16);
            header.insert_str(header.len() - 1, &" ".repeat((8 - header.len() % 8) % 8));
            let table = TemporaryFile::of(&header, &DATA).read(memory).unwrap();
            assert_eq!(table.memory(), memory);
            table
        };
        // numpy.frombuffer(bytes(range(16)), dtype).view of unsigned integers
        let table = read("F32", "[2,2]");
        let Elements::F32(elements) = table.elements() else { panic!("expected F32") };
        assert_eq!(
            elements.iter().map(|e| e.to_bits()).collect::<Vec<_>>(),
            [0x03020100, 0x07060504, 0x0b0a0908, 0x0f0e0d0c]
        );
        assert_eq!((table.rows(), table.dim(), table.id_count()), (2, 2, 2));

        let table = read("F64", "[1,2]");
        let Elements::F64(elements) = table.elements() else { panic!("expected F64") };
        assert_eq!(elements.iter().map(|e| e.to_bits()).collect::<Vec<_>>(), [0x0706050403020100, 0x0f0e0d0c0b0a0908]);
        assert_eq!((table.rows(), table.dim(), table.id_count()), (1, 2, 1));

        let table = read("F16", "[4,2]");
        let Elements::F16(elements) = table.elements() else { panic!("expected F16") };
        assert_eq!(elements, [0x0100, 0x0302, 0x0504, 0x0706, 0x0908, 0x0b0a, 0x0d0c, 0x0f0e]);
        assert_eq!((table.rows(), table.dim(), table.id_count()), (4, 2, 4));

        let table = read("I8", "[16,1]");
        let Elements::I8(elements) = table.elements() else { panic!("expected I8") };
        assert_eq!(elements, (0..16).collect::<Vec<i8>>());
        assert_eq!((table.rows(), table.dim(), table.id_count()), (16, 1, 16));
    }
}

#[test]
fn a_table_that_is_not_aligned_in_the_file_is_copied() {
    for padding in 0..8 {
        let header = format!("{}{}", table("F32", "[2,2]", 16), " ".repeat(padding));
        let aligned = (8 + header.len()).is_multiple_of(4);
        let table = TemporaryFile::of(&header, &DATA).read(MemoryMode::Map).unwrap();
        assert_eq!(table.memory(), if aligned { MemoryMode::Map } else { MemoryMode::Copy }, "{padding}");
        let Elements::F32(elements) = table.elements() else { panic!("expected F32") };
        assert_eq!(elements[3].to_bits(), 0x0f0e0d0c);
    }
}

#[test]
fn auto_copies_up_to_256_mb_and_maps_above() {
    const LIMIT: u64 = 268_435_456;
    assert!(!MemoryMode::Auto.maps(LIMIT));
    // A sparse file, as no disk or memory could hold this table.
    let header = table("I8", &format!("[{},1]", LIMIT + 1), LIMIT + 1);
    let file = TemporaryFile::of(&header, &[]);
    fs::OpenOptions::new().write(true).open(&file.0).unwrap().set_len(8 + header.len() as u64 + LIMIT + 1).unwrap();
    let table = file.read(MemoryMode::Auto).unwrap();
    assert_eq!((table.memory(), table.rows()), (MemoryMode::Map, LIMIT as usize + 1));
    drop(table);
    assert_eq!(read(&self::table("I8", "[4,4]", 16), &DATA).unwrap().memory(), MemoryMode::Copy);
}

#[test]
fn rows_are_mapped_and_ids_are_those_that_mapping_and_weights_have() {
    // mapping = [1, 0, 1] as int64, weights = [0.5, 2] as float32
    let header = format!(
        r#"{{"embeddings":{},"mapping":{},"weights":{}}}"#,
        entry("I8", "[2,2]", 0, 4),
        entry("I64", "[3]", 4, 28),
        entry("F32", "[2]", 28, 36)
    );
    let mapping: Vec<u8> = [1_i64, 0, 1].iter().flat_map(|row| row.to_le_bytes()).collect();
    let weights: Vec<u8> = [0.5_f32, 2.0].iter().flat_map(|weight| weight.to_le_bytes()).collect();
    let table = read(&header, &[&DATA[..4], &mapping, &weights].concat()).unwrap();
    assert_eq!(table.mapping(), Some(&[1, 0, 1][..]));
    assert!(matches!(table.weights(), Some(Weights::F32(weights)) if *weights == [0.5, 2.0]));
    assert_eq!((table.rows(), table.dim(), table.id_count()), (2, 2, 2));
    assert_eq!((table.row_of(0), table.row_of(1)), (1, 0));
    assert!(std::panic::catch_unwind(|| table.row_of(2)).is_err());
}

#[test]
fn without_a_mapping_a_row_is_its_id() {
    let table = read(&table("I8", "[8,2]", 16), &DATA).unwrap();
    assert!(table.mapping().is_none() && table.weights().is_none());
    assert_eq!(table.row_of(7), 7);
    assert!(std::panic::catch_unwind(|| table.row_of(8)).is_err());
}

#[test]
fn headers_that_python_reads_are_read() {
    let e = entry("I8", "[4,4]", 0, 16);
    for header in [
        format!(r#"  {{"embeddings":{e}}}   "#),
        format!(r#"{{"__metadata__":{{"format":"pt"}},"embeddings":{e}}}"#),
        format!(r#"{{"embeddings":{e},"__metadata__":null}}"#),
        format!(r#"{{"\u0065mbeddings":{e}}}"#),
        format!(r#"{{"embeddings":{e},"empty":{}}}"#, entry("BF16", "[3,0]", 16, 16)),
        format!(r#"{{"empty":{},"embeddings":{e}}}"#, entry("F32", "[0]", 0, 0)),
        r#"{"embeddings":{"dtype":"I8","more":[[[1]]],"shape":[4,4],"data_offsets":[0,16]}}"#.to_owned(),
        format!(r#"{{"other":{},"embeddings":{}}}"#, entry("F4", "[3,4]", 10, 16), entry("I8", "[5,2]", 0, 10)),
    ] {
        let table = read(&header, &DATA).unwrap_or_else(|error| panic!("{header}: {error}"));
        let Elements::I8(elements) = table.elements() else { panic!("expected I8") };
        assert_eq!(elements[..10], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], "{header}");
    }
}

#[test]
fn a_file_of_another_kind_is_named() {
    let refused = |bytes: &[u8]| refusal(TemporaryFile::with(bytes).read(MemoryMode::Copy));
    let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:0f\nsize 30000000\n";
    let (code, reason) = refused(pointer);
    assert_eq!(code, "ERR_BAD_SAFETENSORS");
    assert!(reason.starts_with("expected a safetensors file, found a Git LFS pointer (`git lfs install`"), "{reason}");
    for (file, kind) in [
        (&b"<!DOCTYPE html>\n<html>"[..], "an HTML page"),
        (b"\x1f\x8b\x08\0\0\0\0\0\0\x03", "a gzip file"),
        (b"PK\x03\x04\0\0\x08\x08\0\0", "a zip archive"),
        (b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.", "a Python pickle"),
        (b"GGUF\x03\0\0\0\x1f\0\0\0\0\0\0\0", "a GGUF file"),
        (b"\x08\x07\x12\x07pytorch\x1a\x052.1.0", "an ONNX model"),
        (b"", "an empty file"),
    ] {
        let (_, reason) = refused(file);
        assert!(reason.starts_with(&format!("expected a safetensors file, found {kind}")), "{reason}");
    }
}

#[test]
fn a_file_that_ends_before_its_header_is_refused() {
    let refused = |bytes: &[u8]| refusal(TemporaryFile::with(bytes).read(MemoryMode::Copy));
    let bad = |reason: &str| ("ERR_BAD_SAFETENSORS", reason.to_owned());
    assert_eq!(refused(b"\x01\x02\x03"), bad("expected 8 bytes of header length, found a file of 3 bytes"));
    assert_eq!(
        refused(&container(3, b"{}", b"")),
        bad("the header claims 3 bytes, expected at most 2 (of a file of 10 bytes)")
    );
    assert_eq!(
        refused(&container(1 << 63, b"{}", b"")),
        bad("the header claims 9223372036854775808 bytes, expected at most 2 (of a file of 10 bytes)")
    );
    assert_eq!(
        refused(&container(0, b"", b"")),
        bad("expected a header that is a JSON object of tensors: EOF while parsing a value at line 1 column 0")
    );
}

#[test]
fn a_header_of_more_than_100_mb_is_refused_unread() {
    let file = TemporaryFile::with(&container(100_000_001, b"{}", b""));
    fs::OpenOptions::new().write(true).open(&file.0).unwrap().set_len(200_000_000).unwrap();
    let (code, reason) = refusal(file.read(MemoryMode::Copy));
    assert_eq!(code, "ERR_BAD_SAFETENSORS");
    assert_eq!(reason, "the header claims 100000001 bytes, expected at most 100000000 (of a file of 200000000 bytes)");
}

#[test]
fn a_header_that_is_no_json_object_of_tensors_is_refused() {
    let e = entry("I8", "[4,4]", 0, 16);
    for header in [
        "[]".to_owned(),
        "{} x".to_owned(),
        format!("{{\"embeddings\":{e}}}\0"),
        format!(r#"{{"embeddings":{e}"#),
        format!(r#"{{"__metadata__":{{"a":1}},"embeddings":{e}}}"#),
        format!(r#"{{"__metadata__":{{}},"__metadata__":{{}},"embeddings":{e}}}"#),
        r#"{"embeddings":{"dtype":"I8","dtype":"I8","shape":[4,4],"data_offsets":[0,16]}}"#.to_owned(),
        r#"{"embeddings":{"dtype":"I8","shape":[4,4]}}"#.to_owned(),
        r#"{"embeddings":{"dtype":"I8","shape":[4.0,4],"data_offsets":[0,16]}}"#.to_owned(),
        r#"{"embeddings":{"dtype":"I8","shape":[-4,4],"data_offsets":[0,16]}}"#.to_owned(),
        r#"{"embeddings":{"dtype":"I8","shape":[4,4],"data_offsets":[0,16,16]}}"#.to_owned(),
        r#"{"embeddings":{"dtype":"I8","shape":[18446744073709551616],"data_offsets":[0,16]}}"#.to_owned(),
        format!(r#"{{"embeddings":{}"#, "[".repeat(100_000)),
    ] {
        let (code, reason) = refusal(read(&header, &DATA));
        assert_eq!(code, "ERR_BAD_SAFETENSORS", "{header}");
        assert!(reason.starts_with("expected a header that is a JSON object of tensors: "), "{reason}");
    }
    let not_utf8 = container(7, b"{\"\xff\":1}", b"");
    assert_eq!(refusal(TemporaryFile::with(&not_utf8).read(MemoryMode::Copy)).0, "ERR_BAD_SAFETENSORS");
}

#[test]
fn a_file_that_is_not_there_is_refused() {
    let missing = std::env::temp_dir().join("m2v-missing.safetensors");
    let (code, reason) = refusal(EmbeddingTable::read(&missing, "embeddings", MemoryMode::Auto, Reduction::default()));
    assert_eq!(code, "ERR_BAD_SAFETENSORS");
    assert!(reason.starts_with("the file can't be read: "), "{reason}");
}

#[test]
fn tensors_with_holes_or_overlaps_are_refused() {
    let two = |a: String, b: String| format!(r#"{{"a":{a},"embeddings":{b}}}"#);
    assert_bad(
        &two(entry("F32", "[1]", 0, 4), entry("F32", "[1,2]", 8, 16)),
        &DATA,
        "tensor `embeddings` has the bytes 8 to 16 of the data, expected it to begin at 4",
    );
    assert_bad(
        &two(entry("F32", "[2]", 0, 8), entry("F32", "[1,3]", 4, 16)),
        &DATA,
        "tensor `embeddings` has the bytes 4 to 16 of the data, expected it to begin at 8",
    );
    assert_bad(
        &two(entry("F32", "[4]", 0, 16), entry("F32", "[2,2]", 0, 16)),
        &DATA,
        "tensor `embeddings` has the bytes 0 to 16 of the data, expected it to begin at 16",
    );
    assert_bad(
        &format!(r#"{{"embeddings":{}}}"#, entry("F32", "[1,2]", 8, 16)),
        &DATA,
        "tensor `embeddings` has the bytes 8 to 16 of the data, expected it to begin at 0",
    );
    assert_bad(
        &two(entry("I8", "[16]", 0, 16), entry("F32", "[0,1]", 16, 0)),
        &DATA,
        "tensor `embeddings` has the bytes 16 to 0 of the data, expected it to begin at 16",
    );
}

#[test]
fn tensors_that_are_not_as_long_as_the_file_are_refused() {
    assert_bad(&table("F32", "[1,2]", 8), &DATA, "the tensors have 8 bytes, expected the 16 after the header");
    assert_bad(&table("F32", "[4,2]", 32), &DATA, "tensor `embeddings` ends at byte 32 of the data, which has 16");
    assert_bad(
        &table("F32", "[4,2]", u64::MAX),
        &DATA,
        "tensor `embeddings` ends at byte 18446744073709551615 of the data, which has 16",
    );
}

#[test]
fn a_shape_that_does_not_give_the_length_is_refused() {
    assert_bad(
        &table("F32", "[3,1]", 16),
        &DATA,
        "tensor `embeddings` has 16 bytes, which is not what shape [3, 1] of `F32` needs",
    );
    assert_bad(
        &table("F4", "[3]", 2),
        &DATA[..2],
        "tensor `embeddings` has 2 bytes, which is not what shape [3] of `F4` needs",
    );
    // 2^63 · 4 is 0 in 64 bits. The library refuses it too, although a 0 follows.
    assert_bad(
        &table("F32", "[9223372036854775808,4]", 0),
        &[],
        "tensor `embeddings` has 0 bytes, which is not what shape [9223372036854775808, 4] of `F32` needs",
    );
    assert_bad(
        &table("F32", "[9223372036854775808,4,0]", 0),
        &[],
        "tensor `embeddings` has 0 bytes, which is not what shape [9223372036854775808, 4, 0] of `F32` needs",
    );
    assert_bad(
        &table("F32", "[2305843009213693952,1]", 0),
        &[],
        "tensor `embeddings` has 0 bytes, which is not what shape [2305843009213693952, 1] of `F32` needs",
    );
}

// Python's library takes the last of them.
#[test]
fn two_tensors_of_one_name_are_refused() {
    let e = entry("I8", "[4,4]", 0, 16);
    assert_bad(&format!(r#"{{"embeddings":{e},"embeddings":{e}}}"#), &DATA, "two tensors are named `embeddings`");
}

#[test]
fn a_file_without_the_table_is_refused_with_what_it_has() {
    let header = format!(r#"{{"a":{},"b\u001b":{}}}"#, entry("I8", "[8]", 0, 8), entry("I8", "[8]", 8, 16));
    assert_bad(&header, &DATA, "expected a tensor `embeddings`, found 2 tensors: a, b\\u{1b}");
    assert_bad("{}", &[], "expected a tensor `embeddings`, found 0 tensors: ");
}

// Python reads tables of `I16` and other integers, which nothing saves. It can't read `BF16`
// either.
#[test]
fn a_table_of_another_type_is_refused() {
    for dtype in ["BF16", "I16", "U8", "BOOL", "F8_E4M3", "I32", "U32", "I64", "C64"] {
        let bytes = safetensors_bits(dtype) / 8;
        assert_refused(
            &table(dtype, &format!("[{},1]", 16 / bytes), 16),
            &DATA,
            "ERR_UNSUPPORTED_DTYPE",
            &format!("tensor `embeddings` must have elements of type `F64`, `F32`, `F16` or `I8`, found `{dtype}`"),
        );
    }
    assert_refused(
        &table_and("other", "F3", "[4]", 4),
        &DATA[..8],
        "ERR_UNSUPPORTED_DTYPE",
        "tensor `other` has elements of the unknown type `F3`",
    );
}

fn safetensors_bits(dtype: &str) -> u64 {
    match dtype {
        "U8" | "BOOL" | "F8_E4M3" => 8,
        "BF16" | "I16" => 16,
        "I32" | "U32" => 32,
        _ => 64,
    }
}

#[test]
fn a_table_without_rows_and_columns_is_refused() {
    for (shape, shown, length) in [
        ("[16]", "[16]", 16),
        ("[]", "[]", 1),
        ("[2,2,4]", "[2, 2, 4]", 16),
        ("[0,4]", "[0, 4]", 0),
        ("[4,0]", "[4, 0]", 0),
        ("[1,1,1,1]", "[1, 1, 1, 1]", 1),
    ] {
        assert_refused(
            &table("I8", shape, length),
            &DATA[..length as usize],
            "ERR_SHAPE_MISMATCH",
            &format!("tensor `embeddings` must have rows and columns, found shape {shown}"),
        );
    }
}

#[test]
fn weights_of_another_type_or_shape_are_refused() {
    assert_refused(
        &table_and("weights", "BF16", "[2]", 4),
        &DATA[..8],
        "ERR_UNSUPPORTED_DTYPE",
        "tensor `weights` must have elements of type `F16`, `F32` or `F64`, found `BF16`",
    );
    assert_refused(
        &table_and("weights", "F16", "[2,1]", 4),
        &DATA[..8],
        "ERR_SHAPE_MISMATCH",
        "tensor `weights` must have 1 dimension, found shape [2, 1]",
    );
}

#[test]
fn a_mapping_of_another_type_or_shape_is_refused() {
    assert_refused(
        &table_and("mapping", "F32", "[1]", 4),
        &DATA[..8],
        "ERR_UNSUPPORTED_DTYPE",
        "tensor `mapping` must have elements of type `I32`, `I64` or other integers, found `F32`",
    );
    assert_refused(
        &table_and("mapping", "I32", "[]", 4),
        &DATA[..8],
        "ERR_SHAPE_MISMATCH",
        "tensor `mapping` must have 1 dimension, found shape []",
    );
}

// numpy accepts arrays of each of these types as indices.
#[test]
fn a_mapping_may_have_integers_of_any_type() {
    for (dtype, size) in [("U8", 1), ("I8", 1), ("I16", 2), ("U16", 2), ("I32", 4), ("U32", 4), ("I64", 8), ("U64", 8)]
    {
        let mut mapping = vec![0; 2 * size];
        mapping[0] = 1;
        let header = table_and("mapping", dtype, "[2]", mapping.len() as u64);
        let table = read(&header, &[&DATA[..4], &mapping].concat()).unwrap();
        assert_eq!(table.mapping(), Some(&[1, 0][..]), "{dtype}");
        mapping.fill(0xff);
        let bytes = [&DATA[..4], &mapping].concat();
        assert_eq!(read(&header, &bytes).unwrap_err().code(), "ERR_SHAPE_MISMATCH", "{dtype}");
    }
}

#[test]
fn a_mapping_to_a_row_that_is_not_there_is_refused_with_its_index() {
    let refused = |dtype: &str, entry: &[u8], shown: &str| {
        let length = 2 * entry.len() as u64;
        assert_refused(
            &table_and("mapping", dtype, "[2]", length),
            &[&DATA[..4], &vec![0; entry.len()], entry].concat(),
            "ERR_SHAPE_MISMATCH",
            &format!("`mapping[1]` must be a row of the table, from 0 to 1, found {shown}"),
        );
    };
    refused("I32", &2_i32.to_le_bytes(), "2");
    refused("I32", &(-1_i32).to_le_bytes(), "-1");
    refused("I64", &2_i64.to_le_bytes(), "2");
    refused("I64", &(-1_i64).to_le_bytes(), "-1");
    // Its low 32 bits are row 1.
    refused("I64", &((1_i64 << 32) + 1).to_le_bytes(), "4294967297");
    refused("I64", &i64::MIN.to_le_bytes(), "-9223372036854775808");
}

#[test]
fn long_weights_and_mappings_are_read_whole() {
    // More than one chunk of the reader, and no multiple of it.
    let mapping: Vec<u8> = (0..10_001_i32).flat_map(|id| (id % 2).to_le_bytes()).collect();
    let table = read(&table_and("mapping", "I32", "[10001]", 40_004), &[&DATA[..4], &mapping].concat()).unwrap();
    assert_eq!(table.id_count(), 10_001);
    assert!(table.mapping().unwrap().iter().enumerate().all(|(id, row)| *row as usize == id % 2));
}
