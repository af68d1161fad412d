//! The results of a tokenize job: the token ids of all texts, as arrays that are made at the end.

use std::cell::RefCell;

use model2vec_engine::Slice;
use napi::sys;

use crate::error::Thrown;
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

    /// Adds `ids` (all texts' ids, one after the other), `ends` (of each text, where its ids end in
    /// `ids`) and `cut` (of each text, 1 if it was truncated, else 0).
    pub(super) fn add_to(&self, js: Js, object: sys::napi_value) -> Result<(), Thrown> {
        let mut slices = self.slices.borrow_mut();
        slices.sort_unstable_by_key(|slice| slice.first_row);
        let cut: Vec<u8> = slices.iter().flat_map(|slice| &slice.cut).copied().collect();
        let mut end = 0;
        let counts = slices.iter().flat_map(|slice| &slice.counts);
        let ends: Vec<u32> = counts
            .map(|count| {
                end += count;
                end
            })
            .collect();
        let total = slices.iter().map(|slice| slice.ids.len()).sum();
        js.set(object, "cut", js.new_uint8_array(&cut)?)?;
        js.set(object, "ids", js.new_uint32_array(total, slices.iter().map(|slice| slice.ids.as_slice()))?)?;
        js.set(object, "ends", js.new_uint32_array(ends.len(), std::iter::once(ends.as_slice()))?)
    }

    pub(super) fn free(&self) {
        self.slices.take();
    }
}
