//! The loops that all instruction sets share: over bytes, one vector at a time, the tail included.
//!
//! The closures come from functions with target features. All of this is inlined into those.

use super::plain_text::{PlainBlock, PlainText};
use super::window::{BLOCK_BYTES, COPY_SLACK, whole_blocks};
use super::word_bounds::WordBounds;

/// The loop of `Scanner::copy_ascii`. `fold` writes a folded vector to the target and returns the
/// place of its first byte that is not plain, or `BYTES` if all are plain.
#[inline(always)]
pub(super) fn copy<const BYTES: usize>(
    source: &[u8],
    target: &mut [u8],
    fold: impl Fn(&[u8; BYTES], &mut [u8; BYTES]) -> usize,
) -> usize {
    assert!(target.len() >= source.len() + COPY_SLACK, "the target has no slack");
    let (chunks, tail) = source.as_chunks::<BYTES>();
    let (targets, _) = target.as_chunks_mut::<BYTES>();
    for (index, (chunk, to)) in chunks.iter().zip(targets).enumerate() {
        let plain = fold(chunk, to);
        if plain < BYTES {
            return index * BYTES + plain;
        }
    }
    if tail.is_empty() {
        return source.len();
    }
    // The last vector overlaps the one before, whose bytes are all plain.
    if let (Some(last), Some(to)) = (source.last_chunk(), target[..source.len()].last_chunk_mut()) {
        return source.len() - BYTES + fold(last, to);
    }
    // Spaces are plain, so `fold` stops within the tail, or after it if all of the tail is plain.
    let mut padded = [b' '; BYTES];
    padded[..tail.len()].copy_from_slice(tail);
    let done = source.len() - tail.len();
    let plain = fold(&padded, target[done..].first_chunk_mut().expect("the target has slack"));
    done + tail.len().min(plain)
}

/// The loop of `Scanner::find_any`. `find` returns the place of a vector's first byte that is in
/// the set, or `BYTES` if none is.
#[inline(always)]
pub(super) fn find<const BYTES: usize>(bytes: &[u8], find: impl Fn(&[u8; BYTES]) -> usize) -> Option<usize> {
    let (chunks, tail) = bytes.as_chunks::<BYTES>();
    for (index, chunk) in chunks.iter().enumerate() {
        let found = find(chunk);
        if found < BYTES {
            return Some(index * BYTES + found);
        }
    }
    if tail.is_empty() {
        return None;
    }
    // The last vector overlaps the one before, of which no byte is in the set.
    if let Some(last) = bytes.last_chunk() {
        let found = find(last);
        return (found < BYTES).then(|| bytes.len() - BYTES + found);
    }
    let mut padded = [0; BYTES];
    padded[..tail.len()].copy_from_slice(tail);
    let found = find(&padded);
    (found < tail.len()).then_some(bytes.len() - tail.len() + found)
}

/// The loop of `Scanner::find_words`. `classify` returns the bits of white space and of
/// punctuation, the lowest for the first byte. `push_bits` writes the offsets of set bits, as
/// [`super::word_bounds::push_bits`] does.
#[inline(always)]
pub(super) fn find_words(
    window: &[u8],
    offset: u32,
    bounds: &mut WordBounds,
    classify: impl Fn(&[u8; BLOCK_BYTES]) -> (u64, u64),
    push_bits: impl Fn(u64, u32, &mut [u32; BLOCK_BYTES]),
) {
    let (blocks, _) = window.as_chunks::<BLOCK_BYTES>();
    for (offset, block) in (offset..).step_by(BLOCK_BYTES).zip(blocks) {
        let (space, punctuation) = classify(block);
        bounds.push_block(offset, !(space | punctuation), punctuation, &push_bits);
    }
}

/// The loop of `Scanner::find_plain_words`. `read` writes a block of units to the target as bytes
/// and classifies it; `push_bits` is as in [`find_words`].
#[inline(always)]
pub(super) fn find_plain_words(
    text: PlainText<'_>,
    target: &mut [u8],
    offset: u32,
    bounds: &mut WordBounds,
    read: impl Fn(&[u16; BLOCK_BYTES], &mut [u8; BLOCK_BYTES]) -> PlainBlock,
    push_bits: impl Fn(u64, u32, &mut [u32; BLOCK_BYTES]),
) -> Option<bool> {
    let size = whole_blocks(text.len);
    let blocks = text.units[..size].as_chunks::<BLOCK_BYTES>().0;
    let targets = target[..size].as_chunks_mut::<BLOCK_BYTES>().0;
    let before = (bounds.start_count, bounds.end_count);
    let (mut left, mut marked) = (text.len, 0);
    bounds.start_text();
    for ((offset, block), target) in (offset..).step_by(BLOCK_BYTES).zip(blocks).zip(targets) {
        let found = read(block, target);
        let within = if left < BLOCK_BYTES { (1 << left) - 1 } else { u64::MAX };
        if found.stop & within != 0 {
            (bounds.start_count, bounds.end_count) = before;
            return None;
        }
        marked |= found.marked & within;
        let word = within & !(found.space | found.punctuation);
        bounds.push_block(offset, word, within & found.punctuation, &push_bits);
        left = left.saturating_sub(BLOCK_BYTES);
    }
    Some(marked != 0)
}
