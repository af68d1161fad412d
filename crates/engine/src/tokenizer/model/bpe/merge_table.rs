//! What becomes of two neighbours: an open-addressing table from a pair of ids to the merge's rank and the id that it makes.

/// How far a pair may lie from its slot. Only pairs chosen against the hash exceed it, and then another hash is tried.
const MAX_PROBES: usize = 64;

/// How many hashes are tried.
const MAX_ATTEMPTS: u64 = 8;

/// No pair: ids are lower.
const EMPTY: u64 = u64::MAX;

/// A merge of the file, by ids. Its place is its rank.
#[derive(Debug, Clone, Copy)]
pub(super) struct Merge {
    pub(super) left: u32,
    pub(super) right: u32,
    pub(super) merged: u32,
}

/// A rank with the id that its merge makes: the lower one is merged first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct RankedId(u64);

impl RankedId {
    /// Behind all ranks: the pair is not merged.
    pub(super) const NONE: Self = Self(u64::MAX);

    pub(super) fn rank(self) -> u32 {
        (self.0 >> 32) as u32
    }

    pub(super) fn id(self) -> u32 {
        self.0 as u32
    }
}

#[derive(Debug, Clone, Copy)]
struct Slot {
    pair: u64,
    value: RankedId,
}

/// The table, at most half full.
#[derive(Debug)]
pub(super) struct MergeTable {
    slots: Box<[Slot]>,
    multiplier: u64,
    /// 64 minus the number of index bits: the index is the hash's highest bits.
    shift: u32,
    /// By rank.
    merged_ids: Box<[u32]>,
}

impl MergeTable {
    /// Of a pair that comes twice, the last rank counts. `None` where no hash keeps the pairs near their slots.
    pub(super) fn build(merges: &[Merge]) -> Option<Self> {
        u32::try_from(merges.len()).ok()?;
        let bits = (merges.len() * 2).next_power_of_two().trailing_zeros().max(1);
        (0..MAX_ATTEMPTS).find_map(|attempt| {
            // Odd, so that no bit of the pair is lost.
            let multiplier = 0x9E37_79B9_7F4A_7C15_u64.wrapping_mul(2 * attempt + 1);
            let slots = vec![Slot { pair: EMPTY, value: RankedId::NONE }; 1 << bits].into_boxed_slice();
            let merged_ids = merges.iter().map(|merge| merge.merged).collect();
            let mut table = Self { slots, multiplier, shift: 64 - bits, merged_ids };
            let mut ranked = (0..).zip(merges);
            ranked.all(|(rank, merge)| table.insert(rank, *merge)).then_some(table)
        })
    }

    fn insert(&mut self, rank: u64, merge: Merge) -> bool {
        let pair = pack(merge.left, merge.right);
        let mask = self.slots.len() - 1;
        let home = self.home(pair);
        for index in (home..home + MAX_PROBES).map(|index| index & mask) {
            let slot = &mut self.slots[index];
            if slot.pair == EMPTY || slot.pair == pair {
                *slot = Slot { pair, value: RankedId(rank << 32 | u64::from(merge.merged)) };
                return true;
            }
        }
        false
    }

    /// [`RankedId::NONE`] where the pair is not merged.
    #[inline]
    pub(super) fn get(&self, left: u32, right: u32) -> RankedId {
        let pair = pack(left, right);
        let mask = self.slots.len() - 1;
        let mut index = self.home(pair);
        // Ends: half of the slots are empty.
        loop {
            let slot = &self.slots[index & mask];
            if slot.pair == pair || slot.pair == EMPTY {
                return slot.value;
            }
            index += 1;
        }
    }

    /// The id that the merge of this rank makes.
    #[inline]
    pub(super) fn merged_id(&self, rank: u32) -> u32 {
        self.merged_ids[rank as usize]
    }

    #[inline]
    fn home(&self, pair: u64) -> usize {
        (pair.wrapping_mul(self.multiplier) >> self.shift) as usize
    }
}

#[inline]
fn pack(left: u32, right: u32) -> u64 {
    u64::from(left) << 32 | u64::from(right)
}
