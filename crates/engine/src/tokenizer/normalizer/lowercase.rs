//! `Lowercase`: lower-cases each character alone (tokenizers 0.23.2, normalizer.rs, `lowercase`).

use super::ascii;
use crate::growth::{Growth, put};
use crate::interrupt::{Pace, STRIDE_BYTES};
use crate::tokenizer::unicode;

/// The most bytes of a character in lower case.
const LONGEST: usize = 8;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::tokenizer) struct Lowercase;

impl Lowercase {
    /// Whether the text is ASCII without upper case.
    pub(in crate::tokenizer) fn leaves(self, text: &str) -> bool {
        ascii::is_plain(text.as_bytes(), |byte| !byte.is_ascii_uppercase())
    }

    pub(in crate::tokenizer) fn normalize(self, text: &str, out: &mut String) {
        out.make_room(text.len());
        let (mut chars, mut pace) = (text.chars(), Pace::new());
        loop {
            pace.step(1);
            if ascii::starts_long_run(chars.as_str().as_bytes()) {
                let bytes = chars.as_str().as_bytes();
                let run = ascii::plain_len(&bytes[..bytes.len().min(STRIDE_BYTES)], |_| true);
                let (run, rest) = chars.as_str().split_at(run);
                let start = out.len();
                pace.step(run.len());
                put(out, run);
                out[start..].make_ascii_lowercase();
                chars = rest.chars();
            }
            out.make_room(LONGEST);
            match chars.next() {
                Some(c) if c.is_ascii() => out.push(c.to_ascii_lowercase()),
                Some(c) => unicode::lowercase(c, |lower| out.push(lower)),
                None => return,
            }
        }
    }
}
