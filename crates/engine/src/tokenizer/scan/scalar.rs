//! The kernels without vectors: what the others must equal.

use super::byte_set::ByteSet;
use super::plain_text::PlainText;
use super::window::{BLOCK_BYTES, COPY_SLACK, whole_blocks};
use super::word_bounds::{WordBounds, push_bits};

pub(super) fn copy_ascii(source: &[u8], target: &mut [u8], lower: bool, clean: bool) -> usize {
    assert!(target.len() >= source.len() + COPY_SLACK, "the target has no slack");
    for (index, (&byte, to)) in source.iter().zip(target).enumerate() {
        let Some(folded) = fold(byte, lower, clean) else { return index };
        *to = folded;
    }
    source.len()
}

/// The byte to write, or `None` if the byte is not plain.
fn fold(byte: u8, lower: bool, clean: bool) -> Option<u8> {
    match byte {
        b'A'..=b'Z' if lower => Some(byte | 0x20),
        b'\t' | b'\n' | b'\r' if clean => Some(b' '),
        _ => (byte.is_ascii() && !(clean && byte.is_ascii_control())).then_some(byte),
    }
}

pub(super) fn find_words(window: &[u8], offset: u32, bounds: &mut WordBounds) {
    for (offset, block) in (offset..).step_by(BLOCK_BYTES).zip(window.chunks_exact(BLOCK_BYTES)) {
        let (mut word, mut punctuation) = (0, 0);
        for (bit, &byte) in block.iter().enumerate() {
            let (is_space, is_punctuation) = (matches!(byte, 9..=13 | b' '), byte.is_ascii_punctuation());
            word |= u64::from(!is_space && !is_punctuation) << bit;
            punctuation |= u64::from(is_punctuation) << bit;
        }
        bounds.push_block(offset, word, punctuation, &|bits, offset, offsets: &mut _| push_bits(bits, offset, offsets));
    }
}

pub(super) fn find_any(bytes: &[u8], set: &ByteSet) -> Option<usize> {
    bytes.iter().position(|&byte| set.may_have(byte))
}

pub(super) fn find_plain_words(
    text: PlainText<'_>,
    target: &mut [u8],
    offset: u32,
    bounds: &mut WordBounds,
) -> Option<bool> {
    let size = whole_blocks(text.len);
    let mut is_marked = false;
    for (&unit, to) in text.units[..text.len].iter().zip(&mut *target) {
        let byte = u8::try_from(unit).ok()?;
        *to = fold(byte, text.lower, true)?;
        is_marked |= text.marks.may_have(byte);
    }
    target[text.len..size].fill(b' ');
    bounds.start_text();
    find_words(&target[..size], offset, bounds);
    Some(is_marked)
}
