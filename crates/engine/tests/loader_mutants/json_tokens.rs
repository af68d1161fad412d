//! Finds the values and names of a JSON text, also of a broken one: mutants are mutated again.

use std::ops::Range;

/// The kind of a range of a JSON text.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    String,
    /// A number, `true`, `false` or `null`.
    Word,
    /// One of `{}[],:`.
    Punctuation,
}

/// The tokens of `json`, in order.
pub(crate) fn tokens(json: &[u8]) -> Vec<(Kind, Range<usize>)> {
    let mut tokens = Vec::new();
    let mut start = 0;
    while start < json.len() {
        let rest = &json[start..];
        let (kind, length) = match rest[0] {
            b'"' => (Some(Kind::String), string_length(rest)),
            b'{' | b'}' | b'[' | b']' | b',' | b':' => (Some(Kind::Punctuation), 1),
            byte if byte.is_ascii_alphanumeric() || byte == b'-' => {
                let is_end = |b: &u8| !(b.is_ascii_alphanumeric() || b"+-.".contains(b));
                (Some(Kind::Word), rest.iter().position(is_end).unwrap_or(rest.len()))
            }
            _ => (None, 1),
        };
        tokens.extend(kind.map(|kind| (kind, start..start + length)));
        start += length;
    }
    tokens
}

fn string_length(rest: &[u8]) -> usize {
    let mut end = 1;
    while end < rest.len() && rest[end] != b'"' {
        end += if rest[end] == b'\\' { 2 } else { 1 };
    }
    (end + 1).min(rest.len())
}
