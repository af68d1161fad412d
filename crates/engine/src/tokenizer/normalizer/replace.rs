//! `Replace`: replaces each match of a string, or of a regex (tokenizers 0.23.2,
//! normalizers/replace.rs).

use std::ops::Range;

use super::repeated::{Repeated, is_meta};
use crate::growth::put;
use crate::interrupt::{Pace, find_in_strides};

/// A longer pattern is left to the reference, whose regex crate has another limit.
const MAX_PATTERN_BYTES: usize = 1024;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::tokenizer) struct Replace {
    pattern: Pattern,
    content: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Pattern {
    /// One ASCII character.
    Byte(u8),
    /// A string that is not empty.
    Text(String),
    Repeated(Box<Repeated>),
}

impl Replace {
    /// Replaces a string. `None` for the empty string, which matches between all characters, and
    /// for a very long one.
    pub(in crate::tokenizer) fn string(pattern: &str, content: &str) -> Option<Self> {
        let pattern = match pattern.as_bytes() {
            [] => return None,
            [byte] => Pattern::Byte(*byte),
            bytes if bytes.len() > MAX_PATTERN_BYTES => return None,
            _ => Pattern::Text(pattern.to_owned()),
        };
        Some(Self { pattern, content: content.to_owned() })
    }

    /// Replaces a regex. `None` for a regex that is neither [`Repeated`] nor a plain string.
    pub(in crate::tokenizer) fn regex(pattern: &str, content: &str) -> Option<Self> {
        if pattern.len() > MAX_PATTERN_BYTES {
            return None;
        }
        if pattern.chars().nth(1).is_some() && !pattern.contains(is_meta) {
            return Self::string(pattern, content);
        }
        Some(Self { pattern: Pattern::Repeated(Box::new(Repeated::parse(pattern)?)), content: content.to_owned() })
    }

    /// What is put in the place of each match.
    pub(in crate::tokenizer) fn content(&self) -> &str {
        &self.content
    }

    /// The character that replaces each space, if nothing else is replaced.
    pub(in crate::tokenizer) fn for_spaces(&self) -> Option<char> {
        let mut chars = self.content.chars();
        match (&self.pattern, chars.next(), chars.next()) {
            (Pattern::Byte(b' '), Some(c), None) if c != ' ' => Some(c),
            _ => None,
        }
    }

    /// Whether a single space between two letters stays, with no match across it.
    pub(in crate::tokenizer) fn keeps_seams(&self) -> bool {
        let is_apart = |c: char| !c.is_whitespace() && !c.is_alphabetic();
        let letters = || (b'a'..=b'z').chain(b'A'..=b'Z').map(char::from);
        match &self.pattern {
            Pattern::Byte(byte) => is_apart(char::from(*byte)),
            Pattern::Text(pattern) => pattern.chars().all(is_apart),
            Pattern::Repeated(_) => letters().all(|a| letters().all(|b| self.leaves(&format!("{a} {b}")))),
        }
    }

    /// Whether nothing matches, or only text that is replaced by itself.
    pub(in crate::tokenizer) fn leaves(&self, text: &str) -> bool {
        match &self.pattern {
            Pattern::Byte(byte) => find_in_strides(text.as_bytes(), |stride| place_of(stride, *byte)).is_none(),
            Pattern::Text(pattern) => !text.contains(pattern),
            Pattern::Repeated(_) => self.next_change(text, 0).is_none(),
        }
    }

    pub(in crate::tokenizer) fn normalize(&self, text: &str, out: &mut String) {
        let (mut copied, mut pace) = (0, Pace::new());
        while let Some(changed) = self.next_change(text, copied) {
            pace.step(changed.len());
            put(out, &text[copied..changed.start]);
            put(out, &self.content);
            copied = changed.end;
        }
        put(out, &text[copied..]);
    }

    /// The first match from `start` on that differs from its replacement.
    fn next_change(&self, text: &str, start: usize) -> Option<Range<usize>> {
        match &self.pattern {
            Pattern::Byte(byte) => {
                let rest = &text.as_bytes()[start..];
                let at = start + find_in_strides(rest, |stride| place_of(stride, *byte))?;
                Some(at..at + 1)
            }
            Pattern::Text(pattern) => {
                let at = start + text[start..].find(pattern)?;
                Some(at..at + pattern.len())
            }
            Pattern::Repeated(repeated) => {
                let mut start = start;
                loop {
                    let found = repeated.find(text, start)?;
                    if text[found.clone()] != self.content {
                        return Some(found);
                    }
                    start = found.end;
                }
            }
        }
    }
}

fn place_of(bytes: &[u8], byte: u8) -> Option<usize> {
    bytes.iter().position(|other| *other == byte)
}
