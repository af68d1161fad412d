//! Finds grapheme clusters, as `unicode-segmentation` 1.13 does (UAX #29, extended, Unicode 17.0).
//! The normalizer `Precompiled` needs them: it replaces whole clusters.
//!
//! The rules depend only on the part that each character plays in a cluster
//! ([`Character::cluster_part`]). For most pairs of neighbors the two parts decide whether there is
//! a boundary; for the others [`Before`] keeps what the rules need of the characters before.

use crate::interrupt::Pace;
use crate::tokenizer::unicode::character::{Character, part};

/// What the parts of two neighbors say about a boundary between them. `Apart` and `Joined` are
/// certain; in the other cases the answer depends on the characters before.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pair {
    /// There is a boundary.
    Apart,
    /// There is none.
    Joined,
    /// GB9c: the second is a consonant, joined if a consonant and a linker come before it.
    Consonant,
    /// GB11: a joiner and a pictograph, joined if a pictograph comes before the joiner.
    Pictograph,
    /// GB12 and GB13: two regional indicators, joined if there is an odd number of them so far.
    Regional,
}

/// [`pair`] for every two parts: `PAIRS[first][second]`.
static PAIRS: [[Pair; part::COUNT]; part::COUNT] = {
    let mut pairs = [[Pair::Apart; part::COUNT]; part::COUNT];
    let mut number = 0;
    while number < part::COUNT * part::COUNT {
        let (first, second) = (number / part::COUNT, number % part::COUNT);
        pairs[first][second] = pair(first as u8, second as u8);
        number += 1;
    }
    pairs
};

/// The rules for two neighbors, by their parts (unicode-segmentation 1.13.3, grapheme.rs,
/// `check_pair`).
const fn pair(first: u8, second: u8) -> Pair {
    use part::*;
    match (first, second) {
        (CARRIAGE_RETURN, LINE_FEED) => Pair::Joined,
        (CONTROL | CARRIAGE_RETURN | LINE_FEED, _) | (_, CONTROL | CARRIAGE_RETURN | LINE_FEED) => Pair::Apart,
        (HANGUL_LEADING, HANGUL_LEADING | HANGUL_VOWEL | HANGUL_LV | HANGUL_LVT)
        | (HANGUL_LV | HANGUL_VOWEL, HANGUL_VOWEL | HANGUL_TRAILING)
        | (HANGUL_LVT | HANGUL_TRAILING, HANGUL_TRAILING)
        | (_, EXTEND | EXTEND_LINKER | EXTEND_ALONE | ZERO_WIDTH_JOINER | SPACING_MARK)
        | (PREPEND, _) => Pair::Joined,
        (_, CONSONANT) => Pair::Consonant,
        (ZERO_WIDTH_JOINER, PICTOGRAPH) => Pair::Pictograph,
        (REGIONAL_INDICATOR, REGIONAL_INDICATOR) => Pair::Regional,
        _ => Pair::Apart,
    }
}

/// Whether there is a boundary between two neighbors, whatever comes before them. False also when
/// the answer depends on that.
#[inline]
pub(super) fn are_apart(first: Character, second: Character) -> bool {
    PAIRS[usize::from(first.cluster_part())][usize::from(second.cluster_part())] == Pair::Apart
}

/// Whether the character is a cluster by itself when its neighbors are such characters too.
///
/// Consonants and pictographs are among them, because by [`pair`] they join the character before
/// them only if there is also a linker or a joiner, which is not such a character.
pub(super) fn is_alone(character: Character) -> bool {
    use part::*;
    matches!(character.cluster_part(), ANY | CONTROL | CONSONANT | PICTOGRAPH | HANGUL_LV | HANGUL_LVT)
}

/// The length in bytes of the text's first cluster; 0 for an empty text.
pub(super) fn first_len(text: &str) -> usize {
    let mut chars = text.char_indices();
    let Some((_, first)) = chars.next() else { return 0 };
    let mut before = Before::default();
    before.push(Character::of(first).cluster_part());
    let mut pace = Pace::new();
    for (at, c) in chars {
        pace.step(1);
        let next = Character::of(c).cluster_part();
        if !before.joins(next) {
            return at;
        }
        before.push(next);
    }
    text.len()
}

/// What the rules need to know of the characters of a cluster so far.
#[derive(Default)]
struct Before {
    /// The part of the last character.
    last: u8,
    /// For GB9c. Started: the cluster ends with a consonant, followed only by characters of
    /// `InCB=Extend`. Linked: there is also at least one linker among these.
    consonant: Link,
    /// For GB11. Started: the cluster ends with a pictograph, followed only by characters of class
    /// `Extend`. Linked: then a joiner, which is the last character.
    pictograph: Link,
    /// Whether the cluster ends with an odd number of regional indicators.
    is_regional_odd: bool,
}

/// How much the cluster ends with of a sequence that GB9c or GB11 keeps together: nothing, its
/// first character, or all that must come before the character that is joined.
#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Link {
    #[default]
    None,
    Started,
    Linked,
}

impl Before {
    /// Whether a character with the part `next` belongs to the cluster.
    fn joins(&self, next: u8) -> bool {
        match PAIRS[usize::from(self.last)][usize::from(next)] {
            Pair::Apart => false,
            Pair::Joined => true,
            Pair::Consonant => self.consonant == Link::Linked,
            Pair::Pictograph => self.pictograph == Link::Linked,
            Pair::Regional => self.is_regional_odd,
        }
    }

    /// Appends a character with the part `next` to the cluster.
    fn push(&mut self, next: u8) {
        self.last = next;
        self.consonant = match next {
            part::CONSONANT => Link::Started,
            part::EXTEND_LINKER if self.consonant != Link::None => Link::Linked,
            part::EXTEND | part::ZERO_WIDTH_JOINER => self.consonant,
            _ => Link::None,
        };
        self.pictograph = match (next, self.pictograph) {
            (part::PICTOGRAPH, _) => Link::Started,
            (part::EXTEND | part::EXTEND_LINKER | part::EXTEND_ALONE, Link::Started) => Link::Started,
            (part::ZERO_WIDTH_JOINER, Link::Started) => Link::Linked,
            _ => Link::None,
        };
        self.is_regional_odd = next == part::REGIONAL_INDICATOR && !self.is_regional_odd;
    }
}
