//! Any bytes as `model.safetensors` load, and then every row can be read and texts encoded, or give a typed error. The header's length is
//! put before them: else almost every change to the header would end at that first check.
#![no_main]

mod tiny_model;

use libfuzzer_sys::fuzz_target;

fuzz_target!(init: tiny_model::allow_caught_panics(), |data: &[u8]| {
    let header = data.iter().rposition(|&byte| byte == b'}').map_or(0, |last| last + 1);
    let mut file = (header as u64).to_le_bytes().to_vec();
    file.extend(data);
    tiny_model::load_with("model.safetensors", &file);
});
