//! A job's slices on their way through the engine: how many are in flight, when the feeder has to
//! pause, and when the threads wake the event loop.
//!
//! The feeder is the JavaScript that feeds texts to an asynchronous job (src/call/job.ts). A slice
//! is in flight from [`Flow::add`] until its results are passed on ([`Flow::next_done`]).

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use model2vec_engine::{Batch, BatchError, Slice, Work};
use napi::sys;

use crate::environment::Environment;
use crate::job::settings::{JobSettings, Mode};
use crate::js::Js;

/// With this many slices in flight, the feeder has to pause.
const MOST_IN_FLIGHT: usize = 64;
/// The same for a staged job. Its slices hold the memory of their rows too, so fewer of them may be
/// in flight.
const MOST_STAGED_IN_FLIGHT: usize = 8;

/// The slices of a job that wait, run, or are finished. It is used on the job's JavaScript thread
/// alone. Once the job has ended, `add` and `cancel` do nothing.
pub(super) struct Flow {
    /// `None` once the job has ended, so that its model can go: the job's object may wait for the
    /// garbage collector.
    batch: RefCell<Option<Arc<Batch>>>,
    /// Slices that were collected, and whose results were not passed on yet.
    done: RefCell<Vec<Slice>>,
    /// The most slices in flight.
    limit: usize,
    /// Whether the event loop has to copy the rows of each slice.
    is_staged: bool,
    /// A thread that has finished a slice wakes the event loop only if fewer than this many slices
    /// still wait or run. After the last slice of the job it always does.
    wake_below: Arc<AtomicUsize>,
    /// The promise that a paused feeder awaits.
    room: RefCell<Option<sys::napi_deferred>>,
    /// How many rows were done when the job ended.
    final_rows: Cell<usize>,
}

impl Flow {
    /// The flow of the job `id`.
    pub(super) fn new(id: u32, environment: &Environment, settings: &JobSettings) -> Self {
        let wake_below = Arc::new(AtomicUsize::new(0));
        // In a synchronous call the calling thread is one of the call's threads.
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

    /// Hands a slice to the pool's threads. If the system grants the pool no thread, this thread
    /// runs it.
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

    /// When there is no room, works on waiting slices on this thread until none waits: finished
    /// slices are in flight too, until the caller collects them. So text buffers come back for the
    /// next slices, and their number stays bounded.
    pub(super) fn help_until_room(&self) {
        while !self.has_room() && self.batch().is_some_and(|batch| batch.help_once()) {}
    }

    /// No more slices come. This thread works on the waiting ones, then waits for those that other
    /// threads run.
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

    /// Drops the slices that wait. Those that run end within milliseconds, also within a long
    /// text; this function does not wait for them.
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

    /// Takes one of the slices that were collected, in no particular order.
    pub(super) fn next_done(&self) -> Option<Slice> {
        self.done.borrow_mut().pop()
    }

    /// Drops the slices that were collected, without their results.
    pub(super) fn drop_done(&self) {
        self.done.borrow_mut().clear();
    }

    /// Whether the results of collected slices are still to be passed on.
    pub(super) fn has_done(&self) -> bool {
        !self.done.borrow().is_empty()
    }

    /// How the work ended. `None` while slices run or may still come, and after [`Flow::free`].
    pub(super) fn outcome(&self) -> Option<Result<(), BatchError>> {
        self.batch().and_then(|batch| batch.outcome())
    }

    /// Whether the work has failed or was cancelled and no slice runs any more, or the job has
    /// ended: more texts would be of no use.
    pub(super) fn gave_up(&self) -> bool {
        self.batch().is_none_or(|batch| matches!(batch.outcome(), Some(Err(_))))
    }

    /// Whether the work has ended and all finished slices are collected. False after
    /// [`Flow::free`].
    pub(super) fn is_drained(&self) -> bool {
        self.batch().is_some_and(|batch| batch.outcome().is_some() && batch.slices_held() == 0)
    }

    /// The slices that wait, run or are finished. Finished ones count until their results are
    /// passed on, because staged ones still hold their rows.
    fn in_flight(&self) -> usize {
        self.batch().map_or(0, |batch| batch.slices_held()) + self.done.borrow().len()
    }

    /// Whether another slice may be added at once; if not, the feeder has to pause.
    pub(super) fn has_room(&self) -> bool {
        self.in_flight() < self.limit
    }

    /// A feeder that has paused goes on when no more slices than this are in flight. That is fewer
    /// than it takes to pause, so that it does not wake for one slice at a time.
    fn resume_at(&self) -> usize {
        self.limit / 2
    }

    /// Whether a feeder that has paused should go on: few enough slices are in flight, or the work
    /// has ended, so that there is nothing more to wait for.
    pub(super) fn should_resume(&self) -> bool {
        self.in_flight() <= self.resume_at() || self.outcome().is_some()
    }

    /// Stores the promise that a pausing feeder awaits. An earlier promise is settled first.
    pub(super) fn wait_for_room(&self, js: Js, deferred: sys::napi_deferred) {
        self.grant_room(js);
        self.room.replace(Some(deferred));
        self.set_wake_threshold();
    }

    /// Lets the feeder go on, if it has paused: settles its promise.
    pub(super) fn grant_room(&self, js: Js) {
        if let Some(deferred) = self.take_room() {
            self.set_wake_threshold();
            js.settle(deferred, js.undefined());
        }
    }

    /// Takes the promise of a feeder that has paused, for the caller to settle.
    pub(super) fn take_room(&self) -> Option<sys::napi_deferred> {
        self.room.take()
    }

    /// Each wake-up of the event loop interrupts the JavaScript thread and, if that thread has no
    /// core to itself, a thread of the pool. So finished slices wake it only to let a paused feeder
    /// go on, and after the last slice. Staged rows are the exception: they have to be copied slice
    /// by slice, so each slice wakes the event loop.
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

    /// How many rows are done; once the job has ended, how many were.
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
