//! A read-only map from pairs of numbers to a number.

use crate::tokenizer::index::hash_table::{Duplicates, HashTable};

/// The table's filter has 8 bits per slot: about half of all look-ups are for pairs that the map
/// doesn't have.
const FILTER_BITS: u32 = 3;

/// The map.
#[derive(Debug)]
pub(super) struct PairTable(HashTable<u64, u64, FILTER_BITS>);

impl PairTable {
    /// Of a pair that comes twice, the last value counts. No value is [`u64::MAX`]. `None` if no hash
    /// keeps the pairs near their slots.
    pub(super) fn build(entries: &[((u32, u32), u64)]) -> Option<Self> {
        let entries: Vec<_> = entries.iter().map(|&((left, right), value)| (pack(left, right), value)).collect();
        HashTable::build(&entries, Duplicates::LastCounts).map(Self)
    }

    #[inline]
    pub(super) fn get(&self, left: u32, right: u32) -> Option<u64> {
        self.0.get(pack(left, right))
    }
}

#[inline]
fn pack(left: u32, right: u32) -> u64 {
    u64::from(left) << 32 | u64::from(right)
}
