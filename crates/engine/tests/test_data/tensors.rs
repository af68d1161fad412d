//! Writes safetensors files.
#![allow(dead_code, unreachable_pub, missing_docs, reason = "each test binary uses a part of this module")]

/// The bytes of a file with these tensors: name, element type, shape, and bytes in little-endian
/// order.
pub fn file_of<'a>(tensors: impl IntoIterator<Item = (&'a str, &'a str, &'a [usize], Vec<u8>)>) -> Vec<u8> {
    let (mut entries, mut data) = (Vec::new(), Vec::new());
    for (name, dtype, shape, bytes) in tensors {
        let begin = data.len();
        data.extend(bytes);
        let end = data.len();
        entries.push(format!(r#""{name}":{{"dtype":"{dtype}","shape":{shape:?},"data_offsets":[{begin},{end}]}}"#));
    }
    let header = format!("{{{}}}", entries.join(","));
    [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &data].concat()
}

pub fn f32_bytes(numbers: impl IntoIterator<Item = f32>) -> Vec<u8> {
    numbers.into_iter().flat_map(f32::to_le_bytes).collect()
}
