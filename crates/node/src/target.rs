//! Where the rows of a job go.
//!
//! - direct: memory that no user code can move or free (a result of ours that nobody has seen, or a SharedArrayBuffer). Threads
//!   write into it from the first feed on.
//! - staged: an `out` of the caller's, which can be transferred, resized or grown away at any moment. Threads write into chunks
//!   of ours; this thread copies them over, asking for pointer and length anew each time.
//! - sync: memory as for direct, in a synchronous call. With one thread, the calling thread does each part as soon as it is full.
//! - held: an `out` of the caller's in a synchronous call. With one thread, the calling thread does each part as soon as it is full, and
//!   asks for the pointer anew each time; with several, nothing starts before the last string was read, then it is as sync.

use model2vec_engine::RowBuffer;

/// Where the rows of a job go, and who starts the work when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Direct,
    Staged,
    Sync,
    Held,
}

impl Mode {
    /// The mode that JavaScript names by a number.
    pub(crate) fn of(number: f64) -> Self {
        match number as u32 {
            0 => Self::Direct,
            1 => Self::Staged,
            2 => Self::Sync,
            _ => Self::Held,
        }
    }
}

/// Rows of a target that threads write into directly.
pub(crate) struct DirectRows {
    /// At a multiple of the size of an element: a typed array starts at one.
    pub(crate) start: *mut u8,
    /// In bytes.
    pub(crate) length: usize,
    /// See [`RowBuffer::are_read_late`].
    pub(crate) are_read_late: bool,
}

// SAFETY: the memory is V8's or a SharedArrayBuffer's, stays valid until the part is done (the job holds a strong reference, user code
// can't detach it, or does not run before that, and the environment waits for its jobs before it frees memory), and no two parts overlap.
unsafe impl Send for DirectRows {}

impl RowBuffer for DirectRows {
    fn rows_mut(&mut self) -> &mut [u8] {
        // SAFETY: see `unsafe impl Send`; `Results` checked that the typed array has all rows.
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
