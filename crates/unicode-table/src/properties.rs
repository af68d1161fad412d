//! The properties of one code point, from the crates that `tokenizers` 0.23.2 asks.

use std::sync::LazyLock;

use regex_syntax::hir::{Class, ClassUnicode, HirKind};
use unicode_categories::UnicodeCategories;
use unicode_normalization_alignments::char::{canonical_combining_class, decompose_canonical};

/// The lower-case form of a character.
pub type Lowercase = fn(char) -> Vec<char>;

/// `char::to_lowercase` of the compiler that builds this.
#[must_use]
pub fn lowercase_by_std(c: char) -> Vec<char> {
    c.to_lowercase().collect()
}

/// Everything that the table holds of one code point except its decomposition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Property {
    /// Bits named as in the table: `CONTROL`, `WHITESPACE`, `NONSPACING_MARK`, `PUNCTUATION`,
    /// `WORD`, `DECOMPOSES`.
    pub(crate) flags: u8,
    /// Canonical combining class.
    pub(crate) combining_class: u8,
    /// Lower case minus the code point.
    pub(crate) lowercase_delta: i32,
}

/// The flag bits, in the order of their names.
pub(crate) const FLAGS: [(&str, &str); 6] = [
    ("CONTROL", "Categories Cc, Cf and Co."),
    ("WHITESPACE", "White space."),
    ("NONSPACING_MARK", "Category Mn."),
    ("PUNCTUATION", "ASCII punctuation, and the categories of punctuation."),
    ("WORD", r"What `\w` matches."),
    ("DECOMPOSES", "Has a canonical decomposition in the table (those of Hangul syllables are computed)."),
];

static WORD: LazyLock<ClassUnicode> = LazyLock::new(|| match regex_syntax::parse(r"\w").map(|hir| hir.into_kind()) {
    Ok(HirKind::Class(Class::Unicode(class))) => class,
    other => panic!(r"expected `\w` to be a class of code points, found {other:?}"),
});

fn is_word(c: char) -> bool {
    WORD.ranges()
        .binary_search_by(|range| {
            if range.end() < c {
                std::cmp::Ordering::Less
            } else if range.start() > c {
                std::cmp::Ordering::Greater
            } else {
                std::cmp::Ordering::Equal
            }
        })
        .is_ok()
}

/// The canonical decomposition that the table holds, empty for none.
pub(crate) fn decomposition(c: char) -> Vec<char> {
    let mut decomposed = Vec::new();
    let is_hangul_syllable = ('\u{AC00}'..='\u{D7A3}').contains(&c);
    if !is_hangul_syllable {
        decompose_canonical(c, |part| decomposed.push(part));
    }
    if decomposed == [c] { Vec::new() } else { decomposed }
}

/// # Panics
/// If a lower-case form is longer than the table can hold.
pub(crate) fn property(c: char, lowercase: Lowercase) -> Property {
    let flags = [
        c.is_other(),
        c.is_whitespace(),
        c.is_mark_nonspacing(),
        c.is_ascii_punctuation() || c.is_punctuation(),
        is_word(c),
        !decomposition(c).is_empty(),
    ];
    let flags = flags.iter().enumerate().fold(0, |bits, (bit, &is_set)| bits | (u8::from(is_set) << bit));
    let lowercase = lowercase(c);
    let lowercase_delta = match lowercase.as_slice() {
        [lower] => *lower as i32 - c as i32,
        // The only lower case of two characters: the engine has it in code.
        ['i', '\u{307}'] if c == '\u{130}' => 0,
        other => panic!("expected a lower case of one character for {c:?}, found {other:?}"),
    };
    Property { flags, combining_class: canonical_combining_class(c), lowercase_delta }
}
