//! Compares rows of every element type and dimensionality with those that numpy and ml_dtypes
//! convert from Python model2vec's vectors.

mod test_data;

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;

use model2vec_engine::{Dtype, EncodeOptions, LoadOptions, StaticModel, Texts};
use serde::Deserialize;

/// The file that test/expected/output_types.py writes.
#[derive(Deserialize)]
struct Expected {
    block: usize,
    models: BTreeMap<String, BTreeMap<String, References>>,
}

/// The CRC-32 of rows, by element type: of each block of texts, and of the rows of all tokens of
/// every fifth text.
#[derive(Deserialize)]
struct References {
    normalized: BTreeMap<String, Vec<u32>>,
    plain: BTreeMap<String, Vec<u32>>,
    sequence_normalized: BTreeMap<String, u32>,
    sequence: BTreeMap<String, u32>,
}

fn dtype(name: &str) -> Dtype {
    match name {
        "float32" => Dtype::Float32,
        "float16" => Dtype::Float16,
        "bfloat16" => Dtype::BFloat16,
        "int8" => Dtype::Int8,
        "binary" => Dtype::Binary,
        other => panic!("no such element type: {other}"),
    }
}

fn utf16(texts: &[String]) -> Texts {
    texts.iter().map(|text| text.encode_utf16().collect::<Vec<_>>()).collect()
}

/// Rows in memory that is aligned for float32.
struct Rows(Vec<f32>);

impl Rows {
    fn crc32(&mut self, count: usize, row_bytes: usize, mut write: impl FnMut(usize, &mut [u8])) -> u32 {
        self.0.resize(row_bytes.div_ceil(4), 0.0);
        let mut crc = flate2::Crc::new();
        for index in 0..count {
            // SAFETY: floats are bytes without padding.
            let (_, bytes, _) = unsafe { self.0.align_to_mut::<u8>() };
            write(index, &mut bytes[..row_bytes]);
            crc.update(&bytes[..row_bytes]);
        }
        crc.sum()
    }
}

/// Compares one model under one dimensionality. Returns the number of rows compared.
fn compare(model: &StaticModel, name: &str, texts: &[String], block: usize, references: &References) -> usize {
    let dimensionality = name.rsplit(' ').next().and_then(|number| number.parse().ok());
    let options = |normalize, dtype| EncodeOptions { normalize, dimensionality, dtype, ..model.defaults() };
    let mut scratch = model.take_scratch();
    let mut rows = Rows(Vec::new());
    let mut compared = 0;
    for (normalize, digests) in [(true, &references.normalized), (false, &references.plain)] {
        for (dtype_name, digests) in digests {
            let options = options(normalize, dtype(dtype_name));
            for (index, (texts, &expected)) in texts.chunks(block).zip(digests).enumerate() {
                let (block, read_late) = (utf16(texts), index % 2 == 1);
                let found = rows.crc32(1, texts.len() * model.row_bytes(options), |_, rows| {
                    model
                        .encode_rows(&block, options, &mut scratch, rows, read_late, |_| ControlFlow::Continue(()))
                        .unwrap();
                });
                assert_eq!(found, expected, "{name}, {dtype_name}, normalize {normalize}");
                compared += texts.len();
            }
        }
    }
    let mut ids: Vec<u32> = Vec::new();
    for text in texts.iter().step_by(5) {
        ids.extend_from_slice(model.token_ids(text, None, &mut scratch).unwrap().0);
    }
    for (normalize, digests) in [(true, &references.sequence_normalized), (false, &references.sequence)] {
        for (dtype_name, &expected) in digests {
            let options = options(normalize, dtype(dtype_name));
            let found = rows.crc32(ids.len(), model.row_bytes(options), |index, row| {
                model.gather_row(ids[index], options, &mut scratch, row);
            });
            assert_eq!(found, expected, "{name}, {dtype_name}, normalize {normalize}, one row per token");
            compared += ids.len();
        }
    }
    compared
}

#[test]
fn rows_of_every_element_type_and_dimensionality_equal_numpys_and_ml_dtypes_in_every_bit() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../test/expected/output_types.json");
    let expected: Expected = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let models = test_data::models();
    let mut compared = 0;
    for (name, runs) in &expected.models {
        let found = models.iter().find(|model| model.name == *name);
        let root = &found.unwrap_or_else(|| panic!("{name}: run `node scripts/unpack-fixtures.mjs`")).root;
        let texts = test_data::corpus(root, "edge").expect("the corpus must be there");
        let model = StaticModel::load(&root.join("models").join(name), &LoadOptions::default()).unwrap();
        for (dimensionality, references) in runs {
            let name = format!("{name}, dimensionality {dimensionality}");
            compared += compare(&model, &name, &texts, expected.block, references);
        }
    }
    println!("{compared} rows compared");
    assert!(compared > 1_000_000);
}
