//! The regexes of `Replace` in real files: one kind of character, single or repeated (`\s+`,
//! ` {2,}`, `\n`, `[!-/]`).

use std::ops::Range;

use super::ascii;
use crate::interrupt::{Pace, find_in_strides};
use crate::tokenizer::unicode::{Property, WHITESPACE};

/// At least `min_count` characters of a set. Unless `is_greedy`, each character is a separate
/// match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Repeated {
    set: CharSet,
    /// For each byte, whether a character of the set can start with it.
    first_bytes: [bool; 256],
    min_count: usize,
    is_greedy: bool,
    /// The only character of the set, if a match has at least two of it.
    pair: Option<u8>,
}

/// A set of characters.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct CharSet {
    /// One bit per ASCII character.
    ascii: u128,
    /// Non-ASCII characters.
    others: Vec<char>,
    /// Whether non-ASCII white space is in the set.
    has_whitespace: bool,
}

impl CharSet {
    #[inline]
    fn contains(&self, c: char) -> bool {
        if c.is_ascii() {
            return self.ascii >> c as u32 & 1 != 0;
        }
        self.others.contains(&c) || self.has_whitespace && Property::of(c).is(WHITESPACE)
    }

    fn first_bytes(&self) -> [bool; 256] {
        let mut first_bytes = [false; 256];
        // All white space is in the Basic Multilingual Plane.
        let whitespace = (0..=0xFFFF).filter_map(char::from_u32);
        for c in whitespace.chain(self.others.iter().copied()).filter(|c| self.contains(*c)) {
            first_bytes[usize::from(c.encode_utf8(&mut [0; 4]).as_bytes()[0])] = true;
        }
        first_bytes
    }

    fn insert(&mut self, c: char) {
        if c.is_ascii() { self.ascii |= 1 << c as u32 } else { self.others.push(c) }
    }

    fn insert_whitespace(&mut self) {
        (0..0x80_u8).map(char::from).filter(|c| Property::of(*c).is(WHITESPACE)).for_each(|c| self.insert(c));
        self.has_whitespace = true;
    }
}

impl Repeated {
    /// `None` for every other kind of regex.
    pub(super) fn parse(regex: &str) -> Option<Self> {
        let mut set = CharSet::default();
        let mut rest = regex.chars();
        match rest.next()? {
            '[' => parse_class(&mut rest, &mut set)?,
            '\\' => parse_escape(rest.next()?, &mut set)?,
            c if is_meta(c) => return None,
            c => set.insert(c),
        }
        let (min_count, is_greedy) = match rest.as_str() {
            "" => (1, false),
            "+" => (1, true),
            counted => {
                (counted.strip_prefix('{')?.strip_suffix(",}").filter(|count| is_count(count))?.parse().ok()?, true)
            }
        };
        let is_single = set.others.is_empty() && !set.has_whitespace && set.ascii.is_power_of_two();
        let pair = (min_count > 1 && is_single).then(|| set.ascii.trailing_zeros() as u8);
        Some(Self { first_bytes: set.first_bytes(), set, min_count, is_greedy, pair })
    }

    /// The first match in the text from `start` on.
    pub(super) fn find(&self, text: &str, start: usize) -> Option<Range<usize>> {
        let (mut start, mut pace) = (start, Pace::new());
        loop {
            pace.step(1);
            start += match self.pair {
                Some(byte) => ascii::find_pair(&text.as_bytes()[start..], byte),
                None => find_in_strides(&text.as_bytes()[start..], |stride| {
                    stride.iter().position(|byte| self.first_bytes[usize::from(*byte)])
                }),
            }?;
            let mut end = start;
            let mut count = 0;
            while let Some(len) = self.member_len(text, end) {
                (end, count) = (end + len, count + 1);
                pace.step(len);
                if !self.is_greedy {
                    break;
                }
            }
            if count > 0 && count >= self.min_count {
                return Some(start..end);
            }
            // A byte within a character starts none.
            start = end.max(start + 1);
        }
    }

    /// The length of the character at `at`, if it is in the set.
    #[inline]
    fn member_len(&self, text: &str, at: usize) -> Option<usize> {
        let byte = *text.as_bytes().get(at)?;
        if byte.is_ascii() || !self.first_bytes[usize::from(byte)] {
            return self.first_bytes[usize::from(byte)].then_some(1);
        }
        text[at..].chars().next().filter(|c| self.set.contains(*c)).map(char::len_utf8)
    }
}

/// Whether a count is a number from 1 to 999 without leading zeros.
fn is_count(text: &str) -> bool {
    (1..=3).contains(&text.len()) && !text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit())
}

pub(super) fn is_meta(c: char) -> bool {
    r"\.+*?()|[]{}^$".contains(c)
}

fn parse_escape(escaped: char, set: &mut CharSet) -> Option<()> {
    match escaped {
        's' => set.insert_whitespace(),
        _ => set.insert(single(escaped)?),
    }
    Some(())
}

/// The character of an escape.
fn single(escaped: char) -> Option<char> {
    match escaped {
        'n' => Some('\n'),
        'r' => Some('\r'),
        't' => Some('\t'),
        // Newer regex syntax has word boundaries with these two.
        '<' | '>' => None,
        c => c.is_ascii_punctuation().then_some(c),
    }
}

/// Parses the text after `[`: characters, ranges of ASCII, and escapes. Not negation, nested
/// classes, or set operators.
fn parse_class(rest: &mut std::str::Chars<'_>, set: &mut CharSet) -> Option<()> {
    let body_len = class_len(rest.as_str())?;
    let mut body = rest.as_str()[..body_len].chars();
    *rest = rest.as_str()[body_len + 1..].chars();
    if body.as_str().is_empty() || body.as_str().starts_with('^') {
        return None;
    }
    let mut previous = None;
    while let Some(c) = body.next() {
        let low = match c {
            '[' => return None,
            '\\' if body.as_str().starts_with('s') => {
                body.next();
                set.insert_whitespace();
                previous = None;
                continue;
            }
            '\\' => single(body.next()?)?,
            '&' | '~' | '-' if previous == Some(c) => return None,
            // A literal hyphen may only be the first or the last character.
            '-' if body.as_str().starts_with('-') => return None,
            '-' if set != &CharSet::default() && !body.as_str().is_empty() => return None,
            c => c,
        };
        previous = Some(c);
        set.insert(low);
        if let Some(range) = body.as_str().strip_prefix('-').filter(|range| !range.is_empty()) {
            let mut ends = range.chars();
            let high = match ends.next()? {
                '[' | '-' => return None,
                '\\' => single(ends.next()?)?,
                c => c,
            };
            if !low.is_ascii() || !high.is_ascii() || low > high {
                return None;
            }
            (low..=high).for_each(|c| set.insert(c));
            previous = Some(high);
            body = ends;
        }
    }
    Some(())
}

/// The length of the class before its `]`, in bytes.
fn class_len(text: &str) -> Option<usize> {
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            ']' => return Some(at),
            '\\' => _ = chars.next()?,
            _ => {}
        }
    }
    None
}
