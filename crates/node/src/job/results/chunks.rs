//! The results of a chunk job, as arrays that are made at the end.

use std::cell::RefCell;

use model2vec_engine::Slice;
use napi::sys;

use crate::error::{Thrown, buffer};
use crate::js::Js;

/// The numbers of a chunk, in this order (src/native/interface.ts, `CHUNK_NUMBERS`).
const NUMBERS: usize = 6;

/// The chunks of finished slices.
pub(super) struct ChunkResults {
    with_ids: bool,
    slices: RefCell<Vec<Slice>>,
}

impl ChunkResults {
    pub(super) fn new(with_ids: bool) -> Self {
        Self { with_ids, slices: RefCell::default() }
    }

    pub(super) fn take(&self, slice: Slice) {
        self.slices.borrow_mut().push(slice);
    }

    /// Adds `counts` (how many chunks each text has), `chunks` (of each chunk its start and end in
    /// UTF-16 units, its start and end in bytes, its token ids, and how many of them are pooled),
    /// and, where they are wanted, the pooled `ids` of all chunks, one chunk after the other.
    pub(super) fn add_to(&self, js: Js, object: sys::napi_value) -> Result<(), Thrown> {
        let mut slices = self.slices.borrow_mut();
        slices.sort_unstable_by_key(|slice| slice.first_row);
        let texts = slices.iter().map(|slice| slice.counts.len()).sum();
        js.set(object, "counts", js.new_uint32_array(texts, slices.iter().map(|slice| slice.counts.as_slice()))?)?;
        let count: usize = slices.iter().map(|slice| slice.chunks.len()).sum();
        let mut numbers: Vec<u32> = buffer(count.saturating_mul(NUMBERS))?;
        numbers.extend(slices.iter().flat_map(|slice| &slice.chunks).flat_map(|(chunk, pooled)| -> [u32; NUMBERS] {
            let (units, bytes) = (chunk.units, chunk.bytes);
            [units.0, units.1, bytes.0, bytes.1, chunk.tokens, *pooled as usize].map(|number| number as u32)
        }));
        js.set(object, "chunks", js.new_uint32_array(numbers.len(), std::iter::once(numbers.as_slice()))?)?;
        if self.with_ids {
            let ids = slices.iter().map(|slice| slice.ids.len()).sum();
            js.set(object, "ids", js.new_uint32_array(ids, slices.iter().map(|slice| slice.ids.as_slice()))?)?;
        }
        Ok(())
    }

    pub(super) fn free(&self) {
        self.slices.take();
    }
}
