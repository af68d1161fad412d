//! The memory that threads write the rows of a slice into.

use model2vec_engine::RowBuffer;

/// Rows in the memory of a typed array.
pub(crate) struct DirectRows {
    /// A multiple of the size of an element, as every typed array starts at one.
    pub(crate) start: *mut u8,
    /// In bytes.
    pub(crate) length: usize,
    /// See [`RowBuffer::are_read_late`].
    pub(crate) are_read_late: bool,
}

// SAFETY: the memory is V8's or a SharedArrayBuffer's. It stays valid until the slice is done: the
// job holds a strong reference, user code can't detach it, or does not run before that, and the
// environment waits for its jobs before it frees memory. No two slices overlap.
unsafe impl Send for DirectRows {}

impl RowBuffer for DirectRows {
    fn rows_mut(&mut self) -> &mut [u8] {
        // SAFETY: see `unsafe impl Send`; `RowResults` checked that the typed array has room for
        // all rows.
        unsafe { std::slice::from_raw_parts_mut(self.start, self.length) }
    }

    fn are_read_late(&self) -> bool {
        self.are_read_late
    }
}

/// Rows in a chunk of ours, until they are copied.
pub(crate) struct StagedRows {
    /// In units of the largest element, so that the rows start at a multiple of its size.
    memory: Vec<f32>,
    /// In bytes.
    length: usize,
}

impl StagedRows {
    pub(crate) fn new(length: usize) -> Self {
        Self { memory: vec![0.0; length.div_ceil(size_of::<f32>())], length }
    }
}

impl RowBuffer for StagedRows {
    fn rows_mut(&mut self) -> &mut [u8] {
        // SAFETY: floats are bytes without padding, and every four bytes are a float.
        let (_, bytes, _) = unsafe { self.memory.align_to_mut::<u8>() };
        &mut bytes[..self.length]
    }
}
