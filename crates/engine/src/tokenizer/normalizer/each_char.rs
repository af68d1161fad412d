//! Normalizers that decide on each character alone: most are kept, some are removed, some are
//! replaced.

use super::ascii;
use crate::growth::{Growth, put};
use crate::interrupt::Pace;

/// What happens to a character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Kept,
    Removed,
    Replaced(char),
}

/// Appends `text` to `out`, changed as `fate` says. ASCII for which `is_plain` is true is always
/// kept.
#[inline]
pub(super) fn normalize(text: &str, out: &mut String, is_plain: impl Fn(u8) -> bool, fate: impl Fn(char) -> Fate) {
    let (mut rest, mut pace) = (text, Pace::new());
    loop {
        pace.step(1);
        let (kept, changed) = rest.split_at(kept_len(rest, &is_plain, &fate));
        put(out, kept);
        let mut chars = changed.chars();
        match chars.next().map(&fate) {
            Some(Fate::Replaced(other)) => {
                out.make_room(other.len_utf8());
                out.push(other);
            }
            Some(Fate::Removed | Fate::Kept) => {}
            None => return,
        }
        rest = chars.as_str();
    }
}

/// The length in bytes of the longest start of `text` that is kept.
#[inline]
pub(super) fn kept_len(text: &str, is_plain: impl Fn(u8) -> bool, fate: impl Fn(char) -> Fate) -> usize {
    let (mut chars, mut pace) = (text.chars(), Pace::new());
    loop {
        pace.step(1);
        if ascii::starts_long_run(chars.as_str().as_bytes()) {
            let plain = ascii::plain_len(chars.as_str().as_bytes(), &is_plain);
            chars = chars.as_str()[plain..].chars();
        }
        let before = chars.as_str();
        if chars.next().is_none_or(|c| fate(c) != Fate::Kept) {
            return text.len() - before.len();
        }
    }
}
