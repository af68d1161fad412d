//! Runs of ASCII at the start of a text: most text consists of such runs, and they are found a
//! vector at a time.

use crate::interrupt::{Pace, STRIDE_BYTES, check, find_in_strides};

/// How many bytes are tested at once: the compiler vectorizes a loop over this many.
const CHUNK_BYTES: usize = 32;

/// The length of the longest start of `bytes` that is all ASCII and `is_plain`.
#[inline]
pub(super) fn plain_len(bytes: &[u8], is_plain: impl Fn(u8) -> bool) -> usize {
    let mut start = 0;
    loop {
        let stride = &bytes[start..bytes.len().min(start + STRIDE_BYTES)];
        let len = plain_len_of_stride(stride, &is_plain);
        start += len;
        if len < STRIDE_BYTES {
            return start;
        }
        check();
    }
}

#[inline]
fn plain_len_of_stride(bytes: &[u8], is_plain: impl Fn(u8) -> bool) -> usize {
    let is_all_plain = |chunk: &&[u8]| chunk.iter().fold(true, |all, byte| all & (byte.is_ascii() & is_plain(*byte)));
    let chunks = bytes.chunks_exact(CHUNK_BYTES).take_while(is_all_plain).count();
    let rest = &bytes[chunks * CHUNK_BYTES..];
    chunks * CHUNK_BYTES + rest.iter().take_while(|byte| byte.is_ascii() && is_plain(**byte)).count()
}

/// Whether all bytes are ASCII and `is_plain`.
#[inline]
pub(super) fn is_plain(bytes: &[u8], is_plain: impl Fn(u8) -> bool) -> bool {
    let is_all_plain = |chunk: &[u8]| chunk.iter().fold(true, |all, byte| all & (byte.is_ascii() & is_plain(*byte)));
    let is_other_stride = |stride: &[u8]| {
        let mut chunks = stride.chunks_exact(CHUNK_BYTES);
        let is_plain = chunks.all(is_all_plain) && is_all_plain(stride.chunks_exact(CHUNK_BYTES).remainder());
        (!is_plain).then_some(0)
    };
    find_in_strides(bytes, is_other_stride).is_none()
}

/// Whether looking for a run of ASCII pays. In other scripts, a space or a comma between two words
/// does not.
#[inline]
pub(super) fn starts_long_run(bytes: &[u8]) -> bool {
    bytes.first_chunk::<8>().is_some_and(|next| u64::from_le_bytes(*next) & 0x8080_8080_8080_8080 == 0)
}

/// The first place where `byte` comes twice in a row.
pub(super) fn find_pair(bytes: &[u8], byte: u8) -> Option<usize> {
    let pairs = || bytes.iter().zip(bytes.get(1..).unwrap_or_default());
    let is_pair = |(first, second): (&u8, &u8)| (*first == byte) & (*second == byte);
    let (mut start, mut pace) = (0, Pace::new());
    while let Some(chunk) = bytes.get(start..=start + CHUNK_BYTES)
        && !chunk.iter().zip(&chunk[1..]).fold(false, |any, pair| any | is_pair(pair))
    {
        start += CHUNK_BYTES;
        pace.step(CHUNK_BYTES);
    }
    pairs().skip(start).position(is_pair).map(|offset| start + offset)
}

#[cfg(test)]
mod tests {
    use super::find_pair;

    #[test]
    fn a_pair_is_found_wherever_it_is() {
        for len in 0..150_usize {
            let alternating: Vec<u8> = (0..len).map(|place| if place % 2 == 0 { b' ' } else { b'x' }).collect();
            assert_eq!(find_pair(&alternating, b' '), None);
            for place in 1..len {
                let mut bytes = vec![b'x'; len];
                bytes[place - 1..=place].fill(b' ');
                assert_eq!(find_pair(&bytes, b' '), Some(place - 1), "{len}");
            }
        }
    }
}
