//! `StripAccents`: removes combining marks (tokenizers 0.23.2, normalizers/strip.rs).

use super::each_char::{self, Fate};
use crate::tokenizer::unicode::character::{COMBINING_MARK, Character};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::tokenizer) struct StripAccents;

impl StripAccents {
    pub(in crate::tokenizer) fn leaves(self, text: &str) -> bool {
        each_char::kept_len(text, |_| true, fate) == text.len()
    }

    pub(in crate::tokenizer) fn normalize(self, text: &str, out: &mut String) {
        each_char::normalize(text, out, |_| true, fate);
    }
}

fn fate(c: char) -> Fate {
    if Character::of(c).is(COMBINING_MARK) { Fate::Removed } else { Fate::Kept }
}
