//! The results of a job, from finished slices into JavaScript's memory.

mod chunks;
mod counts;
mod ids;
mod rows;

use std::cell::RefCell;

use model2vec_engine::{RowBuffer, Slice, Work};
use napi::sys;

use crate::error::Thrown;
use crate::job::settings::JobSettings;
use crate::js::Js;

use chunks::ChunkResults;
use counts::CountResults;
use ids::IdResults;
use rows::RowResults;

/// The results of one job, on its environment's thread.
pub(super) struct Results {
    js: Js,
    kind: Kind,
    /// The indices of the texts that were truncated, in the order in which slices end.
    truncated: RefCell<Vec<u32>>,
}

enum Kind {
    Rows(RowResults),
    Ids(IdResults),
    Counts(CountResults),
    Chunks(ChunkResults),
}

impl Results {
    /// # Errors
    /// When the arrays have no room for all rows.
    pub(super) fn new(js: Js, settings: &JobSettings) -> Result<Self, Thrown> {
        let kind = match (settings.work, settings.out) {
            (Work::Encode(options) | Work::Pool(options) | Work::Gather(options) | Work::Head(options), Some(out)) => {
                Kind::Rows(RowResults::new(js, settings, options, out)?)
            }
            (Work::Tokenize { .. }, _) => Kind::Ids(IdResults::default()),
            (Work::Count { .. }, _) => Kind::Counts(CountResults::default()),
            (Work::Chunk { with_ids, .. }, _) => Kind::Chunks(ChunkResults::new(with_ids)),
            _ => return Err(Thrown::internal("internal error: a job of rows has no array for them")),
        };
        Ok(Self { js, kind, truncated: RefCell::default() })
    }

    /// Memory for `count` rows from `first_row` on; `None` when ids or their counts are
    /// wanted.
    ///
    /// # Errors
    /// When the array of a held job has become too small.
    pub(super) fn rows_for(&self, first_row: usize, count: usize) -> Result<Option<Box<dyn RowBuffer>>, Thrown> {
        match &self.kind {
            Kind::Rows(rows) => rows.memory_for(first_row, count).map(Some),
            Kind::Ids(_) | Kind::Counts(_) | Kind::Chunks(_) => Ok(None),
        }
    }

    /// Looks the memory of a held job up.
    ///
    /// # Errors
    /// When it has become too small.
    pub(super) fn check_memory(&self) -> Result<(), Thrown> {
        match &self.kind {
            Kind::Rows(rows) => rows.check_memory(),
            Kind::Ids(_) | Kind::Counts(_) | Kind::Chunks(_) => Ok(()),
        }
    }

    /// Takes over the results of a finished slice.
    pub(super) fn take(&self, mut slice: Slice) -> Result<(), Thrown> {
        self.truncated.borrow_mut().append(&mut slice.truncated);
        match &self.kind {
            Kind::Rows(rows) => rows.take(slice),
            Kind::Ids(ids) => {
                ids.take(slice);
                Ok(())
            }
            Kind::Counts(counts) => {
                counts.take(slice);
                Ok(())
            }
            Kind::Chunks(chunks) => {
                chunks.take(slice);
                Ok(())
            }
        }
    }

    /// The object that JavaScript gets at the end.
    pub(super) fn object(&self) -> Result<sys::napi_value, Thrown> {
        let object = self.js.object()?;
        let mut truncated = self.truncated.borrow_mut();
        truncated.sort_unstable();
        let rows = self.js.new_uint32_array(truncated.len(), std::iter::once(truncated.as_slice()))?;
        self.js.set(object, "truncated", rows)?;
        match &self.kind {
            Kind::Rows(_) => {}
            Kind::Ids(ids) => ids.add_to(self.js, object)?,
            Kind::Counts(counts) => counts.add_to(self.js, object)?,
            Kind::Chunks(chunks) => chunks.add_to(self.js, object)?,
        }
        Ok(object)
    }

    /// Lets go of the arrays, and frees results that nobody asked for.
    pub(super) fn free(&self) {
        match &self.kind {
            Kind::Rows(rows) => rows.release(),
            Kind::Ids(ids) => ids.free(),
            Kind::Counts(counts) => counts.free(),
            Kind::Chunks(chunks) => chunks.free(),
        }
        self.truncated.take();
    }
}
