//! `Nmt`: removes some control characters. Turns tabs, line breaks, zero-width characters,
//! direction marks, U+1680, U+2581 and U+FFFD into a space (tokenizers 0.23.2,
//! normalizers/unicode.rs, `do_nmt`).
//!
//! The lists are the reference's, and have gaps: U+0000 and most of U+0080 to U+009F are kept, and
//! so are other spaces, such as U+00A0 and U+3000.

use super::each_char::{self, Fate};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::tokenizer) struct Nmt;

impl Nmt {
    pub(in crate::tokenizer) fn leaves(self, text: &str) -> bool {
        each_char::kept_len(text, is_plain, fate) == text.len()
    }

    pub(in crate::tokenizer) fn normalize(self, text: &str, out: &mut String) {
        each_char::normalize(text, out, is_plain, fate);
    }
}

fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~')
}

fn fate(c: char) -> Fate {
    match c {
        '\u{1}'..='\u{8}' | '\u{B}' | '\u{E}'..='\u{1F}' | '\u{7F}' | '\u{8F}' | '\u{9F}' => Fate::Removed,
        '\t'
        | '\n'
        | '\u{C}'
        | '\r'
        | '\u{1680}'
        | '\u{200B}'..='\u{200F}'
        | '\u{2028}'
        | '\u{2029}'
        | '\u{2581}'
        | '\u{FEFF}'
        | '\u{FFFD}' => Fate::Replaced(' '),
        _ => Fate::Kept,
    }
}
