//! A read-only hash table for keys that most look-ups don't find.
//!
//! Open addressing keeps a key and its value side by side, so that a look-up reads one place. A filter
//! of a few bits per slot answers most look-ups of missing keys, and is small enough for a near cache.

/// How far an entry may lie from its home slot. A half-full table needs far less; only keys chosen
/// against the hash exceed it, and then another hash is tried.
const MAX_PROBES: usize = 64;

/// How many hashes are tried.
const MAX_ATTEMPTS: u64 = 8;

/// A key of one or two integers.
pub(in crate::tokenizer) trait Key: Copy + Eq {
    /// What a slot without an entry holds. It may be a real key.
    const ZERO: Self;
    /// The hash; its highest bits count. `multiplier` is odd.
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

/// A value, of which one is reserved.
pub(in crate::tokenizer) trait Value: Copy + Eq {
    /// The reserved value: no entry has it.
    const NONE: Self;
}

impl Value for u32 {
    const NONE: Self = Self::MAX;
}

impl Value for u64 {
    const NONE: Self = Self::MAX;
}

/// What to do with a key that comes twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::tokenizer) enum Duplicates {
    /// There is no table.
    Refused,
    /// The last value counts.
    LastCounts,
}

/// The table, at most half full. The filter has `FILTER_BITS` more index bits than the table.
#[derive(Debug)]
pub(in crate::tokenizer) struct HashTable<K, V, const FILTER_BITS: u32> {
    slots: Box<[(K, V)]>,
    /// One bit for the hash of each key.
    filter: Box<[u64]>,
    multiplier: u64,
    /// 64 minus the number of index bits: the index is the highest bits of the hash.
    shift: u32,
}

impl<K: Key, V: Value, const FILTER_BITS: u32> HashTable<K, V, FILTER_BITS> {
    /// The table of `entries`, none of which has the reserved value. `None` if no hash keeps the
    /// entries near their home slots, or if a key is refused.
    pub(in crate::tokenizer) fn build(entries: &[(K, V)], duplicates: Duplicates) -> Option<Self> {
        let bits = (entries.len() * 2).next_power_of_two().trailing_zeros().max(1);
        (0..MAX_ATTEMPTS).find_map(|attempt| {
            // Odd, so that no bit of the key is lost.
            let multiplier = 0x9E37_79B9_7F4A_7C15_u64.wrapping_mul(2 * attempt + 1);
            let slots = vec![(K::ZERO, V::NONE); 1 << bits].into_boxed_slice();
            let filter = vec![0; 1 << (bits + FILTER_BITS).saturating_sub(6)].into_boxed_slice();
            let mut table = Self { slots, filter, multiplier, shift: 64 - bits };
            entries.iter().all(|&entry| table.insert(entry, duplicates)).then_some(table)
        })
    }

    fn insert(&mut self, entry: (K, V), duplicates: Duplicates) -> bool {
        let mask = self.slots.len() - 1;
        let (home, word, bit) = self.home(entry.0);
        self.filter[word] |= bit;
        for index in (home..home + MAX_PROBES).map(|index| index & mask) {
            let slot = &mut self.slots[index];
            let is_free = slot.1 == V::NONE;
            if is_free || slot.0 == entry.0 {
                let is_inserted = is_free || duplicates == Duplicates::LastCounts;
                *slot = entry;
                return is_inserted;
            }
        }
        false
    }

    /// The value of `key`.
    #[inline]
    pub(in crate::tokenizer) fn get(&self, key: K) -> Option<V> {
        let mask = self.slots.len() - 1;
        let (mut index, word, bit) = self.home(key);
        if self.filter[word] & bit == 0 {
            return None;
        }
        // Ends: half of the slots are free.
        loop {
            let (found, value) = self.slots[index & mask];
            if value == V::NONE {
                return None;
            }
            if found == key {
                return Some(value);
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

#[cfg(test)]
mod tests {
    use super::*;

    type Table = HashTable<u64, u64, 3>;

    #[test]
    fn every_key_has_its_value_and_other_keys_have_none() {
        let entries: Vec<(u64, u64)> = (0..5000).map(|number| (number * number, number)).collect();
        let table = Table::build(&entries, Duplicates::Refused).unwrap();
        for (key, value) in entries {
            assert_eq!(table.get(key), Some(value));
        }
        let squares = (0..25_000_000_u64).step_by(7).filter(|key| table.get(*key).is_some());
        assert!(squares.map(|key| key.isqrt()).eq((0..5000).filter(|number| number * number % 7 == 0)));
    }

    #[test]
    fn of_a_key_that_comes_twice_the_last_value_counts_or_there_is_no_table() {
        let entries = [(0, 1), (7, 2), (0, 3)];
        assert!(Table::build(&entries, Duplicates::Refused).is_none());
        let table = Table::build(&entries, Duplicates::LastCounts).unwrap();
        assert_eq!((table.get(0), table.get(7), table.get(1)), (Some(3), Some(2), None));
    }

    #[test]
    fn an_empty_table_has_nothing() {
        assert_eq!(Table::build(&[], Duplicates::Refused).unwrap().get(0), None);
    }
}
