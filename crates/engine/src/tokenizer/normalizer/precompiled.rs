//! `Precompiled`: SentencePiece's map of characters (tokenizers 0.23.2,
//! normalizers/precompiled.rs).
//!
//! Each grapheme cluster of fewer than 6 bytes is looked up in the map. If it is not found, or is
//! longer, each of its characters is looked up. A look-up finds the shortest key that the cluster
//! (or the character) starts with, and the key's value replaces the whole cluster (or character),
//! not only the bytes of the key.

use super::ascii;
use super::charsmap::Charsmap;
use super::cluster;
use crate::growth::put;
use crate::interrupt::Pace;
use crate::tokenizer::unicode::character::Character;

/// Clusters of at least this many bytes are only looked up character by character.
const LONG_CLUSTER_BYTES: usize = 6;

#[derive(Debug)]
pub(in crate::tokenizer) struct Precompiled {
    map: Charsmap,
    /// One bit for each of the first 65,536 code points: whether the map replaces the character
    /// when it is looked up alone.
    is_mapped: Box<[u64]>,
    /// One bit for each of the first 65,536 code points: whether the character is plain. The map
    /// does not replace a plain character, and among other plain ones it is a cluster by itself, so
    /// a run of plain characters stays as it is.
    is_plain: Box<[u64]>,
    /// Whether the map leaves all printable ASCII alone, as every known map does.
    keeps_printable: bool,
}

impl Precompiled {
    /// `None` for a map that can't be read.
    pub(in crate::tokenizer) fn new(base64: &str) -> Option<Self> {
        let map = Charsmap::parse(base64)?;
        let is_mapped =
            |code: u32| char::from_u32(code).is_some_and(|c| map.get(c.encode_utf8(&mut [0; 4]).as_bytes()).is_some());
        let is_plain =
            |code: u32| !is_mapped(code) && char::from_u32(code).is_some_and(|c| cluster::is_alone(Character::of(c)));
        let keeps_printable = !(0x20..0x7F).any(is_mapped);
        let (is_mapped, is_plain) = (bits(is_mapped), bits(is_plain));
        Some(Self { map, is_mapped, is_plain, keeps_printable })
    }

    /// The length in bytes of the longest replacement.
    pub(in crate::tokenizer) fn longest_replacement(&self) -> usize {
        self.map.longest()
    }

    /// Whether the text has only plain characters: then it stays as it is. Other texts may stay as
    /// they are too.
    pub(in crate::tokenizer) fn leaves(&self, text: &str) -> bool {
        self.plain_len(text) == text.len()
    }

    /// The length in bytes of the longest start of the text that has only plain characters.
    fn plain_len(&self, text: &str) -> usize {
        let (mut rest, mut pace) = (text, Pace::new());
        loop {
            pace.step(1);
            if self.keeps_printable && ascii::starts_long_run(rest.as_bytes()) {
                rest = &rest[ascii::plain_len(rest.as_bytes(), is_printable)..];
            }
            let mut chars = rest.chars();
            match chars.next() {
                Some(c) if has(&self.is_plain, c) == Some(true) => rest = chars.as_str(),
                _ => return text.len() - rest.len(),
            }
        }
    }

    pub(in crate::tokenizer) fn normalize(&self, text: &str, out: &mut String) {
        let mut copied = 0;
        let (mut rest, mut pace) = (text, Pace::new());
        loop {
            pace.step(1);
            let run = self.plain_len(rest);
            if run == rest.len() {
                break;
            }
            // The next character may be in one cluster with the last one of the run, so go back by
            // one character.
            rest = &rest[rest[..run].char_indices().next_back().map_or(0, |(last, _)| last)..];
            let at = text.len() - rest.len();
            let mut chars = rest.chars();
            let Some(c) = chars.next() else { break };
            let after = chars.as_str();
            let is_single = chars.next().is_none_or(|next| are_apart(c, next));
            if is_single && !self.may_map(c) {
                rest = after;
                continue;
            }
            let len = if is_single { c.len_utf8() } else { cluster::first_len(rest) };
            let (cluster, after) = rest.split_at(len);
            rest = after;
            if len < LONG_CLUSTER_BYTES
                && let Some(replacement) = self.map.get(cluster.as_bytes())
            {
                put(out, &text[copied..at]);
                put(out, replacement);
                copied = at + len;
            } else if !is_single {
                self.normalize_chars(text, at..at + len, &mut copied, out);
            }
        }
        put(out, &text[copied..]);
    }

    /// Looks up each character in `range` alone, and replaces those that the map has. The text
    /// before `copied` is already in `out`.
    fn normalize_chars(&self, text: &str, range: std::ops::Range<usize>, copied: &mut usize, out: &mut String) {
        let mut pace = Pace::new();
        for (at, c) in text[range.clone()].char_indices() {
            pace.step(1);
            if !self.may_map(c) {
                continue;
            }
            let (start, end) = (range.start + at, range.start + at + c.len_utf8());
            if let Some(replacement) = self.map.get(&text.as_bytes()[start..end]) {
                put(out, &text[*copied..start]);
                put(out, replacement);
                *copied = end;
            }
        }
    }

    /// Whether the map may replace the character when it is looked up alone: true also for all
    /// characters beyond the first 65,536 code points, which have no bit.
    #[inline]
    fn may_map(&self, c: char) -> bool {
        has(&self.is_mapped, c).unwrap_or(true)
    }
}

/// One bit for each of the first 65,536 code points.
fn bits(is_set: impl Fn(u32) -> bool) -> Box<[u64]> {
    let word = |start: u32| (0..64).fold(0, |bits, bit| bits | u64::from(is_set(start + bit)) << bit);
    (0..0x1_0000_u32).step_by(64).map(word).collect()
}

/// The bit of a character, `None` for a character beyond the first 65,536 code points.
#[inline(always)]
fn has(bits: &[u64], c: char) -> Option<bool> {
    let code = c as usize;
    bits.get(code / 64).map(|word| word >> (code % 64) & 1 != 0)
}

/// Whether there is certainly a boundary between two neighbors.
#[inline]
fn are_apart(first: char, second: char) -> bool {
    // Of two ASCII characters, the second joins the first only if it is a line feed (after a
    // carriage return). A non-ASCII `first` can join any `second` to it (GB9b, Prepend).
    let is_plain = second.is_ascii() && second != '\n' && first.is_ascii();
    is_plain || cluster::are_apart(Character::of(first), Character::of(second))
}

fn is_printable(byte: u8) -> bool {
    matches!(byte, b' '..=b'~')
}
