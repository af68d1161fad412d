//! Between which characters a merge can ever close the border: a long word is cut at all others, and its parts, which can't
//! meet, are merged apart.
//!
//! A symbol's string is that of its characters joined (see [`super::word::merge_few`] for when that holds), so a merge across a
//! border joins a string that ends with the character before it and one that begins with the character behind it.

use super::merge_list::MergeList;
use super::pair_table::PairTable;

/// The pairs of characters.
#[derive(Debug)]
pub(super) struct Joins(PairTable);

impl Joins {
    /// `None` where [`PairTable::build`] has no table.
    pub(super) fn build(merges: &MergeList) -> Option<Self> {
        let border = |(left, right): (&str, &str)| Some((left.chars().next_back()?, right.chars().next()?));
        let mut borders: Vec<_> = merges.iter().filter_map(border).collect();
        borders.sort_unstable();
        borders.dedup();
        let entries = borders.into_iter().map(|(left, right)| ((u32::from(left), u32::from(right)), 0));
        PairTable::build(&entries.collect::<Vec<_>>()).map(Self)
    }

    #[inline]
    pub(super) fn contains(&self, left: char, right: char) -> bool {
        self.0.get(u32::from(left), u32::from(right)).is_some()
    }
}
