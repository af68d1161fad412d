//! What normalization forms and grapheme clusters need to know of a character.

use super::character_table as table;
pub(in crate::tokenizer) use super::character_table::{
    BREAKS_CANONICAL, BREAKS_COMPATIBLE, COMBINING_MARK, KEPT_BY_NFC, KEPT_BY_NFD, KEPT_BY_NFKC, KEPT_BY_NFKD, part,
};
use super::property;
use crate::interrupt::find_in_strides;

/// What is known of one character: the number of a row of the table.
#[derive(Debug, Clone, Copy)]
pub(in crate::tokenizer) struct Character(usize);

/// The flags of characters of combining class 0, none for others: the commonest question takes one
/// look-up.
static STARTER_FLAGS: [u8; table::FLAGS.len()] = {
    let mut flags = table::FLAGS;
    let mut number = 0;
    while number < flags.len() {
        if table::COMBINING_CLASS[number] != 0 {
            flags[number] = 0;
        }
        number += 1;
    }
    flags
};

impl Character {
    #[inline]
    pub(in crate::tokenizer) fn of(c: char) -> Self {
        Self(table::NUMBERS.get(c))
    }

    /// Whether the character has one of `flags`.
    #[inline]
    pub(in crate::tokenizer) fn is(self, flags: u8) -> bool {
        table::FLAGS[self.0] & flags != 0
    }

    /// Whether the character has one of `flags` and combining class 0.
    #[inline]
    pub(in crate::tokenizer) fn is_starter(self, flags: u8) -> bool {
        STARTER_FLAGS[self.0] & flags != 0
    }

    #[inline]
    pub(in crate::tokenizer) fn combining_class(self) -> u8 {
        table::COMBINING_CLASS[self.0]
    }

    /// One of [`part`].
    #[inline]
    pub(in crate::tokenizer) fn cluster_part(self) -> u8 {
        table::CLUSTER_PART[self.0]
    }
}

/// The length in bytes of the longest start of `text`, in whole characters, whose bytes alone prove
/// that each character has one of `flags` and combining class 0.
#[inline]
pub(in crate::tokenizer) fn starters_len(text: &[u8], flags: u8) -> usize {
    let is_other = |byte: &u8| table::FLAGS_BY_BYTE[usize::from(*byte)] & flags == 0;
    find_in_strides(text, |stride| stride.iter().position(is_other)).unwrap_or(text.len())
}

/// Passes the compatibility decomposition of `c` to `emit`, or the canonical one, or `c` itself.
#[inline]
pub(in crate::tokenizer) fn decompose_compatible(c: char, emit: impl FnMut(char)) {
    let Ok(index) = table::COMPATIBLE.binary_search(&(c as u32)) else { return property::decompose(c, emit) };
    let (start, end) = (table::COMPATIBLE_START[index], table::COMPATIBLE_START[index + 1]);
    let parts = &table::COMPATIBLE_DECOMPOSED[usize::from(start)..usize::from(end)];
    parts.iter().copied().filter_map(char::from_u32).for_each(emit);
}

/// The character that two characters compose to.
pub(in crate::tokenizer) fn compose(first: char, second: char) -> Option<char> {
    compose_hangul(first as u32, second as u32).or_else(|| {
        let pair = u64::from(first as u32) << 32 | u64::from(second as u32);
        let index = table::COMPOSABLE.binary_search(&pair).ok()?;
        char::from_u32(table::COMPOSED[index])
    })
}

/// The arithmetic of Hangul syllables (Unicode Standard, section 3.12).
fn compose_hangul(first: u32, second: u32) -> Option<char> {
    const SYLLABLES: std::ops::RangeInclusive<u32> = 0xAC00..=0xD7A3;
    const TRAILS: u32 = 28;
    match (first, second) {
        (0x1100..=0x1112, 0x1161..=0x1175) => {
            char::from_u32(SYLLABLES.start() + ((first - 0x1100) * 21 + second - 0x1161) * TRAILS)
        }
        (_, 0x11A8..=0x11C2) if SYLLABLES.contains(&first) && (first - SYLLABLES.start()).is_multiple_of(TRAILS) => {
            char::from_u32(first + second - 0x11A7)
        }
        _ => None,
    }
}
