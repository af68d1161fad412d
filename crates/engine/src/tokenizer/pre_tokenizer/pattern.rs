//! The patterns of splitters. A text is a sequence of atoms: matches, and the text between two
//! matches.

use super::tiktoken::Tiktoken;
use super::{byte_level, contraction, deep_seek};
use crate::interrupt::Pace;
use crate::tokenizer::unicode::class::{LETTER, NUMBER, SPACE, WORD, class_at, class_of, numbers_end, run_end};
use crate::tokenizer::unicode::{self, Property};

const GPT_2: &str = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";
const CLIP: &str = r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+";
const OPEN_CLIP: &str = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+";
const BLOOM: &str = r" ?[^(\s|[.,!?…。，、।۔،])]+";
const FALCON: &str = "[0-9][0-9][0-9]";
const UP_TO_THREE_DIGITS: &str = r"\p{N}{1,3}";
const CHINESE_OR_JAPANESE: &str = "[一-龥぀-ゟ゠-ヿ]+";

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::tokenizer) enum Pattern {
    /// Each white space character.
    WhiteSpace,
    /// Each punctuation character.
    Punctuation,
    /// Each numeric character.
    Numeric,
    Char(char),
    /// Each space, and each occurrence of this replacement of a space.
    Metaspace(char),
    /// A string that is not empty.
    Text(String),
    /// `\w+|[^\w\s]+`.
    Words,
    Gpt2,
    Tiktoken(Tiktoken),
    Clip {
        with_special: bool,
    },
    Bloom,
    /// Three ASCII digits.
    ThreeDigits,
    /// `\p{N}{1,3}`.
    UpToThreeNumbers,
    /// Runs of common Chinese characters and kana.
    ChineseOrJapanese,
    DeepSeek,
}

impl Pattern {
    /// The pattern of a regex; `None` for one that no known file has.
    pub(in crate::tokenizer) fn recognize(regex: &str) -> Option<Self> {
        // Some files have unescaped line ends in the regex.
        let regex = regex.replace('\r', r"\r").replace('\n', r"\n");
        match regex.as_str() {
            GPT_2 => Some(Self::Gpt2),
            CLIP => Some(Self::Clip { with_special: true }),
            OPEN_CLIP => Some(Self::Clip { with_special: false }),
            BLOOM => Some(Self::Bloom),
            FALCON => Some(Self::ThreeDigits),
            UP_TO_THREE_DIGITS => Some(Self::UpToThreeNumbers),
            CHINESE_OR_JAPANESE => Some(Self::ChineseOrJapanese),
            deep_seek::REGEX => Some(Self::DeepSeek),
            _ => Tiktoken::recognize(&regex).map(Self::Tiktoken),
        }
    }

    /// The end of the atom that starts at `at`, which is before the end of the text, and whether
    /// the atom is a match.
    #[inline(always)]
    pub(super) fn atom(&self, text: &str, at: usize) -> (usize, bool) {
        match self {
            Self::Gpt2 => (byte_level::match_end(text, at), true),
            Self::Tiktoken(tiktoken) => (tiktoken.match_end(text, at), true),
            Self::WhiteSpace => class_atom(text, at, |class| class & SPACE != 0),
            Self::Words => words_atom(text, at),
            Self::Clip { with_special } => clip_atom(text, at, *with_special),
            Self::Punctuation => char_atom(text, at, |c| Property::of(c).is(unicode::PUNCTUATION)),
            Self::Numeric => char_atom(text, at, is_numeric),
            Self::Char(delimiter) => found_atom(text, at, text[at..].find(*delimiter), delimiter.len_utf8()),
            Self::Metaspace(replacement) => char_atom(text, at, |c| c == ' ' || c == *replacement),
            Self::Text(pattern) => found_atom(text, at, text[at..].find(pattern), pattern.len()),
            Self::ThreeDigits => {
                let is_match = |digits: &[u8]| digits.iter().all(u8::is_ascii_digit);
                found_atom(text, at, text.as_bytes()[at..].windows(3).position(is_match), 3)
            }
            Self::Bloom => bloom_atom(text, at),
            Self::UpToThreeNumbers => {
                let end = numbers_end(text, at, 3);
                if end > at { (end, true) } else { (run_end(text, at, |class| class & NUMBER == 0), false) }
            }
            Self::ChineseOrJapanese => run_atom(text, at, |c| matches!(c, '一'..='龥' | '\u{3040}'..='\u{30FF}')),
            Self::DeepSeek => deep_seek::atom(text, at),
        }
    }
}

/// The atom at `at`, given the offset of the next match, which has `len` bytes.
fn found_atom(text: &str, at: usize, found: Option<usize>, len: usize) -> (usize, bool) {
    match found {
        Some(0) => (at + len, true),
        Some(offset) => (at + offset, false),
        None => (text.len(), false),
    }
}

/// The atom at `at` if each member is a match.
#[inline(always)]
fn class_atom(text: &str, at: usize, is_member: impl Fn(u16) -> bool) -> (usize, bool) {
    match class_at(text, at) {
        Some((class, len)) if is_member(class) => (at + len, true),
        _ => (run_end(text, at, |class| !is_member(class)), false),
    }
}

/// The atom at `at` if each member is a match.
#[inline(always)]
fn char_atom(text: &str, at: usize, is_member: impl Fn(char) -> bool) -> (usize, bool) {
    let rest = &text[at..];
    let mut pace = Pace::new();
    let mut is_found = |c| {
        pace.step(1);
        is_member(c)
    };
    match rest.char_indices().find(|(_, c)| is_found(*c)) {
        Some((0, c)) => (at + c.len_utf8(), true),
        Some((offset, _)) => (at + offset, false),
        None => (text.len(), false),
    }
}

/// The atom at `at` if runs of members are matches.
fn run_atom(text: &str, at: usize, is_member: impl Fn(char) -> bool) -> (usize, bool) {
    let rest = &text[at..];
    let is_match = rest.starts_with(&is_member);
    let mut pace = Pace::new();
    let is_other = |c| {
        pace.step(1);
        is_member(c) != is_match
    };
    (rest.find(is_other).map_or(text.len(), |offset| at + offset), is_match)
}

/// `char::is_numeric` of Rust 1.94 (Unicode 17), which has two blocks more than `\p{N}`.
fn is_numeric(c: char) -> bool {
    class_of(c) & NUMBER != 0 || matches!(c, '\u{11DE0}'..='\u{11DE9}' | '\u{16FF4}'..='\u{16FF6}')
}

#[inline(always)]
fn words_atom(text: &str, at: usize) -> (usize, bool) {
    const KINDS: u16 = WORD | SPACE;
    let kind = class_at(text, at).map_or(0, |(class, _)| class & KINDS);
    (run_end(text, at, |class| class & KINDS == kind), kind & SPACE == 0)
}

#[inline(always)]
fn clip_atom(text: &str, at: usize, with_special: bool) -> (usize, bool) {
    const KINDS: u16 = LETTER | NUMBER | SPACE;
    if with_special && text.as_bytes()[at] == b'<' {
        for special in ["<|startoftext|>", "<|endoftext|>"] {
            if text[at..].starts_with(special) {
                return (at + special.len(), true);
            }
        }
    }
    if let Some(end) = contraction::end(text, at) {
        return (end, true);
    }
    let Some((class, len)) = class_at(text, at) else { return (at, false) };
    if class & NUMBER != 0 {
        return (at + len, true);
    }
    let kind = class & KINDS;
    (run_end(text, at, |class| class & KINDS == kind), kind & SPACE == 0)
}

/// Whether ` ?[^(\s|[.,!?…。，、।۔،])]+` matches the character after the space. The inner brackets are
/// a nested class.
fn is_bloom_word(c: char) -> bool {
    class_of(c) & SPACE == 0 && !"(|.,!?…。，、।۔،)".contains(c)
}

fn bloom_atom(text: &str, at: usize) -> (usize, bool) {
    let word_end = |start: usize| {
        let mut pace = Pace::new();
        let is_other = |c| {
            pace.step(1);
            !is_bloom_word(c)
        };
        let len = text[start..].find(is_other).unwrap_or(text.len() - start);
        (len > 0).then_some(start + len)
    };
    let is_space = |at: usize| text.as_bytes()[at] == b' ';
    if let Some(end) = word_end(at + usize::from(is_space(at))) {
        return (end, true);
    }
    let (mut end, mut pace) = (at, Pace::new());
    for c in text[at..].chars() {
        pace.step(1);
        if is_bloom_word(c) {
            let starts_before = end > at && is_space(end - 1);
            return (end - usize::from(starts_before), false);
        }
        end += c.len_utf8();
    }
    (end, false)
}
