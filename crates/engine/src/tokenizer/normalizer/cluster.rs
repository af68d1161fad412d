//! Grapheme clusters as `unicode-segmentation` 1.13 makes them (UAX #29, extended, Unicode 17.0).

use super::character::{Character, part};

/// What two neighbors say of the boundary between them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pair {
    Apart,
    Joined,
    /// GB9c: joined after a consonant and a linker.
    Consonant,
    /// GB11: joined after a pictograph.
    Pictograph,
    /// GB12 and GB13: joined after an odd number of regional indicators.
    Regional,
}

/// By the parts of the first and the second (unicode-segmentation 1.13.3, grapheme.rs, `check_pair`).
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

/// Whether there is a boundary between two characters whatever comes before them.
#[inline]
pub(super) fn are_apart(first: Character, second: Character) -> bool {
    PAIRS[usize::from(first.cluster_part())][usize::from(second.cluster_part())] == Pair::Apart
}

/// Whether the character is a cluster of its own among others of which this holds. See [`pair`]: consonants and pictographs are
/// joined with what is before them only behind others.
pub(super) fn is_alone(character: Character) -> bool {
    use part::*;
    matches!(character.cluster_part(), ANY | CONTROL | CONSONANT | PICTOGRAPH | HANGUL_LV | HANGUL_LVT)
}

/// How many bytes the first cluster of the text has.
pub(super) fn first_len(text: &str) -> usize {
    let mut chars = text.char_indices();
    let Some((_, first)) = chars.next() else { return 0 };
    let mut before = Before::default();
    before.push(Character::of(first).cluster_part());
    for (at, c) in chars {
        let next = Character::of(c).cluster_part();
        if !before.joins(next) {
            return at;
        }
        before.push(next);
    }
    text.len()
}

/// What the rules need to know of a cluster so far.
#[derive(Default)]
struct Before {
    last: u8,
    /// A consonant, and then nothing but linkers and what is `InCB=Extend`.
    consonant: Link,
    /// A pictograph, and then nothing but what is of class `Extend`, and then perhaps a joiner.
    pictograph: Link,
    is_regional_odd: bool,
}

#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Link {
    #[default]
    None,
    Started,
    Linked,
}

impl Before {
    fn joins(&self, next: u8) -> bool {
        match PAIRS[usize::from(self.last)][usize::from(next)] {
            Pair::Apart => false,
            Pair::Joined => true,
            Pair::Consonant => self.consonant == Link::Linked,
            Pair::Pictograph => self.pictograph == Link::Linked,
            Pair::Regional => self.is_regional_odd,
        }
    }

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
