//! Normalization forms, as `unicode-normalization-alignments` 0.1.12 (Unicode 9.0) has them.

use std::collections::{BTreeMap, BTreeSet};

use unicode_normalization_alignments::char::{
    canonical_combining_class, compose, decompose_canonical, decompose_compatible,
};

use crate::source::CODE_POINTS;

/// The Hangul jamo that compose with the character before them: vowels and trailing consonants.
const SECOND_JAMO: [std::ops::RangeInclusive<char>; 2] = ['\u{1161}'..='\u{1175}', '\u{11A8}'..='\u{11C2}'];

/// Which pairs of characters compose to one, and which characters a form leaves alone.
pub(crate) struct Forms {
    /// All except those of Hangul.
    pub(crate) compositions: BTreeMap<(char, char), char>,
    seconds: BTreeSet<char>,
}

impl Forms {
    pub(crate) fn new() -> Self {
        let parts: BTreeSet<char> = characters().flat_map(|c| canonical(c).into_iter().skip(1)).collect();
        let mut seconds: BTreeSet<char> = SECOND_JAMO.into_iter().flatten().collect();
        let mut compositions = BTreeMap::new();
        for second in parts.difference(&seconds.clone()) {
            for first in characters() {
                if let Some(composed) = compose(first, *second) {
                    compositions.insert((first, *second), composed);
                    seconds.insert(*second);
                }
            }
        }
        Self { compositions, seconds }
    }

    /// Whether NFC, NFD, NFKC and NFKD leave the character alone, wherever it is among such
    /// characters in canonical order. If it has combining class 0, it is also a boundary: the text
    /// before it and the text from it on are normalized independently.
    pub(crate) fn kept(&self, c: char) -> [bool; 4] {
        let [canonical, compatible] = [canonical(c), compatible(c)];
        [self.is_recomposed(c, &canonical), canonical == [c], self.is_recomposed(c, &compatible), compatible == [c]]
    }

    /// Whether there is a boundary before the character, in the canonical and in the compatibility
    /// forms: its decomposition starts with a character that neither composes with the one before
    /// it nor changes places with it.
    pub(crate) fn breaks(&self, c: char) -> [bool; 2] {
        [canonical(c), compatible(c)].map(|parts| self.is_boundary(parts[0]))
    }

    fn is_boundary(&self, part: char) -> bool {
        canonical_combining_class(part) == 0 && !self.seconds.contains(&part)
    }

    /// Whether `decomposed` composes to `c` again, and never with a character before it.
    fn is_recomposed(&self, c: char, decomposed: &[char]) -> bool {
        use unicode_normalization_alignments::UnicodeNormalization;
        let is_whole = decomposed == [c] || canonical_combining_class(c) == 0;
        is_whole
            && canonical_combining_class(decomposed[0]) == canonical_combining_class(c)
            && !self.seconds.contains(&decomposed[0])
            && decomposed.iter().copied().nfc().map(|(c, _)| c).eq([c])
    }
}

/// The compatibility decomposition if it differs from the canonical one.
pub(crate) fn compatible_only(c: char) -> Option<Vec<char>> {
    let decomposed = compatible(c);
    (decomposed != canonical(c)).then_some(decomposed)
}

pub(crate) fn characters() -> impl Iterator<Item = char> {
    (0..CODE_POINTS).filter_map(char::from_u32)
}

fn canonical(c: char) -> Vec<char> {
    let mut parts = Vec::new();
    decompose_canonical(c, |part| parts.push(part));
    parts
}

fn compatible(c: char) -> Vec<char> {
    let mut parts = Vec::new();
    decompose_compatible(c, |part| parts.push(part));
    parts
}
