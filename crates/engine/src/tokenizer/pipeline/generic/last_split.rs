//! The last split of a piece. The cache lines of the resulting pieces are prefetched as they are
//! found.

use std::ops::Range;

use super::safe_cuts::SafeCuts;
use crate::interrupt::Pace;
use crate::tokenizer::cache::piece::PieceCache;
use crate::tokenizer::pre_tokenizer::{BlockSplitter, Splitter, Starts};
use crate::tokenizer::scan::BLOCK_BYTES;
use crate::tokenizer::scan::block::Block;

/// How many bytes can be read after the text of a piece.
pub(super) const PADDING: usize = BLOCK_BYTES;

/// The last step of splitting.
#[derive(Debug, Clone, Copy)]
pub(super) enum LastSplit<'a> {
    Cuts(&'a SafeCuts),
    Blocks(BlockSplitter, &'a Splitter),
    Splitter(&'a Splitter),
    /// The piece stays whole.
    None,
}

impl LastSplit<'_> {
    /// Splits the start of `text[at..end]`, at most a block of it, prefetches the lines of the
    /// pieces, and returns where they end. `word` is the start of the word that `at` is in.
    /// [`PADDING`] bytes after `end` can be read.
    #[inline(always)]
    pub(super) fn prefetch(self, text: &str, at: usize, end: usize, word: &mut usize, cache: &mut PieceCache) -> usize {
        let bytes = text.as_bytes();
        match self {
            Self::Cuts(cuts) => {
                let mut start = at;
                for place in set_bits(cuts.places(&load(bytes, at), end - at)) {
                    let cut = at + place;
                    let is_cut = cut == end || cuts.is_cut(text, *word, cut);
                    cache.prefetch(bytes, start..cut, is_cut);
                    start = if is_cut { cut } else { start };
                    *word = if is_cut && cuts.is_space(text, cut) { cut } else { *word };
                }
                if start > at {
                    return start;
                }
                let next = next_cut(cuts, text, at..end, word);
                cache.prefetch(bytes, at..next, true);
                next
            }
            Self::Blocks(blocks, splitter) => {
                let Starts { pieces, dropped } = blocks.starts(&load(bytes, at), end - at);
                let mut start = 0;
                for next in set_bits(pieces & !1) {
                    cache.prefetch(bytes, at + start..at + next, dropped >> start & 1 == 0);
                    start = next;
                }
                if start > 0 { at + start } else { prefetch_next(splitter, text, at..end, cache) }
            }
            Self::Splitter(splitter) => prefetch_next(splitter, text, at..end, cache),
            Self::None => {
                cache.prefetch(bytes, at..end, true);
                end
            }
        }
    }
}

#[inline(always)]
fn load(bytes: &[u8], at: usize) -> Block {
    Block::load(bytes[at..].first_chunk().expect("a block of padding after the text"))
}

#[inline(always)]
fn set_bits(mut bits: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        if bits == 0 {
            return None;
        }
        let place = bits.trailing_zeros() as usize;
        bits &= bits - 1;
        Some(place)
    })
}

fn prefetch_next(splitter: &Splitter, text: &str, range: Range<usize>, cache: &mut PieceCache) -> usize {
    let split = splitter.split_at(&text[..range.end], range.start);
    cache.prefetch(text.as_bytes(), range.start..split.end, split.is_kept);
    split.end
}

/// The first cut of a word that is longer than a block.
#[cold]
fn next_cut(cuts: &SafeCuts, text: &str, range: Range<usize>, word: &mut usize) -> usize {
    let (mut at, mut pace) = (range.start + 1, Pace::new());
    while at < range.end && !cuts.is_cut(text, *word, at) {
        at += 1;
        pace.step(1);
    }
    if at < range.end && cuts.is_space(text, at) {
        *word = at;
    }
    at
}
