//! The pairs of neighboring characters that a merge can join. A long word is cut between all
//! others: its parts can never be joined, so they are merged separately.
//!
//! The string of a symbol is that of its characters (see [`super::merge_word::merge_scanned`] for
//! when that is so). So a merge across a border joins a string that ends with the character before
//! the border and one that begins with the character after it.

use super::merge_list::MergeList;
use super::pair_table::PairTable;

/// The pairs of characters.
#[derive(Debug)]
pub(super) struct JoiningChars(PairTable);

impl JoiningChars {
    /// `None` if [`PairTable::build`] has no table.
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
