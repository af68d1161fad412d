//! The results of a count job: how many token ids each text has, as an array that is made at the
//! end.

use std::cell::RefCell;

use model2vec_engine::Slice;
use napi::sys;

use crate::error::Thrown;
use crate::js::Js;

/// The counts of finished slices.
#[derive(Default)]
pub(super) struct CountResults {
    slices: RefCell<Vec<Slice>>,
}

impl CountResults {
    pub(super) fn take(&self, slice: Slice) {
        self.slices.borrow_mut().push(slice);
    }

    /// Adds `counts`: of each text, how many ids it has.
    pub(super) fn add_to(&self, js: Js, object: sys::napi_value) -> Result<(), Thrown> {
        let mut slices = self.slices.borrow_mut();
        slices.sort_unstable_by_key(|slice| slice.first_row);
        let total = slices.iter().map(|slice| slice.counts.len()).sum();
        js.set(object, "counts", js.new_uint32_array(total, slices.iter().map(|slice| slice.counts.as_slice()))?)
    }

    pub(super) fn free(&self) {
        self.slices.take();
    }
}
