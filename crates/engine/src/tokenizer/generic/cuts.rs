//! Where a text can be cut without a change of its ids, though its pre-tokenizer leaves it whole: SentencePiece has no words, or words
//! with the punctuation around them. Shorter pieces come again more often.
//!
//! - BPE: between two characters that no merge ever joins, one of the vocabulary and another, or one that becomes bytes. Nearly all
//!   files have merges of spaces at the start of a token only, and none of letters with punctuation.
//! - Unigram: between two characters that no token has side by side, one of which is a token itself. What comes before only adds
//!   to the sums of all ways through what is behind, but sums are rounded: see [`Unigram::tokenize_part`].

use super::rewrite::Rewrite;
use super::stages::{Stage, Stages};
use crate::tokenizer::model::Model;
use crate::tokenizer::model::bpe::Bpe;
use crate::tokenizer::model::unigram::Unigram;
use crate::tokenizer::pre_tokenizer::BlockSplitter;
use crate::tokenizer::scan::block::Block;

const SPACE: char = '\u{2581}';

/// Behind so many bytes of a word, nothing is cut but words: what has to be looked at again for one part stays short.
const MAX_WORD_BYTES: usize = 200;

/// Proved when the file is read. A space is U+2581, or what the file has for it, and U+0020 where the rewriting makes one of it.
#[derive(Debug)]
pub(super) struct Cuts {
    space: char,
    with_ascii_space: bool,
    /// A bit for each pair of bytes, by the first and then the second: whether a text is surely cut between them.
    pairs: Box<[[u64; 4]; 256]>,
    /// A bit for each of the first 65,536 code points: whether a text is cut between this character and a space.
    ends: Box<[u64]>,
    /// Whether a text is cut before every space.
    splits_at_spaces: bool,
}

impl Cuts {
    /// `None` where there is nothing to cut, or nothing is known.
    pub(super) fn new(model: &Model, stages: &Stages) -> Option<Self> {
        match (model, stages.list.as_slice(), stages.rewrite) {
            (Model::Bpe(model), _, Rewrite::Nothing) => Self::of_bpe(model, SPACE, false),
            (Model::Bpe(model), _, Rewrite::Metaspace { replacement, with_prefix: false }) => {
                Self::of_bpe(model, replacement, true)
            }
            (Model::Unigram(model), [Stage::Split(split)], Rewrite::Metaspace { replacement, with_prefix: false })
                // Among the pairs, a space of one byte would be any other byte: at each one the text is cut, whatever the tokens are.
                if !replacement.is_ascii()
                    && split.by_blocks() == Some(BlockSplitter::Metaspace(replacement))
                    && model.has_parts() =>
            {
                Some(Self::of_unigram(model, replacement))
            }
            _ => None,
        }
    }

    fn of_bpe(model: &Bpe, space: char, with_ascii_space: bool) -> Option<Self> {
        let mut ends = vec![0_u64; 1 << 10].into_boxed_slice();
        let mut pairs = Box::new([[0_u64; 4]; 256]);
        let mut has_any = false;
        let is_space = |c: char| c == space || (with_ascii_space && c == ' ');
        for (token, _) in model.vocabulary().tokens() {
            let mut chars = token.chars();
            let (Some(c), None) = (chars.next(), chars.next()) else { continue };
            if let Some(word) = ends.get_mut(c as usize / 64)
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
        has_any.then_some(Self { space, with_ascii_space, pairs, ends, splits_at_spaces: false })
    }

    fn of_unigram(model: &Unigram, space: char) -> Self {
        // Of two bytes: whether a token goes on from a character that ends with the one to a character that starts with the other.
        let mut is_within = vec![[false; 256]; 256];
        for (token, _) in model.tokens() {
            let bytes = token.as_bytes();
            for (at, _) in token.char_indices().skip(1) {
                is_within[usize::from(bytes[at - 1])][usize::from(bytes[at])] = true;
            }
        }
        // Unknown neighbors make one string: a cut needs a side that is known. The unknown token itself counts as unknown.
        let unknown = model.unknown_token().unwrap_or_default().as_bytes();
        let is_known = |byte: u8, unknown: Option<&u8>| {
            byte.is_ascii() && unknown != Some(&byte) && model.id(char::from(byte).encode_utf8(&mut [0; 4])).is_some()
        };
        let mut pairs = Box::new([[0_u64; 4]; 256]);
        for (first, row) in (0..=255_u8).zip(pairs.iter_mut()) {
            for second in 0..=255_u8 {
                // What a space is with the character behind it, the rewriting decides.
                let is_cut = first != b' '
                    && !is_within[usize::from(first)][usize::from(second)]
                    && (is_known(first, unknown.last()) || is_known(second, unknown.first()));
                if is_cut || second == b' ' {
                    row[usize::from(second / 64)] |= 1 << (second % 64);
                }
            }
        }
        Self { space, with_ascii_space: true, pairs, ends: Box::default(), splits_at_spaces: true }
    }

    /// Whether they take the place of the last splitter.
    pub(super) fn splits_at_spaces(&self) -> bool {
        self.splits_at_spaces
    }

    /// Places in the first bytes of a text of `len` bytes, a bit each, where it may be cut, the end included. Between words and
    /// punctuation, mostly: elsewhere it would not pay to look.
    #[inline(always)]
    pub(super) fn places(&self, block: &Block, len: usize) -> u64 {
        let inside = if len < 64 { (1 << len) - 1 } else { u64::MAX };
        let behind = !inside & inside.wrapping_add(1);
        let (letter, digit) = (block.letters() | block.high(), block.digits());
        // Words with a quote in them are as frequent as others.
        let letter = letter | (block.equal(b'\'') & (letter << 1) & (letter >> 1));
        let mut lead = [0; 4];
        let space = block.equal(self.space.encode_utf8(&mut lead).as_bytes()[0]) | block.equal(b' ');
        let borders = (letter ^ (letter << 1)) | (digit ^ (digit << 1));
        // The first byte of all is no place.
        ((borders | space) & inside & !1) | behind
    }

    /// Whether the text is cut at `at`, behind the cut before a space at `word`, or behind the start of the text.
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

    /// Where the word starts that `at` is in.
    pub(super) fn word_start(&self, text: &str, at: usize) -> usize {
        (0..=at).rev().find(|at| self.is_space(text, *at)).unwrap_or(0)
    }

    #[inline(always)]
    fn is_cut_before_space(&self, text: &str, at: usize) -> bool {
        self.is_space(text, at) && (self.splits_at_spaces || self.is_end(text, at))
    }

    /// Whether the character before `at` never joins a space behind it.
    #[inline(always)]
    fn is_end(&self, text: &str, at: usize) -> bool {
        let before = text[..at].chars().next_back();
        before.is_some_and(|c| self.ends.get(c as usize / 64).is_some_and(|word| word >> (c as usize % 64) & 1 != 0))
    }
}
