//! Loads any bytes as `config.json`. Either texts can then be encoded, or the load gives a typed error.
#![no_main]

mod tiny_model;

use libfuzzer_sys::fuzz_target;

fuzz_target!(init: tiny_model::allow_caught_panics(), |data: &[u8]| tiny_model::load_with("config.json", data));
