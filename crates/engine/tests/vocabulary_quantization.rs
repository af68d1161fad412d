//! Compares models loaded with `vocabulary_quantization` with those of Python model2vec 0.10.0
//! (test/expected/vocabulary_quantization.py): the weights bit for bit, and the clusters by their
//! quality (a sum of squared distances at most 1 % larger than scikit-learn's).

mod test_data;

use std::path::Path;
use std::time::Instant;

use model2vec_engine::{
    ElementType, Elements, EmbeddingTable, LoadControl, LoadOptions, MemoryMode, Reduction, StaticModel, Weights,
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Run {
    model: String,
    clusters: usize,
    quantize_to: Option<String>,
    dimensionality: Option<usize>,
    dtype: String,
    shape: (usize, usize),
    weights_dtype: String,
    weights_crc32: u32,
    mapping_len: usize,
    /// Of the clusters in single precision, before they are quantized and reduced.
    inertia: f64,
}

fn options(run: &Run) -> LoadOptions {
    LoadOptions {
        vocabulary_quantization: Some(run.clusters),
        reduction: Reduction {
            quantize_to: run.quantize_to.as_deref().and_then(ElementType::named),
            dimensionality: run.dimensionality,
        },
        ..LoadOptions::default()
    }
}

fn rows(table: &EmbeddingTable) -> Vec<Vec<f64>> {
    let elements: Vec<f64> = match table.elements() {
        Elements::F64(elements) => elements.to_vec(),
        Elements::F32(elements) => elements.iter().map(|&element| f64::from(element)).collect(),
        Elements::F16(elements) => elements.iter().map(|&bits| half(bits)).collect(),
        Elements::I8(elements) => elements.iter().map(|&element| f64::from(element)).collect(),
    };
    elements.chunks_exact(table.dim()).map(<[f64]>::to_vec).collect()
}

/// The value of a normal or subnormal half.
fn half(bits: u16) -> f64 {
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f64::from(bits & 1023));
    let magnitude =
        if exponent == 0 { fraction * 2_f64.powi(-24) } else { (1024.0 + fraction) * 2_f64.powi(exponent - 25) };
    if bits >> 15 == 0 { magnitude } else { -magnitude }
}

/// The sum of the squared distances of the original rows to their centers. The rows are scaled to
/// length 1 unless the original model has weights.
fn inertia(original: &StaticModel, quantized: &StaticModel) -> f64 {
    let centers = rows(quantized.table());
    let mapping = quantized.table().mapping().unwrap();
    let has_weights = original.table().weights().is_some();
    let squares = rows(original.table()).into_iter().zip(mapping).map(|(row, &center)| {
        let length = if has_weights { 1.0 } else { row.iter().map(|x| x * x).sum::<f64>().sqrt() + 1e-32 };
        row.iter().zip(&centers[center as usize]).map(|(x, c)| (x / length - c).powi(2)).sum::<f64>()
    });
    squares.sum()
}

#[test]
fn weights_are_pythons_bits_and_clusters_are_as_good_as_scikit_learns() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../test/expected/vocabulary_quantization.json");
    let runs: Vec<Run> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    assert!(runs.len() > 5);
    // 4,096 clusters of potion-base-8M take a minute, so `M2V_CLUSTERS` is the most clusters of a
    // run.
    let most = std::env::var("M2V_CLUSTERS").map_or(1024, |count| count.parse().unwrap());
    for run in runs.iter().filter(|run| run.clusters <= most) {
        let directory = test_data::model_directory(&run.model);
        let started = Instant::now();
        let control = LoadControl::default();
        let quantized = StaticModel::load_with(&directory, &options(run), &control).unwrap();
        let seconds = started.elapsed().as_secs_f64();
        let table = quantized.table();
        let what = format!("{}, {} clusters, {:?}, {:?}", run.model, run.clusters, run.quantize_to, run.dimensionality);
        assert_eq!((table.rows(), table.dim()), run.shape, "{what}");
        assert_eq!(quantized.table_dtype(), run.dtype, "{what}");
        assert_eq!(table.mapping().map(<[u32]>::len), Some(run.mapping_len), "{what}");
        assert_eq!(table.memory(), MemoryMode::Copy, "{what}");
        let (weights_dtype, weights_crc32) = match table.weights().unwrap() {
            Weights::F16(weights) => ("float16", crc(weights.iter().map(|weight| weight.to_le_bytes()))),
            Weights::F32(weights) => ("float32", crc(weights.iter().map(|weight| weight.to_le_bytes()))),
            Weights::F64(weights) => ("float64", crc(weights.iter().map(|weight| weight.to_le_bytes()))),
        };
        assert_eq!((weights_dtype, weights_crc32), (run.weights_dtype.as_str(), run.weights_crc32), "{what}: weights");
        assert!(control.iterations() > 1, "{what}");
        if run.quantize_to.is_none() && run.dimensionality.is_none() {
            let original = StaticModel::load(&directory, &LoadOptions::default()).unwrap();
            let found = inertia(&original, &quantized);
            println!(
                "{what}: inertia {found:.2}, scikit-learn's {:.2}; {} iterations in {seconds:.2} s",
                run.inertia,
                control.iterations()
            );
            assert!(found <= run.inertia * 1.01, "{what}: {found}, scikit-learn's {}", run.inertia);
        }
    }
}

fn crc<const N: usize>(values: impl Iterator<Item = [u8; N]>) -> u32 {
    crc32fast::hash(values.collect::<Vec<_>>().as_flattened())
}

#[test]
fn the_same_load_gives_the_same_table_twice() {
    let directory = test_data::model_directory("m8k-f32");
    let options = LoadOptions { vocabulary_quantization: Some(100), ..LoadOptions::default() };
    let (a, b) = (StaticModel::load(&directory, &options).unwrap(), StaticModel::load(&directory, &options).unwrap());
    assert_eq!(a.table().mapping(), b.table().mapping());
    assert_eq!(rows(a.table()), rows(b.table()));
}

#[test]
fn a_model_that_can_not_be_quantized_is_refused() {
    for (model, clusters, reduction, expected) in [
        (
            "m8k-vq",
            100,
            Reduction::default(),
            "`vocabularyQuantization` needs a model whose vocabulary is not quantized yet, found a `mapping`",
        ),
        (
            "m8k-f32",
            8001,
            Reduction::default(),
            "`vocabularyQuantization` must be from 1 to 8000, the rows of the table, found 8001",
        ),
        (
            "m8k-f32",
            0,
            Reduction::default(),
            "`vocabularyQuantization` must be from 1 to 8000, the rows of the table, found 0",
        ),
        (
            "m8k-f32",
            10,
            Reduction { dimensionality: Some(33), quantize_to: None },
            "`dimensionality` must be from 1 to 32, the columns of the table, found 33",
        ),
    ] {
        let directory = test_data::model_directory(model);
        let options = LoadOptions { vocabulary_quantization: Some(clusters), reduction, ..LoadOptions::default() };
        let error = StaticModel::load(&directory, &options).unwrap_err();
        assert_eq!(error.code(), "ERR_INVALID_OPTION");
        assert!(error.to_string().ends_with(&format!("model.safetensors: {expected}")), "{error}");
    }
}

#[test]
fn a_cancelled_load_ends_with_err_aborted() {
    let directory = test_data::model_directory("potion-base-8M");
    let options = LoadOptions { vocabulary_quantization: Some(20_000), ..LoadOptions::default() };
    let control = LoadControl::default();
    let error = std::thread::scope(|scope| {
        let loading = scope.spawn(|| StaticModel::load_with(&directory, &options, &control));
        std::thread::sleep(std::time::Duration::from_millis(200));
        control.cancel();
        loading.join().unwrap().unwrap_err()
    });
    assert_eq!(error.code(), "ERR_ABORTED");
}
