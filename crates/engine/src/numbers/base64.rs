//! Base64 of a row's bytes, as OpenAI's `encoding_format: "base64"` has them: little-endian
//! elements, the standard alphabet, padded.

use base64_simd::{Out, STANDARD};

/// The characters that `bytes` bytes become.
#[must_use]
pub(super) fn base64_length(bytes: usize) -> usize {
    STANDARD.encoded_length(bytes)
}

/// Appends the base64 text of `bytes`: ASCII, [`base64_length`] characters.
pub fn write_base64(out: &mut Vec<u8>, bytes: &[u8]) {
    let start = out.len();
    out.resize(start + base64_length(bytes.len()), 0);
    put_base64(&mut out[start..], bytes);
}

/// Writes the base64 text of `bytes` to the start of `out`, which has room for
/// [`base64_length`] characters. Returns how many there are.
///
/// # Panics
/// When there is no such room.
pub(super) fn put_base64(out: &mut [u8], bytes: &[u8]) -> usize {
    let length = base64_length(bytes.len());
    let _ = STANDARD.encode(bytes, Out::from_slice(&mut out[..length]));
    length
}

#[cfg(test)]
mod tests {
    use super::{base64_length, write_base64};

    #[test]
    fn bytes_become_the_standard_alphabet_with_padding() {
        // RFC 4648, section 10.
        let expected = ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"];
        for (length, expected) in expected.into_iter().enumerate() {
            let mut text = b"start ".to_vec();
            write_base64(&mut text, &b"foobar"[..length]);
            assert_eq!(String::from_utf8(text).unwrap(), format!("start {expected}"));
            assert_eq!(base64_length(length), expected.len());
        }
        // Python 3.11: base64.b64encode(numpy.array([1, -2.5], numpy.float32).tobytes()).
        let mut text = Vec::new();
        write_base64(&mut text, &[1.0_f32, -2.5].map(f32::to_le_bytes).concat());
        assert_eq!(text, b"AACAPwAAIMA=");
    }
}
