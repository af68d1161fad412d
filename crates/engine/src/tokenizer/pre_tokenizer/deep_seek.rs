//! The pattern of DeepSeek V3. It runs after those that separate numbers, and Chinese and Japanese.

use super::white_space::WhiteSpace;
use crate::interrupt::Pace;
use crate::tokenizer::unicode::class::{LETTER, MARK, PUNCTUATION, SPACE, SYMBOL, class_at, is_at, run_end};

pub(super) const REGEX: &str = r##"[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"##;

/// The end of the atom at `at`, and whether it is a match.
pub(super) fn atom(text: &str, at: usize) -> (usize, bool) {
    if let Some(end) = match_end(text, at) {
        return (end, true);
    }
    let (mut end, mut pace) = (at, Pace::new());
    while end < text.len() && match_end(text, end).is_none() {
        end += class_at(text, end).map_or(1, |(_, len)| len);
        pace.step(1);
    }
    (end, false)
}

fn match_end(text: &str, at: usize) -> Option<usize> {
    const WORD: u16 = LETTER | MARK;
    const SIGN: u16 = PUNCTUATION | SYMBOL;
    let bytes = text.as_bytes();
    let (class, len) = class_at(text, at)?;
    if bytes[at].is_ascii_punctuation() && bytes.get(at + 1).is_some_and(u8::is_ascii_alphabetic) {
        return Some(at + 1 + bytes[at + 1..].iter().take_while(|byte| byte.is_ascii_alphabetic()).count());
    }
    let is_lead = class & (LETTER | SIGN) == 0 && !matches!(bytes[at], b'\r' | b'\n');
    if class & WORD != 0 || (is_lead && is_at(text, at + len, WORD)) {
        return Some(run_end(text, at + len, |class| class & WORD != 0));
    }
    let start = at + usize::from(bytes[at] == b' ');
    if is_at(text, start, SIGN) {
        let end = run_end(text, start, |class| class & SIGN != 0);
        return Some(end + bytes[end..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count());
    }
    (class & SPACE != 0).then(|| WhiteSpace::at(text, at).match_end_by_line(text, at))
}
