//! What a character is, as `tokenizers` 0.23.2 sees it: the questions to `unicode_table`.

use super::unicode_table as table;
pub(super) use super::unicode_table::{CONTROL, DECOMPOSES, NONSPACING_MARK, PUNCTUATION, WHITESPACE, WORD};

/// What is known of one character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Property(u8);

impl Property {
    #[inline]
    pub(super) fn of(c: char) -> Self {
        let code = c as usize;
        let block = usize::from(table::BLOCK_OF[code >> table::BLOCK_SHIFT]);
        Self(table::BLOCKS[(block << table::BLOCK_SHIFT) | (code & ((1 << table::BLOCK_SHIFT) - 1))])
    }

    /// Whether the character has one of `flags`.
    #[inline]
    pub(super) fn is(self, flags: u8) -> bool {
        table::FLAGS[usize::from(self.0)] & flags != 0
    }

    /// The canonical combining class.
    #[inline]
    pub(super) fn combining_class(self) -> u8 {
        table::COMBINING_CLASS[usize::from(self.0)]
    }

    #[inline]
    fn lowercase_delta(self) -> i32 {
        table::LOWERCASE_DELTA[usize::from(self.0)]
    }
}

/// Gives the lower case of `c` to `emit`: one character, but for U+0130.
#[inline]
pub(super) fn lowercase(c: char, mut emit: impl FnMut(char)) {
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

/// Gives the canonical decomposition of `c` to `emit`, or `c` itself.
#[inline]
pub(super) fn decompose(c: char, mut emit: impl FnMut(char)) {
    if !Property::of(c).is(DECOMPOSES) {
        return decompose_hangul(c, emit);
    }
    // A character with the flag is in the list: both are written together.
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
pub(super) fn trimmed_end(text: &str) -> usize {
    text.trim_end_matches(|c| Property::of(c).is(WHITESPACE)).len()
}

/// How many bytes of white space `text` starts with (`^\s*`).
pub(super) fn leading_whitespace(text: &str) -> usize {
    text.len() - text.trim_start_matches(|c| Property::of(c).is(WHITESPACE)).len()
}

/// Whether `text` starts with a word character (`^\w`).
pub(super) fn starts_with_word(text: &str) -> bool {
    text.chars().next().is_some_and(|c| Property::of(c).is(WORD))
}

/// Whether `text` ends with a word character (`\w$`).
pub(super) fn ends_with_word(text: &str) -> bool {
    text.chars().next_back().is_some_and(|c| Property::of(c).is(WORD))
}
