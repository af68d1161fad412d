//! Takes any bytes as what `tokenizer.prepared` says of the model's tokenizer.json: the places and the trie.
//! Either texts can then be encoded, or the file is ignored, or the load gives a typed error. The checksum
//! and the hash of tokenizer.json are put before the bytes: otherwise every change would fail at these.
#![no_main]

mod tiny_model;

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use model2vec_engine::Tokenizer;
use twox_hash::XxHash3_64;

const TOKENIZER: &[u8] = include_bytes!("../../crates/engine/tests/loader_mutants/tiny/word-piece.json");

static PREPARED: LazyLock<Vec<u8>> =
    LazyLock::new(|| Tokenizer::prepare(&tiny_model::write("tokenizer.json", TOKENIZER)).unwrap());

fuzz_target!(init: tiny_model::allow_caught_panics(), |data: &[u8]| {
    let content = [&PREPARED[16..32], data].concat();
    let checksum = XxHash3_64::oneshot(&content).to_le_bytes();
    tiny_model::load_with("tokenizer.prepared", &[&PREPARED[..8], &checksum, &content].concat());
});
