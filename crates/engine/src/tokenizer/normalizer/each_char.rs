//! What normalizers do that judge each character alone: most stay, some go, some become another.

use super::ascii;

/// What becomes of a character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Stays,
    Goes,
    Becomes(char),
}

/// Appends `text` to `out`, but for what `fate` says. All ASCII that `is_plain` stays.
#[inline]
pub(super) fn normalize(text: &str, out: &mut String, is_plain: impl Fn(u8) -> bool, fate: impl Fn(char) -> Fate) {
    let mut rest = text;
    loop {
        let (kept, changed) = rest.split_at(staying_len(rest, &is_plain, &fate));
        out.push_str(kept);
        let mut chars = changed.chars();
        match chars.next().map(&fate) {
            Some(Fate::Becomes(other)) => out.push(other),
            Some(Fate::Goes | Fate::Stays) => {}
            None => return,
        }
        rest = chars.as_str();
    }
}

/// How many bytes `text` starts with that stay.
#[inline]
pub(super) fn staying_len(text: &str, is_plain: impl Fn(u8) -> bool, fate: impl Fn(char) -> Fate) -> usize {
    let mut chars = text.chars();
    loop {
        if ascii::starts_long_run(chars.as_str().as_bytes()) {
            let plain = ascii::plain_len(chars.as_str().as_bytes(), &is_plain);
            chars = chars.as_str()[plain..].chars();
        }
        let before = chars.as_str();
        if chars.next().is_none_or(|c| fate(c) != Fate::Stays) {
            return text.len() - before.len();
        }
    }
}
