//! Loads any bytes as `model.safetensors`. Either every row can then be read and texts can be encoded, or
//! the load gives a typed error. The length of the header is put before the bytes: otherwise almost every
//! change to the header would fail at that first check.
#![no_main]

mod tiny_model;

use libfuzzer_sys::fuzz_target;

fuzz_target!(init: tiny_model::allow_caught_panics(), |data: &[u8]| {
    let header = data.iter().rposition(|&byte| byte == b'}').map_or(0, |last| last + 1);
    let mut file = (header as u64).to_le_bytes().to_vec();
    file.extend(data);
    tiny_model::load_with("model.safetensors", &file);
});
