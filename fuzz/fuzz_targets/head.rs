//! Loads any bytes as `head_config` and, after the first zero byte, as `head.safetensors`. Either texts can
//! then go through the head, or the load gives a typed error. The length of the header is put before the
//! bytes: otherwise almost every change to the header would fail at that first check.
#![no_main]

mod tiny_model;

use libfuzzer_sys::fuzz_target;

fuzz_target!(init: tiny_model::allow_caught_panics(), |data: &[u8]| {
    let end = data.iter().position(|&byte| byte == 0).unwrap_or(data.len());
    let (config, data) = (&data[..end], &data[data.len().min(end + 1)..]);
    let header = data.iter().rposition(|&byte| byte == b'}').map_or(0, |last| last + 1);
    let mut file = (header as u64).to_le_bytes().to_vec();
    file.extend(data);
    tiny_model::load_with_head(config, &file);
});
