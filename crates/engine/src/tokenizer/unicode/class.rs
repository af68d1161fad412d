//! The classes of characters that the patterns of pre-tokenizers name, and runs of them in a text.

use super::class_table as table;
pub(in crate::tokenizer) use super::class_table::{
    LETTER, LOWER, MARK, NUMBER, PUNCTUATION, SPACE, SYMBOL, UPPER, WORD,
};
use crate::interrupt::{Pace, STEP_BYTES};

/// The classes of a character.
#[inline]
pub(in crate::tokenizer) fn class_of(c: char) -> u16 {
    table::CLASSES[table::NUMBERS.get(c)]
}

/// The classes of the character that starts at `at`, and its length; `None` at the end of the text.
#[inline(always)]
pub(in crate::tokenizer) fn class_at(text: &str, at: usize) -> Option<(u16, usize)> {
    let byte = *text.as_bytes().get(at)?;
    if byte.is_ascii() { Some((table::ASCII[usize::from(byte)], 1)) } else { wide_class_at(text, at) }
}

fn wide_class_at(text: &str, at: usize) -> Option<(u16, usize)> {
    let c = text[at..].chars().next()?;
    Some((class_of(c), c.len_utf8()))
}

/// Whether the character at `at` has one of `classes`.
#[inline(always)]
pub(in crate::tokenizer) fn is_at(text: &str, at: usize, classes: u16) -> bool {
    class_at(text, at).is_some_and(|(found, _)| found & classes != 0)
}

/// The end of the run of characters from `at` on for which `is_member` is true.
#[inline(always)]
pub(in crate::tokenizer) fn run_end(text: &str, mut at: usize, is_member: impl Fn(u16) -> bool) -> usize {
    // A run is a few characters: counting each of them costs 3 % of byte-level BPE.
    if text.len() - at > STEP_BYTES {
        return run_end_in_steps(text, at, is_member);
    }
    while let Some((class, len)) = class_at(text, at)
        && is_member(class)
    {
        at += len;
    }
    at
}

/// The same with checks, where the run may be longer than a step.
#[inline(never)]
fn run_end_in_steps(text: &str, mut at: usize, is_member: impl Fn(u16) -> bool) -> usize {
    let mut pace = Pace::new();
    while let Some((class, len)) = class_at(text, at)
        && is_member(class)
    {
        at += len;
        pace.step(len);
    }
    at
}

/// The end of the numbers from `at` on, of which at most `max_count` are taken.
pub(in crate::tokenizer) fn numbers_end(text: &str, at: usize, max_count: usize) -> usize {
    let mut end = at;
    for _ in 0..max_count {
        match class_at(text, end) {
            Some((class, len)) if class & NUMBER != 0 => end += len,
            _ => break,
        }
    }
    end
}
