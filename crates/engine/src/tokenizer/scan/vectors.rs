//! Going through bytes a vector at a time, the last bytes included: the loops that the instruction sets share.
//!
//! The closures are of functions with target features, into which all this is inlined.

use super::{BLOCK_BYTES, PlainBlock, PlainText, Scanner, WordBounds, whole_blocks};

/// See [`Scanner::copy_ascii`]. `fold` puts what a vector becomes into the target, and gives the place of its first byte that is not plain, `BYTES`
/// where all are.
#[inline(always)]
pub(super) fn copy<const BYTES: usize>(
    source: &[u8],
    target: &mut [u8],
    fold: impl Fn(&[u8; BYTES], &mut [u8; BYTES]) -> usize,
) -> usize {
    assert!(target.len() >= source.len() + Scanner::SLACK, "the target has no slack");
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
    // Spaces are plain: what stops is of the tail, or beyond it when all of it is plain.
    let mut padded = [b' '; BYTES];
    padded[..tail.len()].copy_from_slice(tail);
    let done = source.len() - tail.len();
    let plain = fold(&padded, target[done..].first_chunk_mut().expect("the target has slack"));
    done + tail.len().min(plain)
}

/// See [`Scanner::find_any`]. `find` gives the place of a vector's first byte that is in the set, `BYTES` where none is.
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

/// See [`Scanner::find_words`]. `classify` gives the bits of white space and of punctuation, the first byte's lowest; `push_bits`
/// writes the places of set bits as [`super::push_bits`] does.
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

/// See [`Scanner::find_plain_words`]. `read` puts a block of units into the target, and says what is in it; `push_bits` is as in
/// [`find_words`].
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
