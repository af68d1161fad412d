//! The pattern of GPT-2 (tokenizers 0.23.2, pre_tokenizers/byte_level.rs, `RE`):
//! `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`. Every
//! character belongs to a match.

use super::contraction;
use super::white_space::WhiteSpace;
use crate::tokenizer::unicode::class::{LETTER, NUMBER, SPACE, class_at, run_end};

/// The end of the match at `at`, which is before the end of the text.
#[inline(always)]
pub(super) fn match_end(text: &str, at: usize) -> usize {
    const WORDS: u16 = LETTER | NUMBER | SPACE;
    if let Some(end) = contraction::end(text, at) {
        return end;
    }
    let start = at + usize::from(text.as_bytes()[at] == b' ');
    match class_at(text, start) {
        Some((class, len)) if class & SPACE == 0 => {
            let kind = class & WORDS;
            // A letter is never a number, so a run is of one class, or of none.
            run_end(text, start + len, |class| class & WORDS == kind)
        }
        _ => WhiteSpace::at(text, at).match_end(text, at),
    }
}
