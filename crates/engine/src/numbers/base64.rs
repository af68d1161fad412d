//! Base64 of a row's bytes, as OpenAI's `encoding_format: "base64"` has them: little-endian elements, the standard alphabet, padded.

use base64_simd::{Out, STANDARD};

/// The characters that `bytes` bytes become.
#[must_use]
pub fn base64_length(bytes: usize) -> usize {
    STANDARD.encoded_length(bytes)
}

/// Appends the base64 text of `bytes`: ASCII, [`base64_length`] characters.
pub fn write_base64(out: &mut Vec<u8>, bytes: &[u8]) {
    let start = out.len();
    out.resize(start + base64_length(bytes.len()), 0);
    let _ = STANDARD.encode(bytes, Out::from_slice(&mut out[start..]));
}
