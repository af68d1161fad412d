//! The ids of whole strings: a vocabulary with its [`PieceTable`], asked about any string.

use crate::tokenizer::piece_table::PieceTable;
use crate::tokenizer::vocabulary::Vocabulary;

/// A vocabulary that can be searched.
#[derive(Debug)]
pub(super) struct PieceIds {
    vocabulary: Vocabulary,
    table: PieceTable,
    /// The id of the empty string, which the table leaves out.
    empty: Option<u32>,
}

impl PieceIds {
    /// `None` where [`PieceTable::build`] has no table.
    pub(super) fn new(vocabulary: Vocabulary) -> Option<Self> {
        let table = PieceTable::build(&vocabulary)?;
        let empty = vocabulary.spans().filter(|(start, end, _)| start == end).last().map(|(_, _, id)| id);
        Some(Self { vocabulary, table, empty })
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
