//! Where a text of SentencePiece BPE, which has no words, can be cut without a change of its ids: before a space (U+2581, or what
//! the file has for it) behind a character with which no merge ever joins it. Nearly all files have merges of spaces at the
//! start of a token only, so that all words are cut.

use super::model::Model;
use super::rewrite::Rewrite;
use super::stages::Stages;

const SPACE: char = '\u{2581}';

/// Proved when the file is read.
#[derive(Debug)]
pub(super) struct Cuts {
    space: char,
    /// Whether the rewriting makes a space of each U+0020 as well.
    with_ascii_space: bool,
    /// A bit for each of the first 65,536 code points: whether a space behind this character never joins it.
    ends: Box<[u64]>,
}

impl Cuts {
    /// `None` where there is nothing to cut, or nothing is known.
    pub(super) fn new(model: &Model, stages: &Stages) -> Option<Self> {
        let Model::Bpe(model) = model else { return None };
        let (space, with_ascii_space) = match stages.rewrite {
            Rewrite::Nothing => (SPACE, false),
            Rewrite::Metaspace { replacement, .. } if !stages.splits_at_spaces() => (replacement, true),
            _ => return None,
        };
        let mut ends = vec![0_u64; 1 << 10].into_boxed_slice();
        let mut has_any = false;
        for (token, _) in model.vocabulary().tokens() {
            let mut chars = token.chars();
            let (Some(c), None) = (chars.next(), chars.next()) else { continue };
            let is_space = c == space || (with_ascii_space && c == ' ');
            if let Some(word) = ends.get_mut(c as usize / 64)
                && !is_space
                && !model.can_join(c, space)
            {
                *word |= 1 << (c as usize % 64);
                has_any = true;
            }
        }
        has_any.then_some(Self { space, with_ascii_space, ends })
    }

    /// The first cut behind `start`, or the end of the text.
    #[inline]
    pub(super) fn next(&self, text: &str, start: usize) -> usize {
        let mut space = [0; 4];
        let space = self.space.encode_utf8(&mut space).as_bytes();
        let bytes = text.as_bytes();
        let mut at = start + 1;
        while at < bytes.len() {
            let byte = bytes[at];
            let is_space =
                (byte == b' ' && self.with_ascii_space) || (byte == space[0] && bytes[at..].starts_with(space));
            if is_space && self.is_end(text, at) {
                return at;
            }
            at += 1;
        }
        bytes.len()
    }

    /// Whether the character before `at` never joins a space behind it.
    #[inline]
    fn is_end(&self, text: &str, at: usize) -> bool {
        let before = text[..at].chars().next_back();
        before.is_some_and(|c| self.ends.get(c as usize / 64).is_some_and(|word| word >> (c as usize % 64) & 1 != 0))
    }
}
