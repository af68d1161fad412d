//! What becomes of two neighbors: from a pair of ids to the rank of its merge and the id that it makes.

use super::pair_table::PairTable;

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

/// All merges of a file.
#[derive(Debug)]
pub(super) struct MergeTable {
    pairs: PairTable,
    /// By rank.
    merged_ids: Box<[u32]>,
}

impl MergeTable {
    /// Of a pair that comes twice, the last rank counts. `None` where [`PairTable::build`] has no table.
    pub(super) fn build(merges: &[Merge]) -> Option<Self> {
        u32::try_from(merges.len()).ok()?;
        let ranked = (0..).zip(merges);
        let entries = ranked.map(|(rank, merge)| ((merge.left, merge.right), rank << 32 | u64::from(merge.merged)));
        let pairs = PairTable::build(&entries.collect::<Vec<_>>())?;
        Some(Self { pairs, merged_ids: merges.iter().map(|merge| merge.merged).collect() })
    }

    /// [`RankedId::NONE`] where the pair is not merged.
    #[inline]
    pub(super) fn get(&self, left: u32, right: u32) -> RankedId {
        self.pairs.get(left, right).map_or(RankedId::NONE, RankedId)
    }

    /// The id that the merge of this rank makes.
    #[inline]
    pub(super) fn merged_id(&self, rank: u32) -> u32 {
        self.merged_ids[rank as usize]
    }
}
