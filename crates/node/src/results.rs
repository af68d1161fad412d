//! What a job's work comes to: rows and token counts in JavaScript's arrays, ids in arrays of our own, and the counts of texts.

use std::cell::{Cell, RefCell};

use model2vec_engine::{Dtype, RowBuffer, Slice, Work};
use napi::sys;

use crate::error::Thrown;
use crate::huge_pages;
use crate::job::JobSettings;
use crate::js::Js;
use crate::target::{DirectRows, Mode, StagedRows};

/// Results of so many bytes fill the second-level cache of today's CPUs: what was written first has left it when it is read.
const LATE_BYTES: usize = 1 << 20;

/// References that keep a job's typed arrays alive.
struct Arrays {
    out: Option<sys::napi_ref>,
    tokens: Option<sys::napi_ref>,
}

/// The results of one job, on its environment's thread.
pub(crate) struct Results {
    js: Js,
    mode: Mode,
    /// How many rows, or texts whose ids are wanted.
    rows: usize,
    /// Whether ids are wanted, not rows.
    wants_ids: bool,
    dtype: Dtype,
    row_bytes: usize,
    /// Where the first row lies; null where rows are staged, and in a held job that has not started.
    start: Cell<*mut u8>,
    arrays: RefCell<Arrays>,
    /// Parts of a tokenize job, for the end.
    tokenized: RefCell<Vec<Slice>>,
    truncated: Cell<usize>,
}

impl Results {
    /// # Errors
    /// When the arrays have no room for all rows.
    pub(crate) fn new(js: Js, settings: &JobSettings) -> Result<Self, Thrown> {
        let (dtype, row_bytes) = match settings.work {
            Work::Encode(options) | Work::Gather(options) => (options.dtype, settings.model.row_bytes(options)),
            Work::Tokenize { .. } => (Dtype::Float32, 0),
        };
        let results = Self {
            js,
            mode: settings.mode,
            rows: settings.rows,
            wants_ids: matches!(settings.work, Work::Tokenize { .. }),
            dtype,
            row_bytes,
            start: Cell::new(std::ptr::null_mut()),
            arrays: RefCell::new(Arrays { out: None, tokens: None }),
            tokenized: RefCell::default(),
            truncated: Cell::new(0),
        };
        if let Some(out) = settings.out {
            let start = results.rows_start(out)?;
            if matches!(settings.mode, Mode::Direct | Mode::Sync) {
                results.start.set(start);
                huge_pages::advise(start, results.bytes());
            }
        }
        if let Some(tokens) = settings.tokens {
            let memory = js.uint32_array(tokens)?;
            if memory.length < settings.rows {
                return Err(Thrown::too_small(settings.rows * 4, memory.length * 4));
            }
        }
        // From here on nothing fails but what leaves no reference behind: `drop` deletes those that were made.
        results.arrays.borrow_mut().out = settings.out.map(|array| js.reference(array)).transpose()?;
        results.arrays.borrow_mut().tokens = settings.tokens.map(|array| js.reference(array)).transpose()?;
        Ok(results)
    }

    /// What all rows take.
    fn bytes(&self) -> usize {
        self.rows.saturating_mul(self.row_bytes)
    }

    /// Where the array's memory lies now, which has room for all rows.
    fn rows_start(&self, out: sys::napi_value) -> Result<*mut u8, Thrown> {
        let memory = self.js.rows_array(out, self.dtype)?;
        if memory.length < self.bytes() {
            return Err(Thrown::too_small(self.bytes(), memory.length));
        }
        Ok(memory.start)
    }

    /// Takes the pointer of a held job: `out` stays where it is until JavaScript runs again.
    pub(crate) fn find_start(&self) -> Result<(), Thrown> {
        let out = self.arrays.borrow().out;
        if let Some(out) = out {
            self.start.set(self.rows_start(self.js.referenced(out)?)?);
        }
        Ok(())
    }

    /// Where `count` rows from `first_row` on are written; `None` when ids are wanted.
    pub(crate) fn rows_for(&self, first_row: usize, count: usize) -> Option<Box<dyn RowBuffer>> {
        let length = count * self.row_bytes;
        if self.wants_ids {
            None
        } else if self.mode == Mode::Staged {
            Some(Box::new(StagedRows::new(length)))
        } else {
            // SAFETY: `new` or `find_start` checked that the array has room for all rows, and `feed` that no more rows come.
            let start = unsafe { self.start.get().add(first_row * self.row_bytes) };
            let are_read_late = self.bytes() >= LATE_BYTES;
            Some(Box::new(DirectRows { start, length, are_read_late }))
        }
    }

    /// Takes over a part that is done; what it was made from is the caller's.
    pub(crate) fn take(&self, mut part: Slice) -> Result<(), Thrown> {
        self.truncated.set(self.truncated.get() + part.truncated);
        let (out, tokens) = {
            let arrays = self.arrays.borrow();
            (arrays.out, arrays.tokens)
        };
        if let (Some(reference), Some(rows), Mode::Staged) = (out, &mut part.rows, self.mode) {
            let memory = self.js.rows_array(self.js.referenced(reference)?, self.dtype)?;
            let rows = rows.rows_mut();
            let start = part.first_row * self.row_bytes;
            if memory.length < start + rows.len() {
                return Err(Thrown::too_small(self.bytes(), memory.length));
            }
            // SAFETY: the array has room for the rows, as was just checked, and no JavaScript ran since.
            unsafe { std::ptr::copy_nonoverlapping(rows.as_ptr(), memory.start.add(start), rows.len()) };
        }
        if let Some(reference) = tokens {
            let memory = self.js.uint32_array(self.js.referenced(reference)?)?;
            if memory.length < part.first_row + part.counts.len() {
                return Err(Thrown::too_small(self.rows * 4, memory.length * 4));
            }
            // SAFETY: as above.
            unsafe {
                std::ptr::copy_nonoverlapping(
                    part.counts.as_ptr(),
                    memory.start.add(part.first_row),
                    part.counts.len(),
                );
            }
        }
        if self.wants_ids {
            self.tokenized.borrow_mut().push(part);
        }
        Ok(())
    }

    /// The object that a job ends with.
    pub(crate) fn object(&self) -> Result<sys::napi_value, Thrown> {
        let js = self.js;
        let object = js.object()?;
        js.set(object, "truncated", js.number(self.truncated.get() as f64)?)?;
        if self.wants_ids {
            let mut parts = self.tokenized.borrow_mut();
            parts.sort_unstable_by_key(|part| part.first_row);
            let total = parts.iter().map(|part| part.ids.len()).sum();
            let mut end = 0;
            let cut: Vec<u8> = parts.iter().flat_map(|part| &part.cut).copied().collect();
            js.set(object, "cut", js.new_uint8_array(&cut)?)?;
            let ends: Vec<u32> = parts
                .iter()
                .flat_map(|part| &part.counts)
                .map(|count| {
                    end += count;
                    end
                })
                .collect();
            js.set(object, "ids", js.new_uint32_array(total, parts.iter().map(|part| part.ids.as_slice()))?)?;
            js.set(object, "ends", js.new_uint32_array(ends.len(), std::iter::once(ends.as_slice()))?)?;
        }
        Ok(object)
    }

    /// Lets the arrays go, and what came of the texts.
    pub(crate) fn release(&self) {
        self.tokenized.take();
        let mut arrays = self.arrays.borrow_mut();
        for reference in [arrays.out.take(), arrays.tokens.take()].into_iter().flatten() {
            self.js.delete_reference(reference);
        }
    }
}

impl Drop for Results {
    fn drop(&mut self) {
        // Those of a job that was neither finished nor cancelled: its handle was garbage.
        self.release();
    }
}
