//! In place of a model and its work: a slice that counts how often it runs, and may wait for
//! something, fail or panic.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::run::outcome::BatchError;
use crate::run::slice::Slice;

/// How many slices are running.
pub(crate) static RUNNING: AtomicUsize = AtomicUsize::new(0);

#[derive(Debug, Clone, Copy)]
pub enum Work {
    Counts,
    Fails,
    Panics,
}

pub(crate) struct StaticModel;

pub(crate) struct Scratch;

impl StaticModel {
    pub(crate) fn long_units(&self) -> usize {
        1
    }

    pub(crate) fn take_scratch(&self) -> Scratch {
        Scratch
    }

    pub(crate) fn put_scratch(&self, _scratch: Scratch) {}
}

pub(crate) struct SharedWork {
    pub(crate) model: Arc<StaticModel>,
    work: Work,
    cancelled: AtomicBool,
    rows_done: AtomicUsize,
}

impl SharedWork {
    pub(crate) fn new(model: Arc<StaticModel>, work: Work) -> Self {
        Self { model, work, cancelled: AtomicBool::default(), rows_done: AtomicUsize::default() }
    }

    pub(crate) fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    pub(crate) fn rows_done(&self) -> usize {
        self.rows_done.load(Ordering::Relaxed)
    }

    pub(crate) fn fill(&self, slice: &mut Slice, _scratch: &mut Scratch) -> Result<(), BatchError> {
        struct End;
        impl Drop for End {
            fn drop(&mut self) {
                RUNNING.fetch_sub(1, Ordering::Relaxed);
            }
        }
        RUNNING.fetch_add(1, Ordering::Relaxed);
        let _end = End;
        if let Some(waits) = slice.waits.take() {
            waits();
        }
        shuttle::thread::yield_now();
        if self.cancelled.load(Ordering::Relaxed) {
            return Err(BatchError::Cancelled);
        }
        match self.work {
            Work::Counts => {}
            Work::Fails => return Err(BatchError::OutOfMemory(1)),
            Work::Panics => std::panic::resume_unwind(Box::new("a bug")),
        }
        self.rows_done.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}
