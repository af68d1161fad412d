//! The last split of a piece, whose parts are asked for as they are found.

use std::ops::Range;

use super::cuts::Cuts;
use crate::tokenizer::pre_tokenizer::{BlockSplitter, Splitter, Starts};
use crate::tokenizer::scan::BLOCK_BYTES;
use crate::tokenizer::scan::block::Block;
use crate::tokenizer::word_cache::piece::PieceCache;

/// How many bytes can be read behind the text of a piece.
pub(super) const PADDING: usize = BLOCK_BYTES;

/// What splits last.
#[derive(Debug, Clone, Copy)]
pub(super) enum LastSplit<'a> {
    Cuts(&'a Cuts),
    Blocks(BlockSplitter, &'a Splitter),
    Splitter(&'a Splitter),
    /// Nothing: the piece is one part.
    None,
}

impl LastSplit<'_> {
    /// Asks for parts at the start of `text[at..end]`, those of a block at most, and returns where they end. `word` is the start
    /// of the word that `at` is in. Behind `end`, [`PADDING`] bytes can be read.
    #[inline(always)]
    pub(super) fn ask(self, text: &str, at: usize, end: usize, word: &mut usize, cache: &mut PieceCache) -> usize {
        let bytes = text.as_bytes();
        match self {
            Self::Cuts(cuts) => {
                let mut start = at;
                for place in set_bits(cuts.places(&load(bytes, at), end - at)) {
                    let cut = at + place;
                    let is_cut = cut == end || cuts.is_cut(text, *word, cut);
                    cache.ask(bytes, start..cut, is_cut);
                    start = if is_cut { cut } else { start };
                    *word = if is_cut && cuts.is_space(text, cut) { cut } else { *word };
                }
                if start > at {
                    return start;
                }
                let next = next_cut(cuts, text, at..end, word);
                cache.ask(bytes, at..next, true);
                next
            }
            Self::Blocks(blocks, splitter) => {
                let Starts { parts, dropped } = blocks.starts(&load(bytes, at), end - at);
                let mut start = 0;
                for next in set_bits(parts & !1) {
                    cache.ask(bytes, at + start..at + next, dropped >> start & 1 == 0);
                    start = next;
                }
                if start > 0 { at + start } else { ask_part(splitter, text, at..end, cache) }
            }
            Self::Splitter(splitter) => ask_part(splitter, text, at..end, cache),
            Self::None => {
                cache.ask(bytes, at..end, true);
                end
            }
        }
    }
}

#[inline(always)]
fn load(bytes: &[u8], at: usize) -> Block {
    Block::load(bytes[at..].first_chunk().expect("a block of padding behind the text"))
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

fn ask_part(splitter: &Splitter, text: &str, range: Range<usize>, cache: &mut PieceCache) -> usize {
    let part = splitter.part(&text[..range.end], range.start);
    cache.ask(text.as_bytes(), range.start..part.end, part.is_kept);
    part.end
}

/// The first cut of a word that is longer than a block.
#[cold]
fn next_cut(cuts: &Cuts, text: &str, range: Range<usize>, word: &mut usize) -> usize {
    let mut at = range.start + 1;
    while at < range.end && !cuts.is_cut(text, *word, at) {
        at += 1;
    }
    if at < range.end && cuts.is_space(text, at) {
        *word = at;
    }
    at
}
