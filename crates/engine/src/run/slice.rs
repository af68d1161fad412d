//! A slice of a call: the texts that one thread takes as a unit, the memory for their rows, and
//! what was computed for them.

use std::ops::Range;
use std::sync::Arc;

use crate::chunks::Chunk;
use crate::texts::Texts;

/// Memory that the rows of a slice are written to.
pub trait RowBuffer: Send {
    /// The memory: exactly the bytes of the slice's rows, starting at a multiple of the size of an
    /// element.
    fn rows_mut(&mut self) -> &mut [u8];

    /// Whether the rows are read only after so many more were written that they would have left a
    /// core's own caches.
    fn are_read_late(&self) -> bool {
        false
    }
}

/// The input of a slice.
pub enum Input {
    /// Texts to be encoded or tokenized.
    Texts(Texts),
    /// Token ids whose rows are gathered: a range of the ids, which all slices share.
    Ids(Arc<Vec<u32>>, Range<usize>),
    /// Lists of token ids that are pooled: a range of the lists, which all slices share.
    IdLists(Arc<IdLists>, Range<usize>),
    /// Embeddings that go through the model's head, one after the other.
    Embeddings(Vec<f32>),
}

/// Lists of token ids, one after the other.
#[derive(Debug, Default)]
pub struct IdLists {
    /// The ids of all lists.
    pub ids: Vec<u32>,
    /// Where each list ends: rising numbers, of which the last is the number of ids.
    pub ends: Vec<u32>,
}

impl IdLists {
    /// The ids of a list.
    #[must_use]
    pub fn get(&self, index: usize) -> &[u32] {
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        &self.ids[start as usize..self.ends[index] as usize]
    }
}

/// Consecutive texts, or token ids, of a call, and the results for them.
pub struct Slice {
    /// The index of the slice's first row in the whole call.
    pub first_row: usize,
    /// The input. Its memory can be used again for another slice.
    pub input: Input,
    /// Where the vectors are written; `None` when ids or their counts are wanted.
    pub rows: Option<Box<dyn RowBuffer>>,
    /// Result: the number of pooled ids of each text, for [`Work::Count`](crate::Work::Count) of all
    /// ids, and for [`Work::Chunk`](crate::Work::Chunk) of chunks.
    pub counts: Vec<u32>,
    /// Result, when ids are wanted: the ids of all texts, one text after the other.
    pub ids: Vec<u32>,
    /// Result, when chunks are wanted: those of all texts, each with the number of its pooled ids.
    pub chunks: Vec<(Chunk, u32)>,
    /// Result: the indices in the call of the texts that were truncated, in rising order.
    pub truncated: Vec<u32>,
}

impl Slice {
    /// A slice without results yet, whose first row in the call is `first_row`.
    #[must_use]
    pub fn new(first_row: usize, input: Input, rows: Option<Box<dyn RowBuffer>>) -> Self {
        Self { first_row, input, rows, counts: Vec::new(), ids: Vec::new(), chunks: Vec::new(), truncated: Vec::new() }
    }

    /// How many UTF-16 units its texts have.
    pub(super) fn unit_count(&self) -> usize {
        match &self.input {
            Input::Texts(texts) => texts.unit_count(),
            Input::Ids(..) | Input::IdLists(..) | Input::Embeddings(_) => 0,
        }
    }
}
