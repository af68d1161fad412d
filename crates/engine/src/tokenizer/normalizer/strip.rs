//! `Strip`: removes the white space at the start, at the end, or at both (tokenizers 0.23.2,
//! normalizer.rs, `lrstrip`).

use crate::growth::put;
use crate::tokenizer::unicode::{leading_whitespace, trimmed_end};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::tokenizer) struct Strip {
    pub(in crate::tokenizer) left: bool,
    pub(in crate::tokenizer) right: bool,
}

impl Strip {
    pub(in crate::tokenizer) fn leaves(self, text: &str) -> bool {
        self.strip(text).len() == text.len()
    }

    pub(in crate::tokenizer) fn normalize(self, text: &str, out: &mut String) {
        put(out, self.strip(text));
    }

    /// The part of the text that stays.
    pub(in crate::tokenizer) fn strip(self, text: &str) -> &str {
        let text = if self.right { &text[..trimmed_end(text)] } else { text };
        if self.left { &text[leading_whitespace(text)..] } else { text }
    }
}
