//! The results of a tokenize job: the token ids of all texts, as arrays that are made at the end.

use std::cell::RefCell;

use model2vec_engine::Slice;
use napi::sys;

use crate::error::{Thrown, buffer};
use crate::js::Js;

/// The token ids of finished slices.
#[derive(Default)]
pub(super) struct IdResults {
    slices: RefCell<Vec<Slice>>,
}

impl IdResults {
    pub(super) fn take(&self, slice: Slice) {
        self.slices.borrow_mut().push(slice);
    }

    /// Adds `ids` (all texts' ids, one after the other) and `ends` (of each text, where its ids end
    /// in `ids`).
    pub(super) fn add_to(&self, js: Js, object: sys::napi_value) -> Result<(), Thrown> {
        let mut slices = self.slices.borrow_mut();
        slices.sort_unstable_by_key(|slice| slice.first_row);
        let mut end = 0;
        let counts = slices.iter().flat_map(|slice| &slice.counts);
        let mut ends: Vec<u32> = buffer(slices.iter().map(|slice| slice.counts.len()).sum())?;
        ends.extend(counts.map(|count| {
            end += count;
            end
        }));
        let total = slices.iter().map(|slice| slice.ids.len()).sum();
        js.set(object, "ids", js.new_uint32_array(total, slices.iter().map(|slice| slice.ids.as_slice()))?)?;
        js.set(object, "ends", js.new_uint32_array(ends.len(), std::iter::once(ends.as_slice()))?)
    }

    pub(super) fn free(&self) {
        self.slices.take();
    }
}
