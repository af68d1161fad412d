//! Any bytes as `tokenizer.json` load, and then texts can be encoded, or give a typed error.
#![no_main]

mod tiny_model;

use libfuzzer_sys::fuzz_target;

fuzz_target!(init: tiny_model::allow_caught_panics(), |data: &[u8]| tiny_model::load_with("tokenizer.json", data));
