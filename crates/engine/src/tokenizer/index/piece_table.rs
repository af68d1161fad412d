//! A read-only map from short byte strings to token ids: a vocabulary that is searched for whole strings.
//!
//! Strings of up to 8 and up to 16 bytes are their own keys, as zero-padded integers: no pointer is
//! followed and no bytes are compared one by one. Longer strings are found by a hash and compared with
//! the vocabulary's text.

use super::hash_table::{Duplicates, HashTable};
use crate::tokenizer::file::vocabulary::Vocabulary;

/// Ids from here on are reserved.
pub(in crate::tokenizer) const ID_LIMIT: u32 = u32::MAX - 1;

/// The table's filter has 4 bits per slot, and stays in the fastest cache: most look-ups are for
/// strings that the table doesn't have.
const FILTER_BITS: u32 = 2;

/// A string of more than 16 bytes, as a range of the vocabulary's text.
#[derive(Debug, Clone, Copy)]
struct Long {
    hash: u64,
    start: u32,
    len: u32,
    id: u32,
}

/// The map. Keys have 1 to 8, 9 to 16, and more bytes.
#[derive(Debug)]
pub(in crate::tokenizer) struct PieceTable {
    short: HashTable<u64, u32, FILTER_BITS>,
    medium: HashTable<[u64; 2], u32, FILTER_BITS>,
    /// By rising hash.
    long: Box<[Long]>,
}

impl PieceTable {
    /// Maps the strings of `vocabulary`. `None` if a string has a NUL (which is padding here), comes
    /// twice, or has a reserved id, or if the strings defeat every hash.
    pub(in crate::tokenizer) fn build(vocabulary: &Vocabulary) -> Option<Self> {
        let text = vocabulary.text().as_bytes();
        let (mut short, mut medium, mut long) = (Vec::new(), Vec::new(), Vec::new());
        for (start, end, id) in vocabulary.spans() {
            let piece = &text[start..end];
            if piece.contains(&0) || id >= ID_LIMIT {
                return None;
            }
            match piece.len() {
                0 => {}
                1..=8 => short.push((pad(piece)[0], id)),
                9..=16 => medium.push((pad(piece), id)),
                _ => {
                    let (start, len) = (u32::try_from(start).ok()?, u32::try_from(piece.len()).ok()?);
                    long.push(Long { hash: hash_long(piece), start, len, id });
                }
            }
        }
        long.sort_unstable_by_key(|entry| entry.hash);
        let is_distinct = |pair: &[Long]| pair[0].hash != pair[1].hash;
        if !long.windows(2).all(is_distinct) {
            return None;
        }
        let short = HashTable::build(&short, Duplicates::Refused)?;
        let medium = HashTable::build(&medium, Duplicates::Refused)?;
        Some(Self { short, medium, long: long.into() })
    }

    /// The id of `piece`, which has no NUL.
    pub(in crate::tokenizer) fn get(&self, vocabulary: &Vocabulary, piece: &[u8]) -> Option<u32> {
        match piece.len() {
            0 => None,
            1..=8 => self.short.get(pad(piece)[0]),
            9..=16 => self.medium.get(pad(piece)),
            _ => self.get_long(vocabulary, piece),
        }
    }

    fn get_long(&self, vocabulary: &Vocabulary, piece: &[u8]) -> Option<u32> {
        let hash = hash_long(piece);
        let index = self.long.binary_search_by_key(&hash, |entry| entry.hash).ok()?;
        let Long { start, len, id, .. } = self.long[index];
        let found = &vocabulary.text().as_bytes()[start as usize..][..len as usize];
        (found == piece).then_some(id)
    }
}

/// Up to 16 bytes, zero-padded.
#[inline]
fn pad(piece: &[u8]) -> [u64; 2] {
    let mut bytes = [0; 16];
    bytes[..piece.len()].copy_from_slice(piece);
    let padded = u128::from_le_bytes(bytes);
    [padded as u64, (padded >> 64) as u64]
}

fn hash_long(piece: &[u8]) -> u64 {
    const MULTIPLIER: u64 = 0xD6E8_FEB8_6659_FD93;
    let mix = |hash: u64, word: u64| {
        let product = u128::from(hash ^ word) * u128::from(MULTIPLIER);
        (product as u64) ^ (product >> 64) as u64
    };
    let (words, rest) = piece.as_chunks::<8>();
    let hash = words.iter().fold(piece.len() as u64, |hash, word| mix(hash, u64::from_le_bytes(*word)));
    mix(hash, pad(rest)[0])
}
