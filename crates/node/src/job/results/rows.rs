//! The results of an encode or gather job: rows in JavaScript's typed array, and a token count per
//! text.

use std::cell::Cell;

use model2vec_engine::{Dtype, EncodeOptions, RowBuffer, Slice};
use napi::sys;

use crate::error::Thrown;
use crate::huge_pages;
use crate::job::row_memory::{DirectRows, StagedRows};
use crate::job::settings::{JobSettings, Mode};
use crate::js::Js;
use crate::js::memory::TypedMemory;

/// From this size on, results overflow the second-level cache of today's CPUs before they are read,
/// so they bypass the caches.
const LATE_BYTES: usize = 1 << 20;

/// Where threads write rows: [`Mode`] explains the cases.
#[derive(Clone, Copy)]
enum Target {
    /// Into an array that stays where it is: its first row is here.
    Fixed(*mut u8),
    /// Into an array that may have moved each time JavaScript has run.
    Movable,
    /// Into chunks of ours.
    Staged,
}

/// The rows of one job and their token counts, on its environment's thread.
pub(super) struct RowResults {
    js: Js,
    /// How many rows there are.
    rows: usize,
    dtype: Dtype,
    row_bytes: usize,
    target: Target,
    /// Keep the arrays alive; `None` once they were let go, and for token counts that nobody wants.
    out: Cell<Option<sys::napi_ref>>,
    tokens: Cell<Option<sys::napi_ref>>,
}

impl RowResults {
    /// # Errors
    /// When the arrays have no room for all rows.
    pub(super) fn new(
        js: Js,
        settings: &JobSettings,
        options: EncodeOptions,
        out: sys::napi_value,
    ) -> Result<Self, Thrown> {
        let mut results = Self {
            js,
            rows: settings.rows,
            dtype: options.dtype,
            row_bytes: settings.model.row_bytes(options),
            target: Target::Staged,
            out: Cell::default(),
            tokens: Cell::default(),
        };
        let start = results.start_of(out)?;
        results.target = match settings.mode {
            Mode::Direct | Mode::Sync => {
                huge_pages::advise(start, results.bytes());
                Target::Fixed(start)
            }
            Mode::Held => Target::Movable,
            Mode::Staged => Target::Staged,
        };
        if let Some(tokens) = settings.tokens {
            let memory = js.uint32_array(tokens)?;
            if memory.length < settings.rows {
                return Err(Thrown::too_small(settings.rows * 4, memory.length * 4));
            }
        }
        // `drop` deletes the references that were made, also if the second one fails.
        results.out.set(Some(js.reference(out)?));
        results.tokens.set(settings.tokens.map(|array| js.reference(array)).transpose()?);
        Ok(results)
    }

    /// The size of all rows.
    fn bytes(&self) -> usize {
        self.rows.saturating_mul(self.row_bytes)
    }

    /// Where the memory of the array `out` lies now, which has room for all rows.
    fn start_of(&self, out: sys::napi_value) -> Result<*mut u8, Thrown> {
        let memory = self.js.rows_array(out, self.dtype)?;
        if memory.length < self.bytes() {
            return Err(Thrown::too_small(self.bytes(), memory.length));
        }
        Ok(memory.start)
    }

    /// Where the first row lies, until JavaScript runs again; `None` for staged rows.
    fn start(&self) -> Result<Option<*mut u8>, Thrown> {
        match (self.target, self.out.get()) {
            (Target::Fixed(start), _) => Ok(Some(start)),
            (Target::Movable, Some(out)) => self.start_of(self.js.referenced(out)?).map(Some),
            (Target::Movable, None) => Err(Thrown::internal("internal error: the job has ended")),
            (Target::Staged, _) => Ok(None),
        }
    }

    /// # Errors
    /// When the array has become too small.
    pub(super) fn check_memory(&self) -> Result<(), Thrown> {
        self.start().map(drop)
    }

    /// Memory for `count` rows from `first_row` on.
    ///
    /// # Errors
    /// As [`check_memory`](Self::check_memory).
    pub(super) fn memory_for(&self, first_row: usize, count: usize) -> Result<Box<dyn RowBuffer>, Thrown> {
        let length = count * self.row_bytes;
        Ok(match self.start()? {
            Some(start) => {
                // SAFETY: the array has room for all rows, as was checked when `start` was looked
                // up, and `Feed` lets no more rows come.
                let start = unsafe { start.add(first_row * self.row_bytes) };
                Box::new(DirectRows { start, length, are_read_late: self.bytes() >= LATE_BYTES })
            }
            None => Box::new(StagedRows::new(length)),
        })
    }

    /// Copies what a finished slice has into the arrays.
    pub(super) fn take(&self, mut slice: Slice) -> Result<(), Thrown> {
        if let (Target::Staged, Some(out), Some(rows)) = (self.target, self.out.get(), &mut slice.rows) {
            let memory = self.js.rows_array(self.js.referenced(out)?, self.dtype)?;
            copy_into(memory, slice.first_row * self.row_bytes, rows.rows_mut(), self.bytes())?;
        }
        if let Some(tokens) = self.tokens.get() {
            let memory = self.js.uint32_array(self.js.referenced(tokens)?)?;
            copy_into(memory, slice.first_row, &slice.counts, self.rows * 4)?;
        }
        Ok(())
    }

    /// Lets go of the arrays.
    pub(super) fn release(&self) {
        for reference in [self.out.take(), self.tokens.take()].into_iter().flatten() {
            self.js.delete_reference(reference);
        }
    }
}

/// Copies `values` into an array from the index `first` on. The whole array should have
/// `expected_bytes`.
fn copy_into<T: Copy>(memory: TypedMemory<T>, first: usize, values: &[T], expected_bytes: usize) -> Result<(), Thrown> {
    if memory.length < first + values.len() {
        return Err(Thrown::too_small(expected_bytes, memory.length * size_of::<T>()));
    }
    // SAFETY: the array has room for the values, as was just checked, and no JavaScript has run
    // since it was looked up.
    unsafe { std::ptr::copy_nonoverlapping(values.as_ptr(), memory.start.add(first), values.len()) };
    Ok(())
}

impl Drop for RowResults {
    fn drop(&mut self) {
        // A job that was neither finished nor cancelled is garbage with its handle.
        self.release();
    }
}
