//! SentencePiece's `precompiled_charsmap`: a double array of keys, and the strings that replace
//! them (spm_precompiled 0.1.4).
//!
//! The format is the Base64 of: the length of the array in bytes (u32), the array (u32 each), and
//! the strings, each ending with a zero byte. All numbers are little-endian. A file can hold
//! anything, so every index is checked.

use crate::tokenizer::file::insertion::LONGEST_INSERTION;

/// The map of one file.
#[derive(Debug)]
pub(super) struct Charsmap {
    units: Box<[u32]>,
    strings: String,
}

impl Charsmap {
    /// `None` for a map that the reference refuses, or reads in a special way (base64 without
    /// padding), and for one with a replacement of more than [`LONGEST_INSERTION`].
    pub(super) fn parse(base64: &str) -> Option<Self> {
        let bytes = decode_base64(base64)?;
        let (units, strings) = split(&bytes)?;
        if longest(strings) > LONGEST_INSERTION {
            return None;
        }
        let (units, _) = units.as_chunks();
        let units: Box<[u32]> = units.iter().map(|unit| u32::from_le_bytes(*unit)).collect();
        let strings = String::from_utf8(strings.to_vec()).ok()?;
        (!units.is_empty()).then_some(Self { units, strings })
    }

    /// The replacement of `key`: the string of the shortest start of it that the map has. `None`
    /// also if an index leaves the array, which makes the reference panic.
    pub(super) fn get(&self, key: &[u8]) -> Option<&str> {
        let mut node = offset(self.units[0]);
        // The array marks the end of a key with a zero byte.
        for &byte in key.iter().take_while(|byte| **byte != 0) {
            node ^= usize::from(byte);
            let unit = *self.units.get(node)?;
            if unit & LABEL != u32::from(byte) {
                return None;
            }
            node ^= offset(unit);
            if unit & HAS_LEAF != 0 {
                return self.string(*self.units.get(node)? & VALUE);
            }
        }
        None
    }

    /// The length in bytes of the longest replacement.
    pub(super) fn longest(&self) -> usize {
        longest(self.strings.as_bytes())
    }

    fn string(&self, start: u32) -> Option<&str> {
        let rest = self.strings.get(usize::try_from(start).ok()?..)?;
        Some(&rest[..rest.bytes().position(|byte| byte == 0).unwrap_or(rest.len())])
    }
}

/// The length in bytes of the longest replacement, with padding or without; 0 if the map can't be read.
#[cfg(feature = "reference")]
pub(in crate::tokenizer) fn longest_replacement(base64: &str) -> usize {
    let digits = base64.trim_end_matches('=');
    let padding = digits.len().next_multiple_of(4) - digits.len();
    decode_base64(&(digits.to_owned() + &"=".repeat(padding)))
        .and_then(|bytes| split(&bytes).map(|(_, strings)| longest(strings)))
        .unwrap_or(0)
}

/// The array and the strings.
fn split(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (units_len, rest) = bytes.split_first_chunk()?;
    let units_len = usize::try_from(u32::from_le_bytes(*units_len)).ok()? / 4 * 4;
    rest.split_at_checked(units_len)
}

fn longest(strings: &[u8]) -> usize {
    strings.split(|byte| *byte == 0).map(<[u8]>::len).max().unwrap_or(0)
}

/// A unit's label: the byte that leads to it, and bit 31, which only leaves have.
const LABEL: u32 = 1 << 31 | 0xFF;
const HAS_LEAF: u32 = 1 << 8;
const VALUE: u32 = (1 << 31) - 1;

/// The offset from a unit to its children.
fn offset(unit: u32) -> usize {
    let offset = unit >> 10 << ((unit & 1 << 9) >> 6);
    // At most 30 bits.
    offset as usize
}

/// Decodes base64 with padding. Other forms are refused, which is why this is not a library: most
/// accept more, and none is linked otherwise.
fn decode_base64(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim_end_matches('=').as_bytes();
    let padding = text.len() - digits.len();
    if !text.len().is_multiple_of(4) || padding > 2 {
        return None;
    }
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    for group in digits.chunks(4) {
        let mut bits = 0;
        for &digit in group {
            bits = bits << 6 | sextet(digit)?;
        }
        bits <<= 6 * (4 - group.len());
        let [_, decoded @ ..] = bits.to_be_bytes();
        let (decoded, unused) = decoded.split_at(group.len() - 1);
        if unused.iter().any(|byte| *byte != 0) {
            return None;
        }
        bytes.extend_from_slice(decoded);
    }
    Some(bytes)
}

fn sextet(digit: u8) -> Option<u32> {
    let value = match digit {
        b'A'..=b'Z' => digit - b'A',
        b'a'..=b'z' => digit - b'a' + 26,
        b'0'..=b'9' => digit - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    };
    Some(u32::from(value))
}
