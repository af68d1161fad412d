//! A splitter: a pattern, and what becomes of its matches (tokenizers 0.23.2, tokenizer/normalizer.rs, `split`).

use serde::Deserialize;

use super::pattern::Pattern;

/// What becomes of a match.
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
    /// Whether what is between the matches is taken for them.
    is_inverted: bool,
}

/// A part of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::tokenizer) struct Part {
    pub(in crate::tokenizer) end: usize,
    pub(in crate::tokenizer) is_kept: bool,
}

impl Splitter {
    pub(in crate::tokenizer) fn new(pattern: Pattern, behavior: Behavior, is_inverted: bool) -> Self {
        Self { pattern, behavior, is_inverted }
    }

    /// Whether this is the splitter of `Metaspace`.
    pub(in crate::tokenizer) fn is_metaspace(&self) -> bool {
        matches!(self.pattern, Pattern::Metaspace(_))
    }

    /// The part of `text` that starts at `start`: at the start of the text, or where another part ended.
    #[inline(always)]
    pub(in crate::tokenizer) fn part(&self, text: &str, start: usize) -> Part {
        let atom = |at: usize| {
            let (end, is_match) = self.pattern.atom(text, at);
            (end, is_match != self.is_inverted)
        };
        let (mut end, is_match) = atom(start);
        let takes_next = match self.behavior {
            Behavior::Removed => return Part { end, is_kept: !is_match },
            Behavior::Isolated => return Part { end, is_kept: true },
            Behavior::MergedWithPrevious => !is_match,
            Behavior::MergedWithNext => is_match,
            Behavior::Contiguous => {
                while end < text.len() {
                    let (next, is_next_match) = atom(end);
                    if is_next_match != is_match {
                        break;
                    }
                    end = next;
                }
                return Part { end, is_kept: true };
            }
        };
        if takes_next && end < text.len() {
            let (next, is_next_match) = atom(end);
            if is_next_match != is_match {
                end = next;
            }
        }
        Part { end, is_kept: true }
    }
}
