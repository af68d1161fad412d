//! Heads that are written by hand: what is read, what is refused, and in which number type numpy
//! computes. test/pipeline has those that Python has trained.

#[path = "../../tests/test_data/tensors.rs"]
mod tensors;

use std::fs;
use std::path::{Path, PathBuf};

use super::{Embeddings, HEAD_FILE, Head, HeadFiles, HeadOutput, HeadScratch, Kernels, LEGACY_HEAD_FILE, Precision};
use crate::float16;
use crate::isa::Isa;

/// A folder that is removed when the test ends.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("m2v-head-{}-{}", std::process::id(), COUNT.fetch_add(1, Relaxed));
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn read(&self, head_config: Option<&str>, embeddings: Embeddings) -> Result<Head, String> {
        let config = Path::new("config.json");
        let files = HeadFiles { folder: &self.0, config, head_config };
        let found = Head::read(&files, embeddings);
        found.map_err(|error| {
            assert_eq!(error.code(), "ERR_BAD_HEAD", "{error}");
            error.to_string().replace(&self.0.display().to_string(), "folder")
        })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

/// A tensor: its name, element type, shape and numbers.
#[derive(Clone)]
struct Tensor(&'static str, &'static str, Vec<usize>, Vec<f64>);

fn file_of(tensors: &[Tensor]) -> Vec<u8> {
    let bytes_of = |dtype: &str, numbers: &[f64]| -> Vec<u8> {
        let bytes = |&number: &f64| match dtype {
            "F16" => float16::from_f64(number).to_le_bytes().to_vec(),
            "F32" => (number as f32).to_le_bytes().to_vec(),
            "F64" => number.to_le_bytes().to_vec(),
            _ => (number as i32).to_le_bytes().to_vec(),
        };
        numbers.iter().flat_map(bytes).collect()
    };
    tensors::file_of(
        tensors
            .iter()
            .map(|Tensor(name, dtype, shape, numbers)| (*name, *dtype, shape.as_slice(), bytes_of(dtype, numbers))),
    )
}

/// Two layers, 3 → 2 → 2.
fn two_layers(dtype: &'static str) -> Vec<Tensor> {
    vec![
        Tensor("head.0.weight", dtype, vec![2, 3], vec![0.1, 0.2, -0.3, 0.7, -1.3, 0.4]),
        Tensor("head.0.bias", dtype, vec![2], vec![0.05, -0.4]),
        Tensor("head.1.weight", dtype, vec![2, 2], vec![1.1, -0.6, 0.3, 0.9]),
        Tensor("head.1.bias", dtype, vec![2], vec![-0.2, 0.35]),
    ]
}

const SINGLE: Embeddings = Embeddings { precision: Precision::Single, dim: 3 };
const TWO: &str = r#"{"n_layers":2,"activation":"softmax","classes":["a","b"]}"#;

fn reason(tensors: &[Tensor], config: &str) -> String {
    let folder = Folder::new();
    fs::write(folder.0.join(HEAD_FILE), file_of(tensors)).unwrap();
    folder.read(Some(config), SINGLE).unwrap_err()
}

fn outputs(head: &Head, embeddings: &[f32], output: HeadOutput, isa: Isa) -> Vec<f32> {
    let mut scratch = HeadScratch::default();
    scratch.embeddings.extend_from_slice(embeddings);
    let mut found = Vec::new();
    head.apply(&Kernels::of(isa), embeddings.len() / head.inputs(), output, &mut scratch, |_, row| {
        found.extend_from_slice(row);
    });
    found
}

// Expected: Python's `MLPHead` of these layers (model2vec 0.10.0, numpy 2.4.6), see the comment of
// each.
#[test]
fn each_number_type_is_that_of_numpy() {
    let row = [0.3, -0.8, 0.5];
    for (dtype, embeddings, scores, probabilities) in EXPECTED {
        let folder = Folder::new();
        fs::write(folder.0.join(HEAD_FILE), file_of(&two_layers(dtype))).unwrap();
        let head = folder.read(Some(TWO), Embeddings { precision: embeddings, dim: 3 }).unwrap();
        let row = if embeddings == Precision::Half {
            row.map(|number| float16::to_f32(float16::from_f32(number)))
        } else {
            row
        };
        for isa in Isa::available() {
            let case = format!("{dtype} of {embeddings:?}, {}", isa.name());
            let found = outputs(&head, &row, HeadOutput::Scores, isa);
            assert!(close(&found, &scores), "{case}: scores {found:?}, expected {scores:?}");
            let found = outputs(&head, &row, HeadOutput::Activated, isa);
            assert!(close(&found, &probabilities), "{case}: probabilities {found:?}, expected {probabilities:?}");
        }
    }
}

fn close(found: &[f32], expected: &[f64]) -> bool {
    found.len() == expected.len() && found.iter().zip(expected).all(|(&a, b)| (f64::from(a) - b).abs() < 1e-7)
}

#[rustfmt::skip]
const EXPECTED: [(&str, Precision, [f64; 2], [f64; 2]); 9] = [
    ("F16", Precision::Half, [-0.8291015625, 1.2939453125], [0.10687255859375, 0.892578125]), // float16
    ("F16", Precision::Single, [-0.8300244212150574, 1.2949512004852295], [0.10669291019439697, 0.893307089805603]), // float32
    ("F16", Precision::Double, [-0.8300244236015715, 1.2949511980987154], [0.10669291740787532, 0.8933070825921247]), // float64
    ("F32", Precision::Half, [-0.8298681378364563, 1.294802188873291], [0.10672202706336975, 0.8932779431343079]), // float32
    ("F32", Precision::Single, [-0.8300000429153442, 1.2950000762939453], [0.10669060796499252, 0.8933094143867493]), // float32
    ("F32", Precision::Double, [-0.8300000154972067, 1.2949999502301215], [0.10669059721210114, 0.8933094027878989]), // float64
    ("F64", Precision::Half, [-0.8298681640624999, 1.29480224609375], [0.10672201047152839, 0.8932779895284717]), // float64
    ("F64", Precision::Single, [-0.8300000143051149, 1.2950000214576722], [0.10669059053718183, 0.8933094094628181]), // float64
    ("F64", Precision::Double, [-0.8300000143051149, 1.2950000214576722], [0.10669059053718183, 0.8933094094628181]), // float64
];

#[test]
fn a_head_without_a_configuration_has_no_layers_whatever_its_file_holds() {
    let folder = Folder::new();
    for tensors in [vec![], two_layers("F32")] {
        fs::write(folder.0.join(HEAD_FILE), file_of(&tensors)).unwrap();
        let head = folder.read(None, SINGLE).unwrap();
        assert_eq!((head.layers(), head.inputs(), head.outputs(), head.classes()), (0, 3, 3, None));
        let row = [1.0, f32::NAN, -2.5];
        for output in [HeadOutput::Scores, HeadOutput::Activated] {
            let found = outputs(&head, &row, output, Isa::detect());
            assert_eq!(found.map_bits(), row.to_vec().map_bits());
        }
    }
}

trait Bits {
    fn map_bits(self) -> Vec<u32>;
}

impl Bits for Vec<f32> {
    fn map_bits(self) -> Vec<u32> {
        self.into_iter().map(f32::to_bits).collect()
    }
}

#[test]
fn rows_do_not_depend_on_the_rows_beside_them_or_the_instruction_set() {
    let folder = Folder::new();
    for (dtype, precision) in [("F32", Precision::Single), ("F16", Precision::Half), ("F64", Precision::Single)] {
        fs::write(folder.0.join(HEAD_FILE), file_of(&two_layers(dtype))).unwrap();
        let head = folder.read(Some(TWO), Embeddings { precision, dim: 3 }).unwrap();
        let mut random = fastrand::Rng::with_seed(3);
        let rows: Vec<f32> = (0..3 * 50).map(|_| random.f32() - 0.5).collect();
        let all = outputs(&head, &rows, HeadOutput::Activated, Isa::SCALAR).map_bits();
        for isa in Isa::available() {
            assert_eq!(outputs(&head, &rows, HeadOutput::Activated, isa).map_bits(), all, "{dtype} {}", isa.name());
            let one_by_one = rows.chunks(3).flat_map(|row| outputs(&head, row, HeadOutput::Activated, isa));
            assert_eq!(one_by_one.collect::<Vec<_>>().map_bits(), all, "{dtype} {}", isa.name());
        }
    }
}

// Expected: `numpy.argmax`.
#[test]
fn the_best_class_is_the_first_of_equal_ones_and_a_nan_before_any_number() {
    let folder = Folder::new();
    fs::write(folder.0.join(HEAD_FILE), file_of(&[])).unwrap();
    let config = r#"{"n_layers":0,"activation":"softmax","classes":["a","b","c"]}"#;
    for precision in [Precision::Half, Precision::Single, Precision::Double] {
        let head = folder.read(Some(config), Embeddings { precision, dim: 3 }).unwrap();
        for (row, best) in [([1.0, 3.0, 3.0], 1), ([-1.0, f32::NEG_INFINITY, -1.0], 0), ([2.0, f32::NAN, 9.0], 1)] {
            let found = outputs(&head, &row, HeadOutput::Best, Isa::detect());
            let activated = outputs(&head, &row, HeadOutput::Activated, Isa::detect());
            assert_eq!(found.map_bits(), vec![best as f32, activated[best]].map_bits(), "{row:?}");
        }
    }
}

#[test]
fn tensors_that_are_missing_or_too_many_are_named() {
    let tensors = two_layers("F32");
    assert!(reason(&tensors[..3], TWO).starts_with("folder/head.safetensors: expected a tensor `head.1.bias`"));
    let more = [tensors.clone(), vec![Tensor("head.2.weight", "F32", vec![1, 2], vec![1.0, 2.0])]].concat();
    assert_eq!(
        reason(&more, TWO),
        "folder/head.safetensors: expected the tensors of 2 layers (`head_config.n_layers`), found also `head.2.weight`"
    );
    let one = TWO.replace("2,", "1,");
    assert!(reason(&tensors, &one).ends_with("found also `head.1.weight`"));
    assert!(reason(&tensors, &TWO.replace("2,", "18446744073709551615,")).contains("`head.2.weight`"));
}

#[test]
fn shapes_and_element_types_that_do_not_fit_are_named_with_what_was_found() {
    let with = |index: usize, tensor: Tensor| {
        let mut tensors = two_layers("F32");
        tensors[index] = tensor;
        reason(&tensors, TWO)
    };
    assert_eq!(
        with(0, Tensor("head.0.weight", "F32", vec![2, 4], vec![0.0; 8])),
        "folder/head.safetensors: tensor `head.0.weight` must have a row per output and a column for each of the 3 dimensions of \
         the embeddings, found shape [2, 4]"
    );
    assert!(
        with(2, Tensor("head.1.weight", "F32", vec![2, 3], vec![0.0; 6])).contains("2 dimensions of the layer before")
    );
    assert!(with(0, Tensor("head.0.weight", "F32", vec![6], vec![0.0; 6])).contains("found shape [6]"));
    assert!(with(0, Tensor("head.0.weight", "F32", vec![0, 3], vec![])).contains("found shape [0, 3]"));
    assert_eq!(
        with(1, Tensor("head.0.bias", "F32", vec![1, 2], vec![0.0; 2])),
        "folder/head.safetensors: tensor `head.0.bias` must have shape [2], a number per row of `head.0.weight`, found shape [1, 2]"
    );
    assert_eq!(
        with(3, Tensor("head.1.bias", "I32", vec![2], vec![0.0; 2])),
        "folder/head.safetensors: tensor `head.1.bias` must have elements of type `F16`, `F32` or `F64`, found `I32`"
    );
}

#[test]
fn a_nan_in_the_weights_is_named_with_its_place_and_an_infinity_is_a_number() {
    for dtype in ["F16", "F32", "F64"] {
        let mut tensors = two_layers(dtype);
        tensors[2].3[3] = f64::NAN;
        assert_eq!(
            reason(&tensors, TWO),
            "folder/head.safetensors: tensor `head.1.weight` must have numbers, found NaN at [1, 1]"
        );
        let mut tensors = two_layers(dtype);
        tensors[1].3[1] = f64::NAN;
        assert!(reason(&tensors, TWO).ends_with("`head.0.bias` must have numbers, found NaN at [1]"));
    }
    let mut tensors = two_layers("F32");
    // A class that is switched off.
    tensors[3].3[0] = f64::NEG_INFINITY;
    let folder = Folder::new();
    fs::write(folder.0.join(HEAD_FILE), file_of(&tensors)).unwrap();
    let head = folder.read(Some(TWO), SINGLE).unwrap();
    assert_eq!(outputs(&head, &[0.3, -0.8, 0.5], HeadOutput::Activated, Isa::detect()), [0.0, 1.0]);
}

#[test]
fn classes_must_be_as_many_as_outputs_where_they_count() {
    let tensors = two_layers("F32");
    let three = TWO.replace(r#"["a","b"]"#, "[1,2,3]");
    assert_eq!(
        reason(&tensors, &three),
        "config.json: `head_config.classes` must name a class for each of the 2 outputs of head.safetensors, found 3 classes"
    );
    let folder = Folder::new();
    fs::write(folder.0.join(HEAD_FILE), file_of(&tensors)).unwrap();
    for config in [TWO.replace(r#"["a","b"]"#, "null"), three.replace("softmax", "identity")] {
        assert_eq!(folder.read(Some(&config), SINGLE).unwrap().outputs(), 2);
    }
}

#[test]
fn a_folder_without_a_head_is_refused_and_an_older_one_with_the_way_to_convert_it() {
    let folder = Folder::new();
    assert_eq!(
        folder.read(Some(TWO), SINGLE).unwrap_err(),
        "folder: expected the file of a head, `head.safetensors`, found none: this model has no head"
    );
    fs::write(folder.0.join(LEGACY_HEAD_FILE), "").unwrap();
    let message = folder.read(Some(TWO), SINGLE).unwrap_err();
    let lines: Vec<&str> = message.lines().skip(1).collect();
    assert_eq!(
        lines,
        [
            "import numpy, model2vec.inference",
            "pipeline = model2vec.inference.convert_legacy_pipeline(\"folder\")",
            "for layer in pipeline.head.layers: layer.weight = numpy.ascontiguousarray(layer.weight)",
            "pipeline.save_pretrained(\"folder\")"
        ]
    );
    fs::write(folder.0.join(HEAD_FILE), "{}").unwrap();
    assert!(folder.read(Some(TWO), SINGLE).unwrap_err().starts_with("folder/head.safetensors: "));
}
