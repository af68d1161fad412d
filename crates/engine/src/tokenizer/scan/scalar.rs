//! The kernels without vectors: what the others must equal.

use super::{BLOCK_BYTES, ByteSet, PlainText, Scanner, WordBounds, whole_blocks};

pub(super) fn copy_ascii(source: &[u8], target: &mut [u8], lower: bool, clean: bool) -> usize {
    assert!(target.len() >= source.len() + Scanner::SLACK, "the target has no slack");
    for (index, (&byte, to)) in source.iter().zip(target).enumerate() {
        let is_space = matches!(byte, b'\t' | b'\n' | b'\r');
        if !byte.is_ascii() || (clean && byte.is_ascii_control() && !is_space) {
            return index;
        }
        *to = match byte {
            b'A'..=b'Z' if lower => byte | 0x20,
            b'\t' | b'\n' | b'\r' if clean => b' ',
            _ => byte,
        };
    }
    source.len()
}

pub(super) fn find_words(window: &[u8], offset: u32, bounds: &mut WordBounds) {
    for (offset, block) in (offset..).step_by(BLOCK_BYTES).zip(window.chunks_exact(BLOCK_BYTES)) {
        let (mut word, mut punctuation) = (0, 0);
        for (bit, &byte) in block.iter().enumerate() {
            let (is_space, is_punctuation) = (matches!(byte, 9..=13 | b' '), byte.is_ascii_punctuation());
            word |= u64::from(!is_space && !is_punctuation) << bit;
            punctuation |= u64::from(is_punctuation) << bit;
        }
        bounds.push_block(offset, word, punctuation, &|bits, offset, offsets: &mut _| {
            super::push_bits(bits, offset, offsets)
        });
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
    let bytes: Option<Vec<u8>> = text.units[..text.len].iter().map(|&unit| u8::try_from(unit).ok()).collect();
    let mut copy = vec![0; text.len + Scanner::SLACK];
    let bytes = bytes.filter(|bytes| copy_ascii(bytes, &mut copy, text.lower, true) == bytes.len())?;
    copy[text.len..].fill(b' ');
    target[..size].copy_from_slice(&copy[..size]);
    bounds.start_text();
    find_words(&target[..size], offset, bounds);
    Some(find_any(&bytes, text.marks).is_some())
}
