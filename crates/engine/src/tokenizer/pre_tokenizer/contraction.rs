//! English contractions in the patterns of byte-level BPE: `'s|'t|'re|'ve|'m|'ll|'d`.

/// The end of the contraction at `at`, in lower case.
#[inline(always)]
pub(super) fn end(text: &str, at: usize) -> Option<usize> {
    let rest = &text.as_bytes()[at..];
    if rest.first() != Some(&b'\'') {
        return None;
    }
    match rest.get(1)? {
        b's' | b't' | b'm' | b'd' => Some(at + 2),
        b'r' | b'v' if rest.get(2) == Some(&b'e') => Some(at + 3),
        b'l' if rest.get(2) == Some(&b'l') => Some(at + 3),
        _ => None,
    }
}

/// The same in any case: `(?i:…)`, for which U+017F is an s.
#[inline(always)]
pub(super) fn end_of_any_case(text: &str, at: usize) -> Option<usize> {
    let rest = &text.as_bytes()[at..];
    if rest.first() != Some(&b'\'') {
        return None;
    }
    let second = || rest.get(2).map(u8::to_ascii_lowercase);
    match rest.get(1)?.to_ascii_lowercase() {
        b's' | b't' | b'm' | b'd' => Some(at + 2),
        b'r' | b'v' if second() == Some(b'e') => Some(at + 3),
        b'l' if second() == Some(b'l') => Some(at + 3),
        _ if rest[1..].starts_with("\u{17F}".as_bytes()) => Some(at + 3),
        _ => None,
    }
}
