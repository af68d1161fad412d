//! What a job is made from, as JavaScript gives it.

use std::rc::Rc;

use model2vec_engine::Work;
use napi::sys;

use crate::error::Thrown;
use crate::local_model::LocalModel;

/// A slice (the texts that one thread takes as a unit) ends when it has this many UTF-16 units:
/// some 50 to 100 µs of work.
pub(crate) const SLICE_UNITS: usize = 1 << 15;
/// A slice of token ids that are pooled ends when it has this many.
pub(super) const SLICE_IDS: usize = 1 << 13;
/// The rows of a slice take at most this many bytes, so that copying staged rows takes a fraction
/// of a millisecond.
pub(super) const SLICE_BYTES: usize = 1 << 20;

/// Where the rows of a job go, and whether the call is synchronous.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Asynchronous, into memory that no user code can move or free: a result that nobody has seen
    /// yet, or a SharedArrayBuffer. Threads write into it from the first slice on.
    Direct,
    /// Asynchronous, into the caller's `out`, which can be transferred, resized or detached at any
    /// moment. Threads write into chunks of ours; the JavaScript thread copies them over, and looks
    /// up pointer and length anew each time.
    Staged,
    /// Synchronous, into memory as for `Direct`.
    Sync,
    /// Synchronous, into the caller's `out`. Threads write into it only while no JavaScript runs.
    Held,
}

impl Mode {
    /// All modes, by the numbers that JavaScript passes, with their names there
    /// (src/native/interface.ts, `JOB_MODE`).
    pub(crate) const NAMED: [(&'static str, Self); 4] =
        [("direct", Self::Direct), ("staged", Self::Staged), ("sync", Self::Sync), ("held", Self::Held)];

    /// The mode of a number.
    pub(crate) fn of(number: f64) -> Result<Self, Thrown> {
        let named = Self::NAMED.get(number as usize).filter(|_| number >= 0.0);
        named.map(|&(_, mode)| mode).ok_or_else(|| {
            Thrown::internal(format!("internal error: expected a mode below {}, found {number}", Self::NAMED.len()))
        })
    }

    pub(super) fn is_synchronous(self) -> bool {
        matches!(self, Self::Sync | Self::Held)
    }
}

/// The settings of a new job.
pub(crate) struct JobSettings {
    pub(crate) model: Rc<LocalModel>,
    pub(crate) work: Work,
    /// The most token ids of a text; `None` = no limit.
    pub(crate) max_length: Option<usize>,
    /// How many texts come, or for [`Work::Gather`], how many token ids there are.
    pub(crate) rows: usize,
    /// How many threads work at once, the calling thread of a synchronous call included; at least
    /// 1.
    pub(crate) threads: usize,
    pub(crate) mode: Mode,
    /// The typed array for the rows, of the kind that holds their element type; `None` when ids or
    /// their counts are wanted.
    pub(crate) out: Option<sys::napi_value>,
    /// A Uint32Array for the number of pooled ids of each text.
    pub(crate) tokens: Option<sys::napi_value>,
}
