//! What all tokenizers need to know of a character: category, case, canonical decomposition.

use super::property_table::{self as table, DECOMPOSES, WORD};
pub(in crate::tokenizer) use super::property_table::{CONTROL, NONSPACING_MARK, PUNCTUATION, WHITESPACE};
use crate::interrupt::Pace;

/// What is known of one character: the number of a row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::tokenizer) struct Property(usize);

impl Property {
    #[inline]
    pub(in crate::tokenizer) fn of(c: char) -> Self {
        Self(table::NUMBERS.get(c))
    }

    /// Whether the character has one of `flags`.
    #[inline]
    pub(in crate::tokenizer) fn is(self, flags: u8) -> bool {
        table::FLAGS[self.0] & flags != 0
    }

    /// The canonical combining class.
    #[inline]
    pub(in crate::tokenizer) fn combining_class(self) -> u8 {
        table::COMBINING_CLASS[self.0]
    }

    #[inline]
    fn lowercase_delta(self) -> i32 {
        table::LOWERCASE_DELTA[self.0]
    }
}

/// Passes the lower case of `c` to `emit`: one character, except for U+0130.
#[inline]
pub(in crate::tokenizer) fn lowercase(c: char, mut emit: impl FnMut(char)) {
    let delta = Property::of(c).lowercase_delta();
    if delta != 0 {
        emit((c as u32).checked_add_signed(delta).and_then(char::from_u32).unwrap_or(c));
    } else if c == '\u{130}' {
        emit('i');
        emit('\u{307}');
    } else {
        emit(c);
    }
}

/// Passes the canonical decomposition of `c` to `emit`, or `c` itself if it has none.
#[inline]
pub(in crate::tokenizer) fn decompose(c: char, mut emit: impl FnMut(char)) {
    if !Property::of(c).is(DECOMPOSES) {
        return decompose_hangul(c, emit);
    }
    // A character with the flag is in the list: the generator writes both together.
    let Ok(index) = table::DECOMPOSABLE.binary_search(&(c as u32)) else { return emit(c) };
    let (start, end) = (table::DECOMPOSED_START[index], table::DECOMPOSED_START[index + 1]);
    table::DECOMPOSED[usize::from(start)..usize::from(end)].iter().copied().filter_map(char::from_u32).for_each(emit);
}

/// The arithmetic of Hangul syllables (Unicode Standard, section 3.12).
#[inline]
fn decompose_hangul(c: char, mut emit: impl FnMut(char)) {
    const FIRST_SYLLABLE: u32 = 0xAC00;
    const SYLLABLES: u32 = 11_172;
    const VOWELS_AND_TRAILS: u32 = 588;
    const TRAILS: u32 = 28;
    let syllable = (c as u32).wrapping_sub(FIRST_SYLLABLE);
    if syllable >= SYLLABLES {
        return emit(c);
    }
    let trail = syllable % TRAILS;
    let jamo = [
        Some(0x1100 + syllable / VOWELS_AND_TRAILS),
        Some(0x1161 + syllable % VOWELS_AND_TRAILS / TRAILS),
        (trail > 0).then_some(0x11A7 + trail),
    ];
    jamo.into_iter().flatten().filter_map(char::from_u32).for_each(emit);
}

/// The length of `text` without the white space at its end (`\s*$`).
pub(in crate::tokenizer) fn trimmed_end(text: &str) -> usize {
    let mut pace = Pace::new();
    let is_space = |c: char| {
        pace.step(1);
        Property::of(c).is(WHITESPACE)
    };
    text.trim_end_matches(is_space).len()
}

/// How many bytes of white space `text` starts with (`^\s*`).
pub(in crate::tokenizer) fn leading_whitespace(text: &str) -> usize {
    let mut pace = Pace::new();
    let is_space = |c: char| {
        pace.step(1);
        Property::of(c).is(WHITESPACE)
    };
    text.len() - text.trim_start_matches(is_space).len()
}

/// Whether `text` starts with a word character (`^\w`).
pub(in crate::tokenizer) fn starts_with_word(text: &str) -> bool {
    text.chars().next().is_some_and(|c| Property::of(c).is(WORD))
}

/// Whether `text` ends with a word character (`\w$`).
pub(in crate::tokenizer) fn ends_with_word(text: &str) -> bool {
    text.chars().next_back().is_some_and(|c| Property::of(c).is(WORD))
}

/// Whether words can be cut off beside the character: white space that is no control character, which
/// normalizers may remove.
pub(crate) fn is_space(c: char) -> bool {
    match c {
        ' ' | '\t' | '\n' | '\r' => true,
        _ => c >= '\u{a0}' && c.is_whitespace(),
    }
}

/// Whether the character is punctuation, which some pre-tokenizers keep apart from words.
pub(crate) fn is_punctuation(c: char) -> bool {
    Property::of(c).is(PUNCTUATION)
}
