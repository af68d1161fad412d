//! Compares the tables of real models with those that Python reads from the same files.

mod test_data;

use std::fmt::Debug;

use model2vec_engine::{Elements, EmbeddingTable, MemoryMode, Reduction, Weights};

/// File, tensor, type, rows, dim, CRC-32 of the table, type and CRC-32 of the weights, CRC-32 of
/// the mapping as `<u4`.
type Expected = (&'static str, &'static str, &'static str, usize, usize, u32, Option<(&'static str, u32)>, Option<u32>);

/// Made with `t = safetensors.safe_open(file, "numpy").get_tensor(name)` and
/// `zlib.crc32(t.tobytes())` (safetensors 0.8.0, numpy 2.4.6); every mapping and weights tensor has
/// 8,000 entries.
#[rustfmt::skip]
const EXPECTED: [Expected; 14] = [
    ("m8k-f32/model.safetensors", "embeddings", "F32", 8000, 32, 0xb5e6570e, None, None),
    ("m8k-f64/model.safetensors", "embeddings", "F64", 8000, 32, 0xd03592e6, None, None),
    ("m8k-f16/model.safetensors", "embeddings", "F16", 8000, 32, 0xb2f2e123, None, None),
    ("m8k-int8/model.safetensors", "embeddings", "I8", 8000, 32, 0x3870f176, None, None),
    ("m8k-dim1/model.safetensors", "embeddings", "F32", 8000, 1, 0x608f6db1, None, None),
    ("m8k-dim100/model.safetensors", "embeddings", "F32", 8000, 100, 0x9bc30e3e, None, None),
    ("m8k-st-nested/0_StaticEmbedding/model.safetensors", "embedding.weight", "F32", 8000, 32, 0xb5e6570e, None, None),
    ("m8k-weights-only/model.safetensors", "embeddings", "F32", 8000, 32, 0xb5e6570e, Some(("F32", 0x0f555822)), None),
    ("m8k-mapping-only-f16/model.safetensors", "embeddings", "F16", 256, 32, 0x9e01d64d, None, Some(0x8d0504ab)),
    ("m8k-vq/model.safetensors", "embeddings", "F32", 256, 32, 0xf03e02c6, Some(("F32", 0xfcbeedb2)), Some(0x8d0504ab)),
    ("m8k-vq-f16/model.safetensors", "embeddings", "F16", 256, 32, 0x9e01d64d, Some(("F32", 0xfcbeedb2)), Some(0x8d0504ab)),
    ("m8k-vq-f16-wf16/model.safetensors", "embeddings", "F16", 256, 32, 0x9e01d64d, Some(("F16", 0xdff3b50e)), Some(0x8d0504ab)),
    ("m8k-vq-int8/model.safetensors", "embeddings", "I8", 256, 32, 0x95345693, Some(("F32", 0xfcbeedb2)), Some(0x8d0504ab)),
    ("m8k-vq-wf64-mi64/model.safetensors", "embeddings", "F32", 256, 32, 0xf03e02c6, Some(("F64", 0x38af9905)), Some(0x8d0504ab)),
];

fn crc32<T: Copy, const N: usize>(values: &[T], to_le_bytes: impl Fn(T) -> [u8; N]) -> u32 {
    crc32fast::hash(values.iter().map(|&value| to_le_bytes(value)).collect::<Vec<_>>().as_flattened())
}

fn assert_equal<T: PartialEq + Debug>(file: &str, what: &str, found: T, expected: T) {
    assert_eq!(found, expected, "{file}: {what}");
}

#[test]
fn tables_weights_and_mappings_are_those_that_python_reads() {
    for (file, tensor, dtype, rows, dim, table_crc32, weights, mapping) in EXPECTED {
        let (model, path) = file.split_once('/').unwrap();
        let path = test_data::model_directory(model).join(path);
        for memory in [MemoryMode::Copy, MemoryMode::Map] {
            let table = EmbeddingTable::read(&path, tensor, memory, Reduction::default()).unwrap();
            assert_equal(file, "memory", table.memory(), memory);
            assert_equal(file, "size", (table.rows(), table.dim(), table.id_count()), (rows, dim, 8000));
            let found = match table.elements() {
                Elements::F32(elements) => ("F32", elements.len(), crc32(elements, f32::to_le_bytes)),
                Elements::F16(elements) => ("F16", elements.len(), crc32(elements, u16::to_le_bytes)),
                Elements::F64(elements) => ("F64", elements.len(), crc32(elements, f64::to_le_bytes)),
                Elements::I8(elements) => ("I8", elements.len(), crc32(elements, i8::to_le_bytes)),
            };
            assert_equal(file, "table", found, (dtype, rows * dim, table_crc32));
            let found = table.weights().map(|weights| match weights {
                Weights::F16(weights) => ("F16", crc32(weights, u16::to_le_bytes)),
                Weights::F32(weights) => ("F32", crc32(weights, f32::to_le_bytes)),
                Weights::F64(weights) => ("F64", crc32(weights, f64::to_le_bytes)),
            });
            assert_equal(file, "weights", found, weights);
            assert_equal(file, "mapping", table.mapping().map(|rows| crc32(rows, u32::to_le_bytes)), mapping);
        }
        println!("{file}: {rows} rows, {dim} columns compared");
    }
}
