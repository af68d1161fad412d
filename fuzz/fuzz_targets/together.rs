//! Compares what texts get together, ids and rows, with what each of them gets alone, bit by bit. The first
//! byte picks the model, the second the most ids; the texts are cut at 0xff.
#![no_main]

use std::cell::RefCell;
use std::ops::ControlFlow;
use std::path::Path;

use libfuzzer_sys::fuzz_target;
use model2vec_engine::{EncodeOptions, LoadOptions, Scratch, StaticModel, Texts};

const MODELS: [&str; 8] = [
    "wp-bert-uncased-v10-vocab",
    "wp-bert-cased-v05",
    "wp-mbert-uncased-v10",
    "ug-t5-raw",
    "bpe-roberta-v10",
    "spbpe-mistral-v10",
    "wl-v012-lower",
    "m8k-vq-f16-wf16",
];
const LENGTHS: [Option<usize>; 6] = [None, Some(0), Some(1), Some(3), Some(20), Some(512)];

thread_local! {
    /// Loaded when first used: some take seconds under the sanitizer.
    static LOADED: RefCell<[Option<(StaticModel, Scratch)>; MODELS.len()]> =
        const { RefCell::new([const { None }; MODELS.len()]) };
}

fuzz_target!(|data: &[u8]| {
    let Some((&[choice, length], text)) = data.split_first_chunk() else { return };
    let index = usize::from(choice) % MODELS.len();
    let max_length = LENGTHS[usize::from(length) % LENGTHS.len()];
    // A bit of the choice: how many texts there are, as few take another way than many.
    let repeated = if choice & 0x80 == 0 { 1 } else { 40 };
    let texts: Vec<Vec<u16>> = text.split(|&byte| byte == 0xff).map(units).collect();
    let texts: Vec<&[u16]> = (0..repeated).flat_map(|_| texts.iter().map(Vec::as_slice)).collect();
    LOADED.with_borrow_mut(|loaded| {
        let (model, scratch) = loaded[index].get_or_insert_with(|| {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../test/fixtures/unpacked/models");
            let model = StaticModel::load(&folder.join(MODELS[index]), &LoadOptions::default())
                .unwrap_or_else(|error| panic!("{error}; `node scripts/unpack-fixtures.mjs` unpacks the models"));
            let scratch = model.take_scratch();
            (model, scratch)
        });
        compare(MODELS[index], model, &texts, max_length, scratch);
    });
});

/// UTF-16; 0xfe stands for half a pair of surrogates.
fn units(text: &[u8]) -> Vec<u16> {
    let mut units = Vec::new();
    for (index, part) in text.split(|&byte| byte == 0xfe).enumerate() {
        units.extend((index > 0).then_some(0xd83d));
        units.extend(String::from_utf8_lossy(part).encode_utf16());
    }
    units
}

fn compare(name: &str, model: &StaticModel, texts: &[&[u16]], max_length: Option<usize>, scratch: &mut Scratch) {
    let together: Texts = texts.iter().collect();
    let options = EncodeOptions { max_length, ..model.defaults() };
    let (mut ids, mut stats) = (Vec::new(), Vec::new());
    let read = model.token_ids_of(&together, max_length, scratch, |found, of_each| {
        ids.extend_from_slice(found);
        stats.extend_from_slice(of_each);
        ControlFlow::Continue(())
    });
    let width = model.row_bytes(options);
    let mut rows = vec![0; texts.len() * width];
    // Every allocator aligns them for float32, as rows have to be.
    let written = model.encode_rows(&together, options, scratch, &mut rows, false, |_| ControlFlow::Continue(()));
    let mut start = 0;
    for (index, text) in texts.iter().enumerate() {
        let shown = || format!("{name}, at most {max_length:?}, text {index}: {:?}", String::from_utf16_lossy(text));
        match model.token_ids_utf16(text, max_length, scratch) {
            Ok((expected, alone)) => {
                let found = stats.get(index).unwrap_or_else(|| panic!("no ids: {}", shown()));
                let end = start + found.pooled as usize;
                assert_eq!((&ids[start..end], found), (expected, &alone), "{}", shown());
                start = end;
            }
            Err(error) => {
                let (at, found) = read.expect_err("a text has no ids");
                assert_eq!((at, found.to_string()), (index, error.to_string()), "{}", shown());
                assert!(written.is_err());
                return;
            }
        }
        let mut vector = vec![0.0_f32; model.columns(options)];
        model.encode_utf16(text, options, scratch, &mut vector).expect("it has ids");
        let expected: Vec<u8> = vector.iter().flat_map(|dimension| dimension.to_le_bytes()).collect();
        assert_eq!(rows[index * width..][..width], expected, "{}", shown());
    }
    assert!(read.is_ok() && written.is_ok() && start == ids.len(), "{name}");
}
