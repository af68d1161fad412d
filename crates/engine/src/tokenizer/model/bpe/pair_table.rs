//! A read-only map from pairs of numbers to a number: open addressing, so that a look-up reads one place, behind a filter that is
//! small enough for a near cache: about half of the questions are about pairs that the map doesn't have.

/// How far a pair may lie from its slot. Only pairs chosen against the hash exceed it, and then another hash is tried.
const MAX_PROBES: usize = 64;

/// The filter has this many more index bits than the table.
const FILTER_BITS: u32 = 3;

/// How many hashes are tried.
const MAX_ATTEMPTS: u64 = 8;

/// No pair has it: ids are lower, characters much lower.
const EMPTY: u64 = u64::MAX;

#[derive(Debug, Clone, Copy)]
struct Slot {
    pair: u64,
    value: u64,
}

/// The map, at most half full.
#[derive(Debug)]
pub(super) struct PairTable {
    slots: Box<[Slot]>,
    /// One bit for the hash of each pair.
    filter: Box<[u64]>,
    multiplier: u64,
    /// 64 minus the number of index bits: the index is the hash's highest bits.
    shift: u32,
}

impl PairTable {
    /// Of a pair that comes twice, the last value counts. `None` where no hash keeps the pairs near their slots.
    pub(super) fn build(entries: &[((u32, u32), u64)]) -> Option<Self> {
        let bits = (entries.len() * 2).next_power_of_two().trailing_zeros().max(1);
        (0..MAX_ATTEMPTS).find_map(|attempt| {
            // Odd, so that no bit of the pair is lost.
            let multiplier = 0x9E37_79B9_7F4A_7C15_u64.wrapping_mul(2 * attempt + 1);
            let slots = vec![Slot { pair: EMPTY, value: 0 }; 1 << bits].into_boxed_slice();
            let filter = vec![0; 1 << (bits + FILTER_BITS).saturating_sub(6)].into_boxed_slice();
            let mut table = Self { slots, filter, multiplier, shift: 64 - bits };
            entries.iter().all(|&((left, right), value)| table.insert(pack(left, right), value)).then_some(table)
        })
    }

    fn insert(&mut self, pair: u64, value: u64) -> bool {
        let mask = self.slots.len() - 1;
        let (home, word, bit) = self.home(pair);
        self.filter[word] |= bit;
        for index in (home..home + MAX_PROBES).map(|index| index & mask) {
            let slot = &mut self.slots[index];
            if slot.pair == EMPTY || slot.pair == pair {
                *slot = Slot { pair, value };
                return true;
            }
        }
        false
    }

    #[inline]
    pub(super) fn get(&self, left: u32, right: u32) -> Option<u64> {
        let pair = pack(left, right);
        let mask = self.slots.len() - 1;
        let (mut index, word, bit) = self.home(pair);
        if self.filter[word] & bit == 0 {
            return None;
        }
        // Ends: half of the slots are empty.
        loop {
            let slot = &self.slots[index & mask];
            if slot.pair == pair {
                return Some(slot.value);
            }
            if slot.pair == EMPTY {
                return None;
            }
            index += 1;
        }
    }

    /// The first slot to look at, and the word and the bit of the filter.
    #[inline]
    fn home(&self, pair: u64) -> (usize, usize, u64) {
        let hash = pair.wrapping_mul(self.multiplier);
        let place = (hash >> (self.shift - FILTER_BITS)) as usize;
        ((hash >> self.shift) as usize, place / 64, 1 << (place % 64))
    }
}

#[inline]
fn pack(left: u32, right: u32) -> u64 {
    u64::from(left) << 32 | u64::from(right)
}
