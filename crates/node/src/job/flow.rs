//! A job's slices on their way through the engine: how many are in flight, when the feeder has to
//! pause, and when the threads wake the event loop.

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use model2vec_engine::{Batch, BatchError, Slice, Work};
use napi::sys;

use crate::environment::Environment;
use crate::job::settings::{JobSettings, Mode};
use crate::js::Js;

/// This many slices may wait or run before the feeder has to pause.
const MOST_IN_FLIGHT: usize = 64;
/// Slices of staged rows hold their rows as well, so fewer of them may be in flight.
const MOST_STAGED_IN_FLIGHT: usize = 8;

/// The slices of a job that other threads work on, or have finished.
pub(super) struct Flow {
    /// `None` once the job has ended, so that its model can go: the job's object may wait for the
    /// garbage collector.
    batch: RefCell<Option<Arc<Batch>>>,
    /// Slices that are finished, and whose results were not passed on yet.
    done: RefCell<Vec<Slice>>,
    /// The most slices in flight.
    limit: usize,
    /// Whether the event loop has to copy the rows of each slice.
    is_staged: bool,
    /// Wake the event loop for a finished slice only when fewer than this many remain.
    wake_below: Arc<AtomicUsize>,
    /// The promise of a feeder that waits for room.
    room: RefCell<Option<sys::napi_deferred>>,
    /// How many rows were done when the job ended.
    final_rows: Cell<usize>,
}

impl Flow {
    /// The flow of the job `id`.
    pub(super) fn new(id: u32, environment: &Environment, settings: &JobSettings) -> Self {
        let wake_below = Arc::new(AtomicUsize::new(0));
        // In a synchronous call the calling thread is one of the threads.
        let pool_threads = settings.threads - usize::from(settings.mode.is_synchronous());
        let model = Arc::clone(settings.model.model());
        let (notifier, threshold) = (Arc::clone(&environment.notifier), Arc::clone(&wake_below));
        let work: Work = settings.work;
        let batch = Batch::new(model, work, pool_threads, move |left| {
            if left.is_finished || left.slices < threshold.load(Ordering::Acquire) {
                notifier.notify(id);
            }
        });
        let is_staged = settings.mode == Mode::Staged;
        let flow = Self {
            batch: RefCell::new(Some(batch)),
            done: RefCell::default(),
            limit: if is_staged { MOST_STAGED_IN_FLIGHT } else { MOST_IN_FLIGHT },
            is_staged,
            wake_below,
            room: RefCell::default(),
            final_rows: Cell::new(0),
        };
        flow.set_wake_threshold();
        flow
    }

    fn batch(&self) -> Option<Arc<Batch>> {
        self.batch.borrow().clone()
    }

    /// Hands a slice to the pool's threads.
    pub(super) fn add(&self, slice: Slice) {
        if let Some(batch) = self.batch() {
            batch.add(slice);
        }
    }

    /// Works on a slice on this thread, now.
    pub(super) fn run_here(&self, slice: Slice) {
        if let Some(batch) = self.batch() {
            batch.run_here(slice);
        }
    }

    /// Works on waiting slices on this thread until there is room. So text buffers come back for
    /// the next slices, and their number stays bounded.
    pub(super) fn help_until_room(&self) {
        while !self.has_room() && self.batch().is_some_and(|batch| batch.help_once()) {}
    }

    /// No more slices come. This thread works on those that wait, until all are finished.
    pub(super) fn help_and_wait(&self) {
        if let Some(batch) = self.batch() {
            batch.close();
            batch.help_and_wait();
        }
    }

    /// No more slices come. True if all are finished: then no thread will wake the event loop any
    /// more.
    pub(super) fn close(&self) -> bool {
        self.batch().is_none_or(|batch| batch.close())
    }

    /// Drops the slices that wait, and ends those that run at the next text.
    pub(super) fn cancel(&self) {
        if let Some(batch) = self.batch() {
            batch.cancel();
        }
    }

    /// As [`cancel`](Self::cancel), and waits until no thread works on a slice.
    pub(super) fn cancel_and_wait(&self) {
        if let Some(batch) = self.batch() {
            batch.cancel();
            batch.help_and_wait();
        }
    }

    /// Collects the slices that threads have finished.
    pub(super) fn collect(&self) {
        if let Some(batch) = self.batch() {
            self.done.borrow_mut().extend(batch.take_done());
        }
    }

    /// A finished slice, of those that were collected.
    pub(super) fn next_done(&self) -> Option<Slice> {
        self.done.borrow_mut().pop()
    }

    pub(super) fn drop_done(&self) {
        self.done.borrow_mut().clear();
    }

    pub(super) fn has_done(&self) -> bool {
        !self.done.borrow().is_empty()
    }

    /// How the work ended, if nothing more will happen.
    pub(super) fn outcome(&self) -> Option<Result<(), BatchError>> {
        self.batch().and_then(|batch| batch.outcome())
    }

    /// Whether the work gave up, or the job has ended: feeding is of no use any more.
    pub(super) fn gave_up(&self) -> bool {
        self.batch().is_none_or(|batch| matches!(batch.outcome(), Some(Err(_))))
    }

    /// Whether all slices are finished and collected.
    pub(super) fn is_drained(&self) -> bool {
        self.batch().is_some_and(|batch| batch.outcome().is_some() && batch.slices_held() == 0)
    }

    /// Finished slices count as well: staged ones still hold their rows.
    fn in_flight(&self) -> usize {
        self.batch().map_or(0, |batch| batch.slices_held()) + self.done.borrow().len()
    }

    /// Whether the feeder may go on.
    pub(super) fn has_room(&self) -> bool {
        self.in_flight() < self.limit
    }

    /// A feeder that has paused goes on when no more slices than this are in flight.
    fn resume_at(&self) -> usize {
        self.limit / 2
    }

    /// Whether a feeder that has paused should go on: there is room, or nothing more to wait for.
    pub(super) fn should_resume(&self) -> bool {
        self.in_flight() <= self.resume_at() || self.outcome().is_some()
    }

    /// Keeps the promise of a feeder that pauses.
    pub(super) fn wait_for_room(&self, js: Js, deferred: sys::napi_deferred) {
        self.grant_room(js);
        self.room.replace(Some(deferred));
        self.set_wake_threshold();
    }

    /// Lets the feeder go on, if it has paused.
    pub(super) fn grant_room(&self, js: Js) {
        if let Some(deferred) = self.take_room() {
            self.set_wake_threshold();
            js.settle(deferred, js.undefined());
        }
    }

    /// The promise of a feeder that has paused.
    pub(super) fn take_room(&self) -> Option<sys::napi_deferred> {
        self.room.take()
    }

    /// Staged rows have to be copied slice by slice, so each slice wakes the event loop. Otherwise
    /// slices wake it only to let a feeder go on: each wake-up interrupts the JavaScript thread,
    /// and where that has no core of its own, a thread of the pool.
    fn set_wake_threshold(&self) {
        let threshold = if self.is_staged {
            usize::MAX
        } else if self.room.borrow().is_some() {
            self.resume_at() + 1
        } else {
            0
        };
        self.wake_below.store(threshold, Ordering::Release);
    }

    /// How many rows are done.
    pub(super) fn rows_done(&self) -> usize {
        self.batch().map_or(self.final_rows.get(), |batch| batch.rows_done())
    }

    /// Frees the batch, and with it the model.
    pub(super) fn free(&self) {
        self.final_rows.set(self.rows_done());
        self.batch.replace(None);
        self.done.take();
    }
}
