//! A splitter: a pattern, and what to do with its matches (tokenizers 0.23.2,
//! tokenizer/normalizer.rs, `split`).

use serde::Deserialize;

use super::block_splitter::BlockSplitter;
use super::pattern::Pattern;
use crate::interrupt::Pace;

/// What to do with a match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub(in crate::tokenizer) enum Behavior {
    Removed,
    #[default]
    Isolated,
    MergedWithPrevious,
    MergedWithNext,
    Contiguous,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::tokenizer) struct Splitter {
    pattern: Pattern,
    behavior: Behavior,
    /// Whether the text between the matches is treated as the matches.
    is_inverted: bool,
}

/// A stretch of text up to `end`, which becomes a piece if it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::tokenizer) struct Split {
    pub(in crate::tokenizer) end: usize,
    pub(in crate::tokenizer) is_kept: bool,
}

impl Splitter {
    pub(in crate::tokenizer) fn new(pattern: Pattern, behavior: Behavior, is_inverted: bool) -> Self {
        Self { pattern, behavior, is_inverted }
    }

    /// Whether it splits only at U+0020, so that a text without one stays whole.
    pub(in crate::tokenizer) fn is_for_spaces(&self) -> bool {
        !self.is_inverted && matches!(&self.pattern, Pattern::Text(text) if text == " ")
    }

    /// Whether a piece ends before each single space between two letters, whatever is around them.
    pub(in crate::tokenizer) fn ends_words(&self) -> bool {
        match (&self.pattern, self.behavior, self.is_inverted) {
            (Pattern::WhiteSpace, Behavior::Removed, false)
            | (Pattern::Metaspace(_), Behavior::MergedWithNext, false)
            | (Pattern::Words | Pattern::Clip { with_special: false }, Behavior::Removed, true) => true,
            // Every character belongs to a match.
            (Pattern::Gpt2 | Pattern::Tiktoken(_), Behavior::Isolated, _)
            | (Pattern::Gpt2 | Pattern::Tiktoken(_), Behavior::Removed, true) => true,
            _ => false,
        }
    }

    /// Whether its pieces are the same where a text is cut before such a space, except that it may
    /// be one piece there: its matches have neither letters nor spaces.
    pub(in crate::tokenizer) fn keeps_seams(&self) -> bool {
        matches!(
            self.pattern,
            Pattern::Punctuation | Pattern::Numeric | Pattern::ThreeDigits | Pattern::UpToThreeNumbers
        )
    }

    /// The block splitter that gives the same pieces, if there is one.
    pub(in crate::tokenizer) fn by_blocks(&self) -> Option<BlockSplitter> {
        match (&self.pattern, self.behavior, self.is_inverted) {
            (Pattern::WhiteSpace, Behavior::Removed, false) => Some(BlockSplitter::WhiteSpace),
            (Pattern::Words, Behavior::Removed, true) => Some(BlockSplitter::Words),
            // Every character belongs to a match.
            (Pattern::Gpt2, Behavior::Isolated, _) | (Pattern::Gpt2, Behavior::Removed, true) => {
                Some(BlockSplitter::Gpt2)
            }
            (Pattern::Tiktoken(tiktoken), Behavior::Isolated, _)
            | (Pattern::Tiktoken(tiktoken), Behavior::Removed, true) => {
                tiktoken.max_digits_without_case().map(|max_digits| BlockSplitter::Tiktoken { max_digits })
            }
            (Pattern::Metaspace(replacement), Behavior::MergedWithNext, false) => {
                Some(BlockSplitter::Metaspace(*replacement))
            }
            _ => None,
        }
    }

    /// The stretch of `text` that starts at `start`: at the start of the text, or where another one
    /// ended.
    #[inline(always)]
    pub(in crate::tokenizer) fn split_at(&self, text: &str, start: usize) -> Split {
        let atom = |at: usize| {
            let (end, is_match) = self.pattern.atom(text, at);
            (end, is_match != self.is_inverted)
        };
        let (mut end, is_match) = atom(start);
        let takes_next = match self.behavior {
            Behavior::Removed => return Split { end, is_kept: !is_match },
            Behavior::Isolated => return Split { end, is_kept: true },
            Behavior::MergedWithPrevious => !is_match,
            Behavior::MergedWithNext => is_match,
            Behavior::Contiguous => {
                let mut pace = Pace::new();
                while end < text.len() {
                    pace.step(1);
                    let (next, is_next_match) = atom(end);
                    if is_next_match != is_match {
                        break;
                    }
                    end = next;
                }
                return Split { end, is_kept: true };
            }
        };
        if takes_next && end < text.len() {
            let (next, is_next_match) = atom(end);
            if is_next_match != is_match {
                end = next;
            }
        }
        Split { end, is_kept: true }
    }
}
