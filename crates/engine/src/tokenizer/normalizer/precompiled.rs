//! `Precompiled`: SentencePiece's own map of characters (tokenizers 0.23.2, normalizers/precompiled.rs).
//!
//! The map is asked for each grapheme cluster of less than 6 bytes, and then for each character of the others. An answer is that
//! of the shortest key that the cluster starts with, and replaces all of the cluster.

use super::ascii;
use super::character::Character;
use super::charsmap::Charsmap;
use super::cluster;

/// Clusters of so many bytes are looked up character by character only.
const LONG_CLUSTER_BYTES: usize = 6;

#[derive(Debug)]
pub(in crate::tokenizer) struct Precompiled {
    map: Charsmap,
    /// A bit for each of the first 65,536 code points: whether the map replaces the character where it stands alone.
    is_mapped: Box<[u64]>,
    /// Likewise: whether it stays as it is among others of this kind, which are clusters of their own there.
    is_plain: Box<[u64]>,
    /// Whether it leaves all printable ASCII alone, as every known one does.
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

    /// Whether the text has only characters that stay as they are among each other.
    pub(in crate::tokenizer) fn leaves(&self, text: &str) -> bool {
        self.plain_len(text) == text.len()
    }

    /// How many bytes the text starts with that are characters that stay as they are among each other.
    fn plain_len(&self, text: &str) -> usize {
        let mut rest = text;
        loop {
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
        let mut rest = text;
        loop {
            let run = self.plain_len(rest);
            if run == rest.len() {
                break;
            }
            // What follows may be of one cluster with the last of the run.
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
                out.push_str(&text[copied..at]);
                out.push_str(replacement);
                copied = at + len;
            } else if !is_single {
                self.normalize_chars(text, at..at + len, &mut copied, out);
            }
        }
        out.push_str(&text[copied..]);
    }

    /// Replaces what the map has of the characters in `range`. What is before `copied` is in `out`.
    fn normalize_chars(&self, text: &str, range: std::ops::Range<usize>, copied: &mut usize, out: &mut String) {
        for (at, c) in text[range.clone()].char_indices() {
            if !self.may_map(c) {
                continue;
            }
            let (start, end) = (range.start + at, range.start + at + c.len_utf8());
            if let Some(replacement) = self.map.get(&text.as_bytes()[start..end]) {
                out.push_str(&text[*copied..start]);
                out.push_str(replacement);
                *copied = end;
            }
        }
    }

    /// Whether the map may replace the character where it stands alone.
    #[inline]
    fn may_map(&self, c: char) -> bool {
        has(&self.is_mapped, c).unwrap_or(true)
    }
}

/// A bit for each of the first 65,536 code points.
fn bits(is_set: impl Fn(u32) -> bool) -> Box<[u64]> {
    let word = |start: u32| (0..64).fold(0, |bits, bit| bits | u64::from(is_set(start + bit)) << bit);
    (0..0x1_0000_u32).step_by(64).map(word).collect()
}

/// The bit of a character, `None` beyond those that have one.
#[inline(always)]
fn has(bits: &[u64], c: char) -> Option<bool> {
    let code = c as usize;
    bits.get(code / 64).map(|word| word >> (code % 64) & 1 != 0)
}

/// Whether there is surely a boundary between two neighbors.
#[inline]
fn are_apart(first: char, second: char) -> bool {
    // Nothing in ASCII joins what is before it, but a line feed.
    let is_plain = second.is_ascii() && second != '\n' && first.is_ascii();
    is_plain || cluster::are_apart(Character::of(first), Character::of(second))
}

fn is_printable(byte: u8) -> bool {
    matches!(byte, b' '..=b'~')
}
