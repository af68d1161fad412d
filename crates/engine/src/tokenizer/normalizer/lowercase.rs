//! `Lowercase`: lower-cases each character alone (tokenizers 0.23.2, normalizer.rs, `lowercase`).

use super::ascii;
use crate::tokenizer::unicode;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::tokenizer) struct Lowercase;

impl Lowercase {
    /// Whether the text is ASCII without upper case.
    pub(in crate::tokenizer) fn leaves(self, text: &str) -> bool {
        ascii::is_plain(text.as_bytes(), |byte| !byte.is_ascii_uppercase())
    }

    pub(in crate::tokenizer) fn normalize(self, text: &str, out: &mut String) {
        out.reserve(text.len());
        let mut chars = text.chars();
        loop {
            if ascii::starts_long_run(chars.as_str().as_bytes()) {
                let (run, rest) = chars.as_str().split_at(ascii::plain_len(chars.as_str().as_bytes(), |_| true));
                let start = out.len();
                out.push_str(run);
                out[start..].make_ascii_lowercase();
                chars = rest.chars();
            }
            match chars.next() {
                Some(c) if c.is_ascii() => out.push(c.to_ascii_lowercase()),
                Some(c) => unicode::lowercase(c, |lower| out.push(lower)),
                None => return,
            }
        }
    }
}
