//! A read-only map from short byte strings to token ids: a vocabulary that is asked about whole strings.
//!
//! Strings of up to 8 and up to 16 bytes are their own keys, as zero-padded integers, in open-addressing tables: no pointer is
//! followed and no byte is compared apart. Longer ones are found by a hash, and compared in the vocabulary's text.

use super::vocabulary::Vocabulary;

/// Ids from here on are not for the table.
pub(super) const ID_LIMIT: u32 = u32::MAX - 1;

/// How far a string may lie from its slot. A table half full has far shorter ways; only strings chosen against the hash
/// exceed it, and then another hash is tried.
const MAX_PROBES: usize = 64;

/// The filter has this many more index bits than the table.
const FILTER_BITS: u32 = 2;

/// How many hashes are tried.
const MAX_ATTEMPTS: u64 = 8;

const EMPTY: u32 = u32::MAX;

/// A string of up to 8, or of 9 to 16 bytes, as the words of its zero-padded bytes.
trait Key: Copy + Eq {
    const ZERO: Self;
    fn hash(self, multiplier: u64) -> u64;
}

impl Key for u64 {
    const ZERO: Self = 0;
    #[inline]
    fn hash(self, multiplier: u64) -> u64 {
        self.wrapping_mul(multiplier)
    }
}

impl Key for [u64; 2] {
    const ZERO: Self = [0; 2];
    #[inline]
    fn hash(self, multiplier: u64) -> u64 {
        (self[0].wrapping_mul(multiplier).rotate_left(29) ^ self[1]).wrapping_mul(multiplier)
    }
}

/// An open-addressing table, at most half full, behind a filter: most questions are about strings that it doesn't have, and the
/// filter, of 4 bits a slot, stays in the fastest cache.
#[derive(Debug)]
struct Slots<K> {
    slots: Box<[(K, u32)]>,
    filter: Box<[u64]>,
    multiplier: u64,
    /// 64 minus the number of index bits: the index is the hash's highest bits.
    shift: u32,
}

impl<K: Key> Slots<K> {
    /// `None` where no hash keeps the strings near their slots, or a string comes twice.
    fn build(entries: &[(K, u32)]) -> Option<Self> {
        let bits = (entries.len() * 2).next_power_of_two().trailing_zeros().max(1);
        (0..MAX_ATTEMPTS).find_map(|attempt| {
            // Odd, so that no bit of the key is lost.
            let multiplier = 0x9E37_79B9_7F4A_7C15_u64.wrapping_mul(2 * attempt + 1);
            let slots = vec![(K::ZERO, EMPTY); 1 << bits].into_boxed_slice();
            let filter = vec![0; 1 << (bits + FILTER_BITS).saturating_sub(6)].into_boxed_slice();
            let mut table = Self { slots, filter, multiplier, shift: 64 - bits };
            entries.iter().all(|&(key, id)| table.insert(key, id)).then_some(table)
        })
    }

    fn insert(&mut self, key: K, id: u32) -> bool {
        let mask = self.slots.len() - 1;
        let (home, word, bit) = self.home(key);
        self.filter[word] |= bit;
        for index in (home..home + MAX_PROBES).map(|index| index & mask) {
            let slot = &mut self.slots[index];
            if slot.1 == EMPTY {
                *slot = (key, id);
                return true;
            }
            if slot.0 == key {
                return false;
            }
        }
        false
    }

    #[inline]
    fn get(&self, key: K) -> Option<u32> {
        let mask = self.slots.len() - 1;
        let (mut index, word, bit) = self.home(key);
        if self.filter[word] & bit == 0 {
            return None;
        }
        // Ends: half of the slots are empty.
        loop {
            let (found, id) = self.slots[index & mask];
            if id == EMPTY {
                return None;
            }
            if found == key {
                return Some(id);
            }
            index += 1;
        }
    }

    /// The first slot to look at, and the word and the bit of the filter.
    #[inline]
    fn home(&self, key: K) -> (usize, usize, u64) {
        let hash = key.hash(self.multiplier);
        let place = (hash >> (self.shift - FILTER_BITS)) as usize;
        ((hash >> self.shift) as usize, (place / 64) & (self.filter.len() - 1), 1 << (place % 64))
    }
}

/// A string of more than 16 bytes, in the vocabulary's text.
#[derive(Debug, Clone, Copy)]
struct Long {
    hash: u64,
    start: u32,
    len: u32,
    id: u32,
}

/// The map.
#[derive(Debug)]
pub(super) struct PieceTable {
    short: Slots<u64>,
    medium: Slots<[u64; 2]>,
    /// By rising hash.
    long: Box<[Long]>,
}

impl PieceTable {
    /// Maps the strings of `vocabulary`. `None` where a string has a NUL
    /// (which would be padding here), comes twice, has a reserved id, or where the strings defeat every hash.
    pub(super) fn build(vocabulary: &Vocabulary) -> Option<Self> {
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
        Some(Self { short: Slots::build(&short)?, medium: Slots::build(&medium)?, long: long.into() })
    }

    /// The id of `piece`, which has no NUL.
    pub(super) fn get(&self, vocabulary: &Vocabulary, piece: &[u8]) -> Option<u32> {
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
