//! When the slices of a job start, and on which threads: one strategy for each kind of call.

use std::cell::RefCell;

use model2vec_engine::Slice;

use crate::error::Thrown;
use crate::job::feed::FilledSlice;
use crate::job::flow::Flow;
use crate::job::results::Results;
use crate::job::settings::Mode;

/// When the slices of a job start, and on which threads.
pub(super) enum Schedule {
    /// Asynchronous calls: the pool's threads start with each slice as soon as it is full.
    Pool,
    /// Synchronous calls on several threads: as `Pool`, and the calling thread works too.
    Shared,
    /// Synchronous calls on one thread: the calling thread works on each slice as soon as it is
    /// full.
    Alone,
    /// Synchronous calls on several threads, into memory that user code can move: no slice starts
    /// before the last text was read, as reading texts runs user code. Then as `Shared`.
    AfterReading(RefCell<Vec<FilledSlice>>),
}

impl Schedule {
    pub(super) fn of(mode: Mode, threads: usize) -> Self {
        match mode {
            Mode::Direct | Mode::Staged => Self::Pool,
            Mode::Sync | Mode::Held if threads == 1 => Self::Alone,
            Mode::Sync => Self::Shared,
            Mode::Held => Self::AfterReading(RefCell::default()),
        }
    }

    /// Whether the calling thread works on slices, and passes on their results, while it feeds.
    pub(super) fn works_while_feeding(&self) -> bool {
        matches!(self, Self::Shared | Self::Alone)
    }

    /// Starts a slice that is full, or keeps it for later.
    ///
    /// # Errors
    /// When the memory for its rows is gone.
    pub(super) fn start(&self, slice: FilledSlice, flow: &Flow, results: &Results) -> Result<(), Thrown> {
        match self {
            Self::Pool => flow.add(with_memory(slice, results)?),
            Self::Shared => {
                flow.add(with_memory(slice, results)?);
                flow.help_until_room();
            }
            Self::Alone => flow.run_here(with_memory(slice, results)?),
            Self::AfterReading(kept) => kept.borrow_mut().push(slice),
        }
        Ok(())
    }

    /// Starts the slices that were kept. From here to the end of the call no JavaScript runs.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub(super) fn start_kept(&self, flow: &Flow, results: &Results) -> Result<(), Thrown> {
        if let Self::AfterReading(kept) = self {
            for slice in kept.take() {
                flow.add(with_memory(slice, results)?);
            }
        }
        Ok(())
    }

    /// Drops the slices that were kept.
    pub(super) fn clear(&self) {
        if let Self::AfterReading(kept) = self {
            kept.take();
        }
    }
}

/// The slice as the engine takes it, with memory for its rows.
fn with_memory(slice: FilledSlice, results: &Results) -> Result<Slice, Thrown> {
    let rows = results.rows_for(slice.first_row, slice.rows)?;
    Ok(Slice::new(slice.first_row, slice.input, rows))
}
