//! Models with heads: what they share with the model without, tables that are not finite, rows in
//! blocks, and saving.

#[path = "test_data/tensors.rs"]
mod tensors;
mod test_data;

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use model2vec_engine::{
    Batch, Dtype, Elements, EncodeOptions, HEAD_FILE, HeadOutput, Input, LoadOptions, MemoryMode, RowBuffer, Slice,
    StaticModel, Texts, Work,
};

/// A temporary folder, removed when the test ends.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("m2v-heads-{}-{}", std::process::id(), COUNT.fetch_add(1, Relaxed));
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    /// A copy of a committed model of 32 dimensions, with a head 32 → 21 → 7.
    fn with_head(name: &str, activation: &str) -> Self {
        let folder = Self::new();
        for entry in fs::read_dir(test_data::model_directory(name)).unwrap() {
            let path = entry.unwrap().path();
            fs::copy(&path, folder.0.join(path.file_name().unwrap())).unwrap();
        }
        write_head(&folder.0, 32, activation);
        folder
    }

    /// A model of 8 tokens with the rows `table`, of two dimensions, and a head 2 → 21 → 7.
    fn with_table(table: [f32; 16]) -> Self {
        let folder = Self::new();
        let tokenizer = include_str!("loader_mutants/tiny/word-level.json");
        fs::write(folder.0.join("tokenizer.json"), tokenizer).unwrap();
        fs::write(folder.0.join("config.json"), "{}").unwrap();
        let table = tensors::file_of([("embeddings", "F32", &[8, 2][..], tensors::f32_bytes(table))]);
        fs::write(folder.0.join("model.safetensors"), table).unwrap();
        write_head(&folder.0, 2, "softmax");
        folder
    }

    fn load(&self, memory: MemoryMode) -> StaticModel {
        StaticModel::load(&self.0, &LoadOptions { memory, ..LoadOptions::default() }).unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn write_head(folder: &Path, inputs: usize, activation: &str) {
    let mut random = fastrand::Rng::with_seed(1);
    let mut numbers = |count: usize| tensors::f32_bytes((0..count).map(|_| random.f32() - 0.5));
    let file = tensors::file_of([
        ("head.0.weight", "F32", &[21, inputs][..], numbers(21 * inputs)),
        ("head.0.bias", "F32", &[21], numbers(21)),
        ("head.1.weight", "F32", &[7, 21], numbers(7 * 21)),
        ("head.1.bias", "F32", &[7], numbers(7)),
    ]);
    fs::write(folder.join(HEAD_FILE), file).unwrap();
    let config = folder.join("config.json");
    let mut settings: serde_json::Map<String, serde_json::Value> =
        serde_json::from_slice(&fs::read(&config).unwrap()).unwrap();
    let head = serde_json::json!({"n_layers": 2, "activation": activation, "classes": ["a","b","c","d","e","f","ü"]});
    settings.insert("head_config".to_owned(), head);
    fs::write(config, serde_json::to_vec(&settings).unwrap()).unwrap();
}

/// More texts than a block of rows has, some of them empty or long.
fn texts() -> Vec<String> {
    let mut random = fastrand::Rng::with_seed(2);
    let words = ["the", "quick", "fox", "日本語", "naïve", "[UNK]", "hello", "world", "1234", "…", "héllo"];
    let text = |index: usize, random: &mut fastrand::Rng| {
        let count = if index % 50 == 7 { 2000 } else { random.usize(..20) };
        (0..count).map(|_| words[random.usize(..words.len())]).collect::<Vec<_>>().join(" ")
    };
    (0..500).map(|index| text(index, &mut random)).collect()
}

fn units_of(texts: &[String]) -> Texts {
    texts.iter().map(|text| text.encode_utf16().collect::<Vec<_>>()).collect()
}

fn rows_of(model: &StaticModel, texts: &Texts, options: EncodeOptions) -> Vec<u8> {
    // Aligned to floats.
    let mut rows = vec![0.0_f32; (texts.len() * model.row_bytes(options)).div_ceil(4)];
    let length = texts.len() * model.row_bytes(options);
    // SAFETY: floats are bytes without padding, and every four bytes are a float.
    let bytes = unsafe { &mut rows.align_to_mut::<u8>().1[..length] };
    let mut scratch = model.take_scratch();
    let each = |_| ControlFlow::Continue(());
    model.encode_rows(texts, options, &mut scratch, bytes, true, each).unwrap();
    bytes.to_vec()
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks::<4>().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect()
}

fn first_number(model: &StaticModel) -> *const f32 {
    match model.table().elements() {
        Elements::F32(elements) => elements.as_ptr(),
        other => panic!("expected float32, found {other:?}"),
    }
}

#[test]
fn the_rows_of_many_texts_are_those_of_each_text_and_of_its_embedding() {
    let list = texts();
    let units = units_of(&list);
    for (name, activation) in [("m8k-vq", "softmax"), ("m8k-int8", "sigmoid"), ("m8k-vq-f16-wf16", "identity")] {
        let folder = Folder::with_head(name, activation);
        assert!(folder.load(MemoryMode::Auto).has_head_file());
        let base = folder.load(MemoryMode::Auto).with_head().unwrap();
        for (output, normalize) in [(HeadOutput::Scores, true), (HeadOutput::Activated, false)] {
            let model = base.through_head(output, normalize).unwrap();
            assert_eq!((model.dim(), model.embedding_dim(), model.defaults().normalize), (7, 32, false));
            let options = model.defaults();
            let rows = rows_of(&model, &units, options);
            let mut scratch = model.take_scratch();
            let mut one = vec![0.0; 7];
            for (text, row) in list.iter().zip(floats(&rows).chunks(7)) {
                model.encode(text, options, &mut scratch, &mut one).unwrap();
                assert_eq!(one, row, "{name}: {text}");
            }
            let embeddings = rows_of(&base, &units, EncodeOptions { normalize, ..base.defaults() });
            let mut through = vec![0.0_f32; list.len() * 7];
            // SAFETY: floats are bytes without padding, and every four bytes are a float.
            let bytes = unsafe { through.align_to_mut::<u8>().1 };
            model.head_rows(&floats(&embeddings), options, &mut scratch, bytes);
            assert_eq!(through, floats(&rows), "{name}");
        }
    }
}

#[test]
fn the_options_of_a_call_apply_to_what_the_head_gives() {
    let units = units_of(&texts());
    let folder = Folder::with_head("m8k-vq", "identity");
    let base = folder.load(MemoryMode::Auto).with_head().unwrap();
    let model = base.through_head(HeadOutput::Scores, true).unwrap();
    let all = floats(&rows_of(&model, &units, model.defaults()));
    let first = EncodeOptions { dimensionality: Some(3), ..model.defaults() };
    let cut: Vec<f32> = all.chunks(7).flat_map(|row| &row[..3]).copied().collect();
    assert_eq!(floats(&rows_of(&model, &units, first)), cut);
    let unit = floats(&rows_of(&model, &units, EncodeOptions { normalize: true, ..first }));
    for (unit, cut) in unit.chunks(3).zip(cut.chunks(3)) {
        let norm = cut.iter().map(|x| x * x).sum::<f32>().sqrt();
        assert!(unit.iter().zip(cut).all(|(a, b)| (a * norm - b).abs() < 1e-6), "{unit:?} {cut:?}");
    }
    let bits = rows_of(&model, &units, EncodeOptions { dtype: Dtype::Binary, ..model.defaults() });
    for (bits, row) in bits.iter().zip(all.chunks(7)) {
        assert_eq!(*bits, row.iter().enumerate().map(|(i, &x)| u8::from(x > 0.0) << (7 - i)).sum::<u8>());
    }
}

#[test]
fn a_model_with_its_head_shares_the_table_of_the_model_without() {
    for memory in [MemoryMode::Copy, MemoryMode::Map] {
        let folder = Folder::with_head("m8k-vq", "softmax");
        let plain = folder.load(memory);
        let with_head = plain.with_head().unwrap();
        let through = with_head.through_head(HeadOutput::Scores, false).unwrap();
        assert_eq!(first_number(&plain), first_number(&with_head));
        assert_eq!(first_number(&plain), first_number(&through));
        assert_eq!(with_head.table().memory(), memory);
        assert!(plain.head().is_none() && plain.through_head(HeadOutput::Scores, false).is_none());
        // The base embeddings are those of the model without its head.
        let units = units_of(&texts());
        assert_eq!(rows_of(&plain, &units, plain.defaults()), rows_of(&with_head, &units, plain.defaults()));
        // What is shared is counted once.
        assert!(through.memory_bytes() < 1 << 20);
    }
}

#[test]
fn nan_in_the_table_counts_as_0_and_an_infinity_as_the_largest_number_with_a_head_only() {
    let (nan, inf) = (f32::NAN, f32::INFINITY);
    let table = [0.5, nan, nan, -1.0, inf, 2.0, 0.1, -inf, 1.0, 1.0, 2.0, nan, -0.5, 0.25, nan, nan];
    let finite = table.map(|x| if x.is_nan() { 0.0 } else { x.clamp(f32::MIN, f32::MAX) });
    let units = units_of(&texts());
    for memory in [MemoryMode::Copy, MemoryMode::Map] {
        let (folder, cleaned) = (Folder::with_table(table), Folder::with_table(finite));
        let plain = folder.load(memory);
        let with_head = plain.with_head().unwrap();
        let expected = cleaned.load(memory).with_head().unwrap();
        let Elements::F32(elements) = with_head.table().elements() else { panic!("expected float32") };
        assert_eq!(elements, finite);
        assert_eq!(with_head.table().memory(), MemoryMode::Copy);
        for (model, expected) in [
            (&with_head, &expected),
            (
                &with_head.through_head(HeadOutput::Scores, false).unwrap(),
                &expected.through_head(HeadOutput::Scores, false).unwrap(),
            ),
        ] {
            assert_eq!(rows_of(model, &units, model.defaults()), rows_of(expected, &units, model.defaults()));
        }
        // The model without its head keeps what the file says, as Python's `StaticModel`.
        assert!(first_number(&plain) != first_number(&with_head));
        let Elements::F32(elements) = plain.table().elements() else { panic!("expected float32") };
        assert_eq!(elements.iter().map(|x| x.to_bits()).collect::<Vec<_>>(), table.map(f32::to_bits));
    }
}

struct Rows(Vec<f32>);

impl RowBuffer for Rows {
    fn rows_mut(&mut self) -> &mut [u8] {
        // SAFETY: floats are bytes without padding, and every four bytes are a float.
        unsafe { self.0.align_to_mut::<u8>().1 }
    }
}

#[test]
fn a_batch_of_any_number_of_threads_gives_the_same_rows_from_texts_and_from_embeddings() {
    let list = texts();
    let folder = Folder::with_head("m8k-vq", "softmax");
    let base = folder.load(MemoryMode::Auto).with_head().unwrap();
    let model = Arc::new(base.through_head(HeadOutput::Activated, true).unwrap());
    let options = model.defaults();
    let units = units_of(&list);
    let expected = floats(&rows_of(&model, &units, options));
    let embeddings = floats(&rows_of(&base, &units, EncodeOptions { normalize: true, ..base.defaults() }));
    for threads in [1, 2, 5] {
        for work in [Work::Encode(options), Work::Head(options)] {
            let batch = Batch::new(Arc::clone(&model), work, threads, |_| ());
            for (index, part) in list.chunks(33).enumerate() {
                let first = index * 33;
                let input = match work {
                    Work::Head(_) => Input::Embeddings(embeddings[first * 32..(first + part.len()) * 32].to_vec()),
                    _ => Input::Texts(units_of(part)),
                };
                batch.add(Slice::new(first, input, Some(Box::new(Rows(vec![0.0; part.len() * 7])))));
            }
            batch.close();
            batch.help_and_wait();
            assert!(batch.outcome().unwrap().is_ok());
            assert_eq!(batch.rows_done(), list.len());
            let mut slices = batch.take_done();
            slices.sort_by_key(|slice| slice.first_row);
            let rows = slices.iter_mut().flat_map(|slice| floats(slice.rows.as_mut().unwrap().rows_mut()));
            assert_eq!(rows.collect::<Vec<_>>(), expected, "{threads} threads, {work:?}");
        }
    }
}

#[test]
fn a_model_is_saved_with_its_head_or_without() {
    let folder = Folder::with_head("m8k-vq", "softmax");
    let model = folder.load(MemoryMode::Copy).with_head().unwrap();
    let (with, without) = (Folder::new(), Folder::new());
    model.save_with_head(&with.0, model.defaults()).unwrap();
    model.save(&without.0, model.defaults()).unwrap();
    assert_eq!(fs::read(with.0.join(HEAD_FILE)).unwrap(), fs::read(folder.0.join(HEAD_FILE)).unwrap());
    assert!(!without.0.join(HEAD_FILE).exists());
    let again = with.load(MemoryMode::Copy).with_head().unwrap();
    let head = again.head().unwrap();
    let classes: Vec<String> = serde_json::from_str(head.classes().unwrap()).unwrap();
    assert_eq!(classes, ["a", "b", "c", "d", "e", "f", "ü"]);
    let units = units_of(&texts());
    let rows = |model: &StaticModel| {
        let model = model.through_head(HeadOutput::Activated, true).unwrap();
        rows_of(&model, &units, model.defaults())
    };
    assert_eq!(rows(&again), rows(&model));
    let error = folder.load(MemoryMode::Copy).save_with_head(&with.0, model.defaults()).unwrap_err();
    assert!(error.to_string().ends_with("it was loaded without one"), "{error}");
}

#[test]
fn the_best_output_is_the_first_largest_score_and_its_probability() {
    for activation in ["softmax", "sigmoid"] {
        let folder = Folder::with_head("m8k-f32", activation);
        let model = folder.load(MemoryMode::Copy).with_head().unwrap();
        let texts = units_of(&texts());
        let through = |output| {
            let model = model.through_head(output, true).unwrap();
            floats(&rows_of(&model, &texts, model.defaults()))
        };
        let (scores, activated) = (through(HeadOutput::Scores), through(HeadOutput::Activated));
        let best = through(HeadOutput::Best);
        assert_eq!(best.len(), 2 * scores.len() / 7);
        for (row, pair) in best.chunks_exact(2).enumerate() {
            let scores = &scores[7 * row..7 * row + 7];
            let largest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let index = scores.iter().position(|&score| score == largest).unwrap();
            assert_eq!(pair, [index as f32, activated[7 * row + index]], "{activation}, row {row}");
        }
    }
}

#[test]
fn a_head_for_another_number_of_dimensions_is_refused() {
    let folder = Folder::with_head("m8k-vq", "softmax");
    let reduced = LoadOptions {
        reduction: model2vec_engine::Reduction { dimensionality: Some(8), ..Default::default() },
        ..LoadOptions::default()
    };
    let error = StaticModel::load(&folder.0, &reduced).unwrap().with_head().unwrap_err();
    assert_eq!(error.code(), "ERR_BAD_HEAD");
    assert!(error.to_string().contains("each of the 8 dimensions of the embeddings, found shape [21, 32]"), "{error}");
}
