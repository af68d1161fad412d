//! Compares the ids of any text with those of the `tokenizers` crate. The first byte picks the model, of
//! which there is one for each kind of tokenizer.
#![no_main]

use std::cell::RefCell;
use std::path::Path;

use libfuzzer_sys::fuzz_target;
use model2vec_engine::{Tokenizer, TokenizerScratch};

const MODELS: [&str; 5] =
    ["wp-bert-uncased-v10-vocab", "ug-t5-raw", "bpe-roberta-v10", "spbpe-mistral-v10", "wl-v012-lower"];

struct Pair {
    ours: Tokenizer,
    scratch: TokenizerScratch,
    reference: tokenizers::Tokenizer,
}

thread_local! {
    /// Read when first used: some take seconds under the sanitizer.
    static PAIRS: RefCell<[Option<Pair>; MODELS.len()]> = const { RefCell::new([const { None }; MODELS.len()]) };
}

fuzz_target!(|data: &[u8]| {
    let Some((&choice, text)) = data.split_first() else { return };
    let index = usize::from(choice) % MODELS.len();
    let text = String::from_utf8_lossy(text);
    PAIRS.with_borrow_mut(|pairs| {
        compare(MODELS[index], pairs[index].get_or_insert_with(|| read(MODELS[index])), &text)
    });
});

fn read(model: &str) -> Pair {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../test/fixtures/unpacked/models");
    let file = models.join(model).join("tokenizer.json");
    let ours = Tokenizer::read(&file)
        .unwrap_or_else(|error| panic!("{error}; `node scripts/unpack-fixtures.mjs` unpacks the models"));
    assert!(ours.is_native(), "{model} is read by the crate that it is compared with");
    let mut reference = tokenizers::Tokenizer::from_file(&file).unwrap();
    reference.with_padding(None).with_truncation(None).unwrap();
    Pair { scratch: ours.scratch(), ours, reference }
}

fn compare(model: &str, pair: &mut Pair, text: &str) {
    let mut ids = Vec::new();
    let outcome = pair.ours.encode(text, usize::MAX, &mut pair.scratch, &mut ids);
    match (outcome, pair.reference.encode_fast(text, false)) {
        (Ok(()), Ok(expected)) => assert_eq!(ids, expected.get_ids(), "{model}: {text:?}"),
        (Err(error), Err(expected)) => assert_eq!(error.to_string(), expected.to_string(), "{model}: {text:?}"),
        (outcome, expected) => panic!("{model}: {text:?}: {outcome:?}, the crate: {expected:?}"),
    }
}
