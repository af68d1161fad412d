//! `ByteLevel`: writes a printable character for each byte (tokenizers 0.23.2,
//! pre_tokenizers/byte_level.rs, `bytes_char`).

use super::ascii;
use crate::growth::{Growth, char_boundary, put};
use crate::interrupt::{Pace, STRIDE_BYTES};

/// The character of each byte: itself if it is printable in Latin-1, else the next one from U+0100
/// on.
pub(in crate::tokenizer) static ALPHABET: [char; 256] = {
    let mut alphabet = ['\0'; 256];
    let (mut byte, mut other) = (0_u8, 0x100_u16);
    loop {
        alphabet[byte as usize] = if is_printable(byte) {
            byte as char
        } else {
            let Some(c) = char::from_u32(other as u32) else { panic!("expected no surrogate below U+0200") };
            other += 1;
            c
        };
        if byte == u8::MAX {
            break alphabet;
        }
        byte += 1;
    }
};

const fn is_printable(byte: u8) -> bool {
    matches!(byte, b'!'..=b'~' | 0xA1..=0xAC | 0xAE..=0xFF)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::tokenizer) struct ByteLevel;

impl ByteLevel {
    pub(in crate::tokenizer) fn leaves(self, text: &str) -> bool {
        ascii::is_plain(text.as_bytes(), is_printable)
    }

    pub(in crate::tokenizer) fn normalize(self, text: &str, out: &mut String) {
        out.make_room(text.len());
        let (mut rest, mut pace) = (text, Pace::new());
        while !rest.is_empty() {
            let (plain, changed) = rest.split_at(ascii::plain_len(rest.as_bytes(), is_printable));
            put(out, plain);
            let is_plain = |byte: u8| byte.is_ascii() && is_printable(byte);
            let changed_len = changed.bytes().take(STRIDE_BYTES).position(is_plain);
            let changed_len = changed_len.unwrap_or_else(|| char_boundary(changed, STRIDE_BYTES));
            let (changed, after) = changed.split_at(changed_len);
            pace.step(changed.len());
            // Each byte becomes one of at most two.
            out.make_room(2 * changed.len());
            out.extend(changed.bytes().map(|byte| ALPHABET[usize::from(byte)]));
            rest = after;
        }
    }
}
