//! The part that a character plays in a grapheme cluster. `unicode-segmentation` keeps its
//! categories private, so they are deduced from the clusters that it makes.

use std::collections::BTreeMap;

use unicode_segmentation::UnicodeSegmentation;

/// The names of the parts (UAX #29, table 2, and rule GB9c), each with a character that plays it.
pub(crate) const PARTS: [(&str, char); 18] = [
    ("ANY", 'a'),
    ("CARRIAGE_RETURN", '\r'),
    ("LINE_FEED", '\n'),
    ("CONTROL", '\u{1}'),
    // Class `Extend`, in rule GB9c: `InCB=Extend`, `InCB=Linker`, and none of both.
    ("EXTEND", '\u{301}'),
    ("EXTEND_LINKER", '\u{94D}'),
    ("EXTEND_ALONE", '\u{200C}'),
    ("ZERO_WIDTH_JOINER", '\u{200D}'),
    ("SPACING_MARK", '\u{903}'),
    ("PREPEND", '\u{600}'),
    ("CONSONANT", '\u{915}'),
    ("PICTOGRAPH", '\u{2764}'),
    ("REGIONAL_INDICATOR", '\u{1F1E6}'),
    ("HANGUL_LEADING", '\u{1100}'),
    ("HANGUL_VOWEL", '\u{1161}'),
    ("HANGUL_TRAILING", '\u{11A8}'),
    ("HANGUL_LV", '\u{AC00}'),
    ("HANGUL_LVT", '\u{AC01}'),
];

/// Longer texts that distinguish parts, with the character in the place of `_`.
const AROUND: [&str; 10] = [
    // GB9c: a consonant, a linker, and a consonant.
    "\u{915}\u{94D}_",
    "\u{915}_\u{915}",
    "\u{915}_\u{94D}\u{915}",
    "_\u{94D}\u{915}",
    // GB11: a pictograph, joined to a pictograph.
    "\u{2764}\u{200D}_",
    "\u{2764}_\u{2764}",
    "\u{2764}_\u{200D}\u{2764}",
    "_\u{200D}\u{2764}",
    // GB12: two regional indicators.
    "\u{1F1E6}_\u{1F1E6}",
    "\u{1F1E6}\u{1F1E6}_",
];

/// The part of each character, by its behavior.
pub(crate) struct Parts(BTreeMap<u64, u8>);

impl Parts {
    pub(crate) fn new() -> Self {
        let known: BTreeMap<_, _> = (0..).zip(PARTS).map(|(number, (_, c))| (behavior(c), number)).collect();
        assert_eq!(known.len(), PARTS.len(), "expected parts that behave differently");
        Self(known)
    }

    /// # Panics
    /// If a character behaves like none of [`PARTS`].
    pub(crate) fn of(&self, c: char) -> u8 {
        *self.0.get(&behavior(c)).unwrap_or_else(|| panic!("expected {c:?} to behave like a known part of a cluster"))
    }
}

/// One bit per text around the character: whether there is a boundary before the text's last
/// character.
fn behavior(c: char) -> u64 {
    let mut text = String::with_capacity(16);
    let mut has_boundary = |chars: &[char]| {
        text.clear();
        text.extend(chars);
        let last = chars[chars.len() - 1];
        text.graphemes(true).next_back().is_some_and(|cluster| cluster.len() == last.len_utf8())
    };
    let mut bits = 0;
    for (_, part) in PARTS {
        bits = bits << 1 | u64::from(has_boundary(&[part, c]));
        bits = bits << 1 | u64::from(has_boundary(&[c, part]));
    }
    for around in AROUND {
        let chars: Vec<_> = around.chars().map(|other| if other == '_' { c } else { other }).collect();
        bits = bits << 1 | u64::from(has_boundary(&chars));
    }
    bits
}
