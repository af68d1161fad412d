//! Copies of rows, in memory that is used again.

use std::sync::{Arc, Mutex, PoisonError};

use model2vec_engine::{Dtype, Rows};

/// Memory that was used before.
pub(super) type FreeChunks = Arc<Mutex<Vec<Vec<u64>>>>;

/// A copy of some rows of a corpus.
pub(super) struct Chunk {
    /// Integers of eight bytes, so that any element is aligned.
    memory: Vec<u64>,
    bytes: usize,
    dtype: Dtype,
    dim: usize,
    /// The index of its first row in the corpus.
    pub(super) first_row: usize,
    free: FreeChunks,
}

impl Chunk {
    pub(super) fn copy(rows: Rows<'_>, first_row: usize, free: &FreeChunks) -> Self {
        let bytes = rows.bytes().len();
        let mut memory = free.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
        memory.resize(bytes.div_ceil(size_of::<u64>()), 0);
        // SAFETY: the vector has room for all bytes, and every pattern of them is a u64.
        unsafe { std::ptr::copy_nonoverlapping(rows.bytes().as_ptr(), memory.as_mut_ptr().cast(), bytes) };
        Self { memory, bytes, dtype: rows.dtype(), dim: rows.dim(), first_row, free: Arc::clone(free) }
    }

    pub(super) fn rows(&self) -> Rows<'_> {
        // SAFETY: the vector has these bytes, and they were written.
        let bytes = unsafe { std::slice::from_raw_parts(self.memory.as_ptr().cast(), self.bytes) };
        Rows::new(bytes, self.dtype, self.dim).expect("whole rows, aligned to eight bytes")
    }
}

impl Drop for Chunk {
    fn drop(&mut self) {
        self.free.lock().unwrap_or_else(PoisonError::into_inner).push(std::mem::take(&mut self.memory));
    }
}
