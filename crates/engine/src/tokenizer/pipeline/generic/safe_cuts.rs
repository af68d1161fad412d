//! Where a text can be cut without changing its ids, although its pre-tokenizer leaves it whole:
//! SentencePiece has no words, or words with the punctuation around them. Shorter pieces come again
//! more often, so the word cache finds more of them.
//!
//! - BPE: between two characters that no merge ever joins. One must be in the vocabulary; the other may
//!   be too, or become bytes. Nearly all files have merges with a space only at the start of a token, and
//!   none of letters with punctuation.
//! - Unigram: between two characters that are side by side in no token, one of which is a token itself. A
//!   prefix adds the same score to every path through the suffix, so the best path stays the best, except
//!   for rounding: see [`Unigram::tokenize_from`].

use super::rewrite::Rewrite;
use super::stages::{Stage, Stages};
use crate::interrupt::Pace;
use crate::tokenizer::model::Model;
use crate::tokenizer::model::bpe::Bpe;
use crate::tokenizer::model::unigram::Unigram;
use crate::tokenizer::pre_tokenizer::BlockSplitter;
use crate::tokenizer::scan::block::Block;

const SPACE: char = '\u{2581}';

/// After this many bytes of a word, only the start of another word is a cut. So the text that has
/// to be tokenized again for one piece stays short.
const MAX_WORD_BYTES: usize = 200;

/// The cuts of one file, proved when it is read. A space is U+2581 or the character that the file
/// has in its place, and also U+0020 if rewriting replaces it.
#[derive(Debug)]
pub(super) struct SafeCuts {
    space: char,
    with_ascii_space: bool,
    /// One bit per pair of bytes, indexed by the first and then the second: whether a cut between
    /// them is always safe.
    pairs: Box<[[u64; 4]; 256]>,
    /// One bit for each of the first 65,536 code points: whether a cut between this character and a
    /// space is safe.
    cut_before_space: Box<[u64]>,
    /// Whether every space starts a new piece.
    splits_at_spaces: bool,
}

impl SafeCuts {
    /// `None` if there is nothing to cut, or no cut is known to be safe.
    pub(super) fn new(model: &Model, stages: &Stages) -> Option<Self> {
        match (model, stages.list.as_slice(), stages.rewrite) {
            (Model::Bpe(model), _, Rewrite::Nothing) => Self::of_bpe(model, SPACE, false),
            (Model::Bpe(model), _, Rewrite::Metaspace { replacement, with_prefix: false }) => {
                Self::of_bpe(model, replacement, true)
            }
            (Model::Unigram(model), [Stage::Split(split)], Rewrite::Metaspace { replacement, with_prefix: false })
                // A space of one byte would be a byte like any other in `pairs`, but it is always a
                // cut.
                if !replacement.is_ascii()
                    && split.by_blocks() == Some(BlockSplitter::Metaspace(replacement))
                    && model.can_be_cut() =>
            {
                Some(Self::of_unigram(model, replacement))
            }
            _ => None,
        }
    }

    fn of_bpe(model: &Bpe, space: char, with_ascii_space: bool) -> Option<Self> {
        let mut cut_before_space = vec![0_u64; 1 << 10].into_boxed_slice();
        let mut pairs = Box::new([[0_u64; 4]; 256]);
        let mut has_any = false;
        let is_space = |c: char| c == space || (with_ascii_space && c == ' ');
        for (token, _) in model.vocabulary().tokens() {
            let mut chars = token.chars();
            let (Some(c), None) = (chars.next(), chars.next()) else { continue };
            if let Some(word) = cut_before_space.get_mut(c as usize / 64)
                && !is_space(c)
                && !model.can_join(c, space)
            {
                *word |= 1 << (c as usize % 64);
                has_any = true;
            }
        }
        for (first, row) in (0..0x80_u8).zip(pairs.iter_mut()) {
            for second in 0..0x80_u8 {
                let right = if is_space(second.into()) { space } else { second.into() };
                if !is_space(first.into()) && !model.can_join(first.into(), right) {
                    row[usize::from(second / 64)] |= 1 << (second % 64);
                }
            }
        }
        has_any.then_some(Self { space, with_ascii_space, pairs, cut_before_space, splits_at_spaces: false })
    }

    fn of_unigram(model: &Unigram, space: char) -> Self {
        // For two bytes: whether a token has a character that ends with the first byte, followed by
        // one that starts with the second.
        let mut is_within = vec![[false; 256]; 256];
        for (token, _) in model.tokens() {
            let bytes = token.as_bytes();
            for (at, _) in token.char_indices().skip(1) {
                is_within[usize::from(bytes[at - 1])][usize::from(bytes[at])] = true;
            }
        }
        // Unknown neighbors make up one string, so a cut needs a known character on one side. The
        // unknown token itself counts as unknown.
        let unknown = model.unknown_token().unwrap_or_default().as_bytes();
        let is_known = |byte: u8, unknown: Option<&u8>| {
            byte.is_ascii() && unknown != Some(&byte) && model.id(char::from(byte).encode_utf8(&mut [0; 4])).is_some()
        };
        let mut pairs = Box::new([[0_u64; 4]; 256]);
        for (first, row) in (0..=255_u8).zip(pairs.iter_mut()) {
            for second in 0..=255_u8 {
                // Rewriting decides what a space and the character after it become.
                let is_cut = first != b' '
                    && !is_within[usize::from(first)][usize::from(second)]
                    && (is_known(first, unknown.last()) || is_known(second, unknown.first()));
                if is_cut || second == b' ' {
                    row[usize::from(second / 64)] |= 1 << (second % 64);
                }
            }
        }
        Self { space, with_ascii_space: true, pairs, cut_before_space: Box::default(), splits_at_spaces: true }
    }

    /// Whether U+0020 is a space to them.
    pub(super) fn knows_ascii_spaces(&self) -> bool {
        self.with_ascii_space
    }

    /// Whether these cuts replace the last splitter.
    pub(super) fn splits_at_spaces(&self) -> bool {
        self.splits_at_spaces
    }

    /// The places in the first block of a text of `len` bytes where a cut may be, one bit each, the
    /// end included. They are mostly between words and punctuation: looking elsewhere would not
    /// pay.
    #[inline(always)]
    pub(super) fn places(&self, block: &Block, len: usize) -> u64 {
        let inside = if len < 64 { (1 << len) - 1 } else { u64::MAX };
        let end = !inside & inside.wrapping_add(1);
        let (letter, digit) = (block.letters() | block.high(), block.digits());
        // Words with a quote in them are as frequent as others.
        let letter = letter | (block.equal(b'\'') & (letter << 1) & (letter >> 1));
        let mut lead = [0; 4];
        let space = block.equal(self.space.encode_utf8(&mut lead).as_bytes()[0]) | block.equal(b' ');
        let borders = (letter ^ (letter << 1)) | (digit ^ (digit << 1));
        // The first byte of the text is not a place.
        ((borders | space) & inside & !1) | end
    }

    /// Whether a cut at `at` is safe. The last cut before a space was at `word`, or the text starts
    /// there.
    #[inline(always)]
    pub(super) fn is_cut(&self, text: &str, word: usize, at: usize) -> bool {
        let (before, byte) = (text.as_bytes()[at - 1], text.as_bytes()[at]);
        let is_cut = self.pairs[usize::from(before)][usize::from(byte / 64)] >> (byte % 64) & 1 != 0;
        let is_space = byte == b' ' && self.with_ascii_space;
        (is_cut & (is_space | (at - word < MAX_WORD_BYTES)))
            || (!(before.is_ascii() && byte.is_ascii()) && self.is_cut_before_space(text, at))
    }

    /// Whether there is a space at `at`.
    #[inline(always)]
    pub(super) fn is_space(&self, text: &str, at: usize) -> bool {
        let text = &text.as_bytes()[at..];
        let mut space = [0; 4];
        let space = self.space.encode_utf8(&mut space).as_bytes();
        (text[0] == b' ' && self.with_ascii_space) || (text[0] == space[0] && text.starts_with(space))
    }

    /// The start of the word that `at` is in.
    pub(super) fn word_start(&self, text: &str, at: usize) -> usize {
        let mut pace = Pace::new();
        let mut is_space = |at| {
            pace.step(1);
            self.is_space(text, at)
        };
        (0..=at).rev().find(|at| is_space(*at)).unwrap_or(0)
    }

    #[inline(always)]
    pub(super) fn is_cut_before_space(&self, text: &str, at: usize) -> bool {
        self.is_space(text, at) && (self.splits_at_spaces || self.is_end(text, at))
    }

    /// Whether the character before `at` never joins a space after it.
    #[inline(always)]
    fn is_end(&self, text: &str, at: usize) -> bool {
        let before = text[..at].chars().next_back();
        before.is_some_and(|c| {
            self.cut_before_space.get(c as usize / 64).is_some_and(|word| word >> (c as usize % 64) & 1 != 0)
        })
    }
}
