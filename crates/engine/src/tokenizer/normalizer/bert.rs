//! `BertNormalizer`: cleans text, puts spaces around Chinese characters, strips accents,
//! lower-cases (tokenizers 0.23.2, normalizers/bert.rs).
//!
//! Every character is mapped alone, with one exception: stripping accents starts with canonical
//! decomposition, which sorts the combining characters between two starters by their class.
//! Characters that are not `Mn`, and so are not stripped, keep that order here.

use std::str::Chars;
use std::sync::OnceLock;

use super::ascii;
use super::char_map::{CharMap, Mapped};
use super::mark_order;
use crate::growth::{Growth, lengthen};
use crate::interrupt::{Pace, STEP_BYTES, check};
use crate::tokenizer::scan::{COPY_SLACK, Scanner};
use crate::tokenizer::unicode::{self, CONTROL, NONSPACING_MARK, PUNCTUATION, Property, WHITESPACE};

/// How many code points are mapped by table: all below the CJK blocks.
const MAPPED_CHARS: u32 = 0x3100;

/// The most bytes that one character becomes: 4 characters of 4 bytes, each with a space on both
/// sides, for the longest decomposition and for the pending characters that it releases.
const MAX_CHAR_BYTES: usize = 64;

/// The settings of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::tokenizer) struct BertOptions {
    /// Drop control characters, and turn white space into a space.
    pub(in crate::tokenizer) clean_text: bool,
    /// Put spaces around Chinese characters.
    pub(in crate::tokenizer) handle_chinese_chars: bool,
    /// Decompose, and drop nonspacing marks.
    pub(in crate::tokenizer) strip_accents: bool,
    /// Lower-case.
    pub(in crate::tokenizer) lowercase: bool,
}

/// The normalizer of one file.
#[derive(Debug)]
pub(in crate::tokenizer) struct BertNormalizer {
    options: BertOptions,
    /// Whether the output is only for splitting. Then non-ASCII white space becomes a space, and
    /// non-ASCII punctuation gets spaces around it, so that all word boundaries are ASCII.
    is_separating: bool,
    /// Made for the first text that is not ASCII.
    map: OnceLock<CharMap>,
}

impl BertNormalizer {
    /// A normalizer whose output is exactly that of the reference.
    pub(in crate::tokenizer) fn new(options: BertOptions) -> Self {
        Self::build(options, false)
    }

    /// A normalizer whose output has the same words, but bounded by ASCII white space and ASCII
    /// punctuation only.
    pub(in crate::tokenizer) fn separating(options: BertOptions) -> Self {
        Self::build(options, true)
    }

    fn build(options: BertOptions, is_separating: bool) -> Self {
        Self { options, is_separating, map: OnceLock::new() }
    }

    fn map(&self) -> &CharMap {
        let build = || {
            CharMap::build(MAPPED_CHARS, |c, out| {
                let mut order = MarkOrder::default();
                self.push_char(c, &mut order, out);
                // A pending mark depends on the next characters.
                order.pending.is_empty()
            })
        };
        self.map.get_or_init(build)
    }

    /// Whether letters are lower-cased.
    pub(in crate::tokenizer) fn lowercases(&self) -> bool {
        self.options.lowercase
    }

    /// Writes the normalized `text` to `out` from `start` on. Returns where it ends; the bytes
    /// after that are undefined.
    pub(in crate::tokenizer) fn normalize(
        &self,
        text: &str,
        scanner: Scanner,
        out: &mut Vec<u8>,
        start: usize,
    ) -> usize {
        let (mut read, mut written) = (0, start);
        loop {
            let rest = &text.as_bytes()[read..];
            let rest = &rest[..rest.len().min(STEP_BYTES)];
            reserve(out, written, rest.len());
            let copied = scanner.copy_ascii(rest, &mut out[written..], self.options.lowercase, self.options.clean_text);
            read += copied;
            written += copied;
            if copied == rest.len() {
                if read == text.len() {
                    return written;
                }
                check();
                continue;
            }
            let mapped;
            (mapped, written) = self.map_chars(&text[read..], out, written);
            read += mapped;
        }
    }

    /// Maps characters of `text`, whose first is not plain ASCII, until a long run of ASCII
    /// follows. Returns how many bytes were read, and where `out` now ends.
    fn map_chars(&self, text: &str, out: &mut Vec<u8>, mut written: usize) -> (usize, usize) {
        let map = self.map();
        let mut chars = text.chars();
        let mut cold = Vec::new();
        let mut pace = Pace::new();
        loop {
            reserve(out, written, MAX_CHAR_BYTES);
            let before = chars.as_str();
            let Some(c) = chars.next() else { break };
            match map.get(c) {
                Some(Mapped::Text(entry)) => written = entry.write(out, written),
                None if self.options.handle_chinese_chars && is_common_chinese(c) => {
                    let character = &before.as_bytes()[..3];
                    out[written..written + 5].copy_from_slice(&[b' ', character[0], character[1], character[2], b' ']);
                    written += 5;
                }
                _ => {
                    chars = before.chars();
                    cold.clear();
                    self.push_cluster(&mut chars, &mut cold);
                    reserve(out, written, cold.len());
                    out[written..written + cold.len()].copy_from_slice(&cold);
                    written += cold.len();
                }
            }
            if ascii::starts_long_run(chars.as_str().as_bytes()) {
                break;
            }
            pace.step(c.len_utf8());
        }
        (text.len() - chars.as_str().len(), written)
    }

    /// Pushes the next character, and those after it with which it may change places.
    fn push_cluster(&self, chars: &mut Chars<'_>, out: &mut Vec<u8>) {
        let mut order = MarkOrder::default();
        let mut pace = Pace::new();
        for c in chars {
            pace.step(1);
            self.push_char(c, &mut order, out);
            if order.pending.is_empty() {
                return;
            }
        }
        order.flush(|c| self.push_stripped(c, out));
    }

    /// The order of the four steps is the reference's.
    fn push_char(&self, c: char, order: &mut MarkOrder, out: &mut Vec<u8>) {
        let Some(c) = self.clean(c) else { return };
        let is_set_apart = self.options.handle_chinese_chars && is_chinese(c);
        let mut strip = |c| self.strip(c, order, out);
        if is_set_apart {
            strip(' ');
        }
        if self.options.strip_accents {
            unicode::decompose(c, &mut strip)
        } else {
            strip(c)
        }
        if is_set_apart {
            strip(' ');
        }
    }

    fn clean(&self, c: char) -> Option<char> {
        if !self.options.clean_text || matches!(c, '\t' | '\n' | '\r') {
            return Some(if self.options.clean_text { ' ' } else { c });
        }
        let property = Property::of(c);
        if matches!(c, '\0' | '\u{FFFD}') || property.is(CONTROL) {
            return None;
        }
        Some(if property.is(WHITESPACE) { ' ' } else { c })
    }

    fn strip(&self, c: char, order: &mut MarkOrder, out: &mut Vec<u8>) {
        if !self.options.strip_accents {
            return self.push_stripped(c, out);
        }
        let property = Property::of(c);
        let class = property.combining_class();
        if class == 0 {
            order.flush(|c| self.push_stripped(c, out));
        }
        if property.is(NONSPACING_MARK) {
            return;
        }
        if class == 0 { self.push_stripped(c, out) } else { order.push(class, c) }
    }

    fn push_stripped(&self, c: char, out: &mut Vec<u8>) {
        if self.options.lowercase {
            unicode::lowercase(c, |c| self.push_final(c, out));
        } else {
            self.push_final(c, out);
        }
    }

    fn push_final(&self, c: char, out: &mut Vec<u8>) {
        let mut utf8 = [0; 4];
        let utf8 = c.encode_utf8(&mut utf8).as_bytes();
        // A cluster can have millions of characters that were pending.
        out.make_room(utf8.len() + 2);
        if !self.is_separating || c.is_ascii() {
            return out.extend_from_slice(utf8);
        }
        let property = Property::of(c);
        if property.is(WHITESPACE) {
            out.push(b' ');
        } else if property.is(PUNCTUATION) {
            out.push(b' ');
            out.extend_from_slice(utf8);
            out.push(b' ');
        } else {
            out.extend_from_slice(utf8);
        }
    }
}

/// Characters with a combining class that are pending until the next starter.
#[derive(Default)]
struct MarkOrder {
    pending: Vec<(u8, char)>,
}

impl MarkOrder {
    fn push(&mut self, class: u8, c: char) {
        self.pending.make_room(1);
        self.pending.push((class, c));
    }

    fn flush(&mut self, push: impl FnMut(char)) {
        mark_order::sort(&mut self.pending);
        self.pending.drain(..).map(|(_, c)| c).for_each(push);
    }
}

/// Makes room for `more` bytes after `written`, and for the whole vectors that kernels store.
fn reserve(out: &mut Vec<u8>, written: usize, more: usize) {
    lengthen(out, written + more + COPY_SLACK, 0);
}

/// Whether a character is in the block of nearly all Chinese text. No character of it is a control
/// character, decomposes, or has another case.
fn is_common_chinese(c: char) -> bool {
    matches!(c, '\u{4E00}'..='\u{9FFF}')
}

/// tokenizers 0.23.2, normalizers/bert.rs, `is_chinese_char`.
fn is_chinese(c: char) -> bool {
    matches!(
        c,
        '\u{4E00}'..='\u{9FFF}'
            | '\u{3400}'..='\u{4DBF}'
            | '\u{20000}'..='\u{2A6DF}'
            | '\u{2A700}'..='\u{2B73F}'
            | '\u{2B740}'..='\u{2B81F}'
            | '\u{2B920}'..='\u{2CEAF}'
            | '\u{F900}'..='\u{FAFF}'
            | '\u{2F800}'..='\u{2FA1F}'
    )
}
