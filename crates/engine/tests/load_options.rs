//! Compares tables and vectors of models loaded with `quantize_to` and `dimensionality`, bit for
//! bit, with those of Python model2vec 0.10.0 (test/expected/load_options.py).

mod test_data;

use std::collections::BTreeMap;
use std::path::Path;

use model2vec_engine::{
    ElementType, Elements, EmbeddingTable, EncodeOptions, LoadOptions, MemoryMode, Reduction, StaticModel,
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Expected {
    models: BTreeMap<String, Vec<Run>>,
    values: Vec<ValueRun>,
}

#[derive(Deserialize)]
struct Run {
    quantize_to: Option<String>,
    dimensionality: Option<usize>,
    dtype: String,
    shape: (usize, usize),
    table_crc32: u32,
    vectors_crc32: u32,
    flipnorm_crc32: u32,
}

/// A table of three columns, and the bytes of its first two columns in each type.
#[derive(Deserialize)]
struct ValueRun {
    dtype: String,
    rows: usize,
    bytes: String,
    made: BTreeMap<String, String>,
}

fn expected() -> Expected {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../test/expected/load_options.json");
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn bytes(table: &EmbeddingTable) -> Vec<u8> {
    match table.elements() {
        Elements::F64(elements) => elements.iter().flat_map(|element| element.to_le_bytes()).collect(),
        Elements::F32(elements) => elements.iter().flat_map(|element| element.to_le_bytes()).collect(),
        Elements::F16(elements) => elements.iter().flat_map(|element| element.to_le_bytes()).collect(),
        Elements::I8(elements) => elements.iter().flat_map(|element| element.to_le_bytes()).collect(),
    }
}

fn vectors_crc32(model: &StaticModel, texts: &[String], normalize: bool) -> u32 {
    let mut scratch = model.take_scratch();
    let mut vector = vec![0.0; model.dim()];
    let mut crc = crc32fast::Hasher::new();
    for text in texts {
        let options = EncodeOptions { normalize, ..model.defaults() };
        model.encode(text, options, &mut scratch, &mut vector).unwrap();
        crc.update(vector.iter().map(|element| element.to_le_bytes()).collect::<Vec<_>>().as_flattened());
    }
    crc.finalize()
}

#[test]
fn tables_and_vectors_of_quantized_and_reduced_models_equal_pythons_in_every_bit() {
    for (name, runs) in expected().models {
        let directory = test_data::model_directory(&name);
        let texts = test_data::corpus(directory.parent().unwrap().parent().unwrap(), "edge").unwrap();
        for run in &runs {
            let reduction = Reduction {
                quantize_to: run.quantize_to.as_deref().map(|dtype| ElementType::named(dtype).unwrap()),
                dimensionality: run.dimensionality,
            };
            for memory in [MemoryMode::Copy, MemoryMode::Map] {
                let what = format!("{name}, {reduction:?}, {memory:?}");
                let model = StaticModel::load(&directory, &LoadOptions { reduction, memory, ..LoadOptions::default() })
                    .unwrap();
                assert_eq!(model.table_dtype(), run.dtype, "{what}");
                assert_eq!((model.table().rows(), model.dim()), run.shape, "{what}");
                assert_eq!(crc32fast::hash(&bytes(model.table())), run.table_crc32, "{what}: table");
                if memory == MemoryMode::Copy {
                    let normalize = model.defaults().normalize;
                    assert_eq!(vectors_crc32(&model, &texts, normalize), run.vectors_crc32, "{what}: vectors");
                    assert_eq!(vectors_crc32(&model, &texts, !normalize), run.flipnorm_crc32, "{what}: other norm");
                }
            }
        }
        println!("{name}: {} option sets, {} texts each", runs.len(), texts.len());
    }
}

fn from_hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|start| u8::from_str_radix(&text[start..start + 2], 16).unwrap()).collect()
}

/// The elements as bits that can be compared: all NaNs become one.
fn canonical(bytes: &[u8], dtype: &str) -> Vec<u64> {
    let size = match dtype {
        "float64" => 8,
        "float32" => 4,
        "float16" => 2,
        _ => 1,
    };
    let bits = bytes.chunks_exact(size).map(|chunk| {
        let mut padded = [0; 8];
        padded[..size].copy_from_slice(chunk);
        u64::from_le_bytes(padded)
    });
    let infinity = [0, 0, 0x7c00, 0, 0x7f80_0000, 0, 0, 0, 0x7ff0_0000_0000_0000_u64][size];
    let sign = 1 << (8 * size - 1);
    bits.map(|bits| if size > 1 && bits & !sign > infinity { u64::MAX } else { bits }).collect()
}

#[test]
fn unusual_numbers_are_converted_as_numpy_does_it() {
    let names = [("float64", "F64"), ("float32", "F32"), ("float16", "F16"), ("int8", "I8")];
    let runs = expected().values;
    assert!(!runs.is_empty());
    for (index, run) in runs.iter().enumerate() {
        let data = from_hex(&run.bytes);
        let (_, stored) = names.into_iter().find(|(name, _)| *name == run.dtype).unwrap();
        let header = format!(
            r#"{{"embeddings":{{"dtype":"{stored}","shape":[{},3],"data_offsets":[0,{}]}}}}"#,
            run.rows,
            data.len()
        );
        let path = std::env::temp_dir().join(format!("m2v-values-{}-{index}.safetensors", std::process::id()));
        std::fs::write(&path, [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &data].concat()).unwrap();
        for (dtype, made) in &run.made {
            let reduction = Reduction { quantize_to: ElementType::named(dtype), dimensionality: Some(2) };
            let table = EmbeddingTable::read(&path, "embeddings", MemoryMode::Auto, reduction).unwrap();
            assert_eq!(
                canonical(&bytes(&table), dtype),
                canonical(&from_hex(made), dtype),
                "table {index}: {} to {dtype}",
                run.dtype
            );
        }
        std::fs::remove_file(path).unwrap();
    }
}

#[test]
fn a_dimensionality_that_the_table_does_not_have_is_refused() {
    let directory = test_data::model_directory("m8k-f32");
    for (dimensionality, quantize_to) in [(33, None), (0, None), (usize::MAX, Some(ElementType::I8))] {
        let reduction = Reduction { quantize_to, dimensionality: Some(dimensionality) };
        let error = StaticModel::load(&directory, &LoadOptions { reduction, ..LoadOptions::default() }).unwrap_err();
        assert_eq!(error.code(), "ERR_INVALID_OPTION");
        let expected = format!(
            "model.safetensors: `dimensionality` must be from 1 to 32, the columns of the table, found {dimensionality}"
        );
        assert!(error.to_string().ends_with(&expected), "{error}");
    }
}
