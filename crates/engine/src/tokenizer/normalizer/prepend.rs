//! `Prepend`: puts a string before a text that is not empty (tokenizers 0.23.2,
//! normalizers/prepend.rs).

use crate::growth::put;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::tokenizer) struct Prepend {
    prefix: String,
}

impl Prepend {
    /// `None` for an empty prefix. With it, the reference loses the first byte from its alignments,
    /// and the next normalizer writes that byte twice.
    pub(in crate::tokenizer) fn new(prefix: &str) -> Option<Self> {
        (!prefix.is_empty()).then(|| Self { prefix: prefix.to_owned() })
    }

    pub(in crate::tokenizer) fn prefix(&self) -> &str {
        &self.prefix
    }

    pub(in crate::tokenizer) fn leaves(&self, text: &str) -> bool {
        text.is_empty()
    }

    pub(in crate::tokenizer) fn normalize(&self, text: &str, out: &mut String) {
        if !text.is_empty() {
            put(out, &self.prefix);
            put(out, text);
        }
    }
}
