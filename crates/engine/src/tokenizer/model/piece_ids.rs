//! The ids of whole strings: a vocabulary with its [`PieceTable`], for look-ups of any string.

use crate::tokenizer::file::unsupported::Unsupported;
use crate::tokenizer::file::vocabulary::Vocabulary;
use crate::tokenizer::index::piece_table::PieceTable;

/// A vocabulary that can be searched.
#[derive(Debug)]
pub(super) struct PieceIds {
    vocabulary: Vocabulary,
    table: PieceTable,
    /// The id of the empty string, which the table leaves out.
    empty: Option<u32>,
}

impl PieceIds {
    /// # Errors
    /// If [`PieceTable::build`] has no table.
    pub(super) fn new(vocabulary: Vocabulary) -> Result<Self, Unsupported> {
        let no_table = || Unsupported::new("a token of the vocabulary has a NUL, comes twice, or has an id near 2^32");
        let table = PieceTable::build(&vocabulary).ok_or_else(no_table)?;
        let empty = vocabulary.spans().filter(|(start, end, _)| start == end).last().map(|(_, _, id)| id);
        Ok(Self { vocabulary, table, empty })
    }

    pub(super) fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    pub(super) fn get(&self, piece: &[u8]) -> Option<u32> {
        if piece.is_empty() {
            return self.empty;
        }
        // No string of the table has a NUL, which is its padding.
        if piece.contains(&0) { None } else { self.table.get(&self.vocabulary, piece) }
    }
}
