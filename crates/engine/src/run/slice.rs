//! A slice of a call: the texts that one thread takes as a unit, the memory for their rows, and
//! what was computed for them.

use std::ops::Range;
use std::sync::Arc;

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
    /// Embeddings that go through the model's head, one after the other.
    Embeddings(Vec<f32>),
}

/// Consecutive texts, or token ids, of a call, and the results for them.
pub struct Slice {
    /// The index of the slice's first row in the whole call.
    pub first_row: usize,
    /// The input. Its memory can be used again for another slice.
    pub input: Input,
    /// Where the vectors are written; `None` when ids or their counts are wanted.
    pub rows: Option<Box<dyn RowBuffer>>,
    /// Result: the number of pooled ids of each text, and for [`Work::Count`](crate::Work::Count)
    /// of all ids.
    pub counts: Vec<u32>,
    /// Result, when ids are wanted: the ids of all texts, one text after the other.
    pub ids: Vec<u32>,
    /// Result: the indices in the call of the texts that were truncated, in rising order.
    pub truncated: Vec<u32>,
}

impl Slice {
    /// A slice without results yet, whose first row in the call is `first_row`.
    #[must_use]
    pub fn new(first_row: usize, input: Input, rows: Option<Box<dyn RowBuffer>>) -> Self {
        Self { first_row, input, rows, counts: Vec::new(), ids: Vec::new(), truncated: Vec::new() }
    }

    /// How many UTF-16 units its texts have.
    pub(super) fn unit_count(&self) -> usize {
        match &self.input {
            Input::Texts(texts) => texts.unit_count(),
            Input::Ids(..) | Input::Embeddings(_) => 0,
        }
    }
}
