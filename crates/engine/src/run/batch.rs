//! A batch: the slices of one call. The caller adds slices as it reads texts, threads compute them,
//! and the caller takes them out again, in any order.
//!
//! The caller makes the slices, and should cut them by the length of their texts and not only by
//! their number, so that all threads end at about the same time. It also decides where the rows of
//! a slice lie, by the [`RowBuffer`](crate::RowBuffer) that it gives it. The results of a slice are
//! in the slice itself, which is kept here until [`Batch::take_done`].
//!
//! A batch ends early at its first error or when it is cancelled: it then drops the slices that
//! wait, and the slice that failed.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, PoisonError};

use crate::model::StaticModel;
use crate::run::outcome::{BatchError, Left};
use crate::run::slice::{Input, Slice};
use crate::run::work::{SharedWork, Work};
use crate::run::workers::{self, Claim, Job};
use crate::sync::{Condvar, Mutex, MutexGuard};

#[derive(Default)]
struct State {
    waiting: VecDeque<Slice>,
    done: Vec<Slice>,
    /// How many slices are running, on any thread.
    running: usize,
    /// How many of the running slices are on threads of the pool.
    running_on_pool: usize,
    closed: bool,
    error: Option<BatchError>,
}

impl State {
    /// Whether no slice is running, and none will run any more.
    fn is_finished(&self) -> bool {
        self.running == 0 && (self.error.is_some() || (self.closed && self.waiting.is_empty()))
    }
}

/// The kind of thread that runs a slice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Runner {
    Caller,
    Pool,
}

/// Called after each slice, on the thread that ran it.
type OnSlice = Box<dyn Fn(Left) + Send + Sync>;

/// The slices of one call.
pub struct Batch {
    shared: SharedWork,
    threads: usize,
    state: Mutex<State>,
    idle: Condvar,
    on_slice: OnSlice,
}

impl Batch {
    /// A batch that uses up to `threads` of the pool's threads, and at least one. After each slice,
    /// also one that failed, the thread that ran it calls `on_slice`.
    pub fn new(
        model: Arc<StaticModel>,
        work: Work,
        threads: usize,
        on_slice: impl Fn(Left) + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self {
            shared: SharedWork::new(model, work),
            threads: threads.max(1),
            state: Mutex::default(),
            idle: Condvar::new(),
            on_slice: Box::new(on_slice),
        })
    }

    /// The model that the batch runs on.
    #[must_use]
    pub fn model(&self) -> &Arc<StaticModel> {
        &self.shared.model
    }

    /// Hands a slice to the pool; a batch that ended early drops it. If the system grants the pool
    /// no thread at all, the slice runs on this thread instead.
    pub fn add(self: &Arc<Self>, slice: Slice) {
        let mut state = self.lock();
        if state.error.is_some() {
            return;
        }
        state.waiting.push_back(slice);
        drop(state);
        let job: Arc<dyn Job> = Arc::clone(self) as Arc<dyn Job>;
        if !workers::submit(&job) {
            self.help();
        }
    }

    /// Runs a slice on this thread, now; a batch that ended early drops it.
    pub fn run_here(&self, slice: Slice) {
        let mut state = self.lock();
        if state.error.is_some() {
            return;
        }
        state.running += 1;
        drop(state);
        self.run(slice, Runner::Caller);
    }

    /// Says that no slice will be added any more. Returns true when the batch is finished already:
    /// then `on_slice` is not called again.
    pub fn close(&self) -> bool {
        let mut state = self.lock();
        state.closed = true;
        state.is_finished()
    }

    /// Runs slices on this thread until none is waiting, then waits for those that other threads
    /// have taken.
    pub fn help_and_wait(self: &Arc<Self>) {
        self.help();
        let mut state = self.lock();
        while state.running > 0 || (state.error.is_none() && !state.waiting.is_empty()) {
            state = self.idle.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        drop(state);
        self.leave_pool();
    }

    /// Runs one waiting slice on this thread; false when there is none.
    pub fn help_once(self: &Arc<Self>) -> bool {
        let mut state = self.lock();
        let Some(slice) = state.waiting.pop_front() else { return false };
        state.running += 1;
        drop(state);
        self.run(slice, Runner::Caller);
        true
    }

    /// Leaves the pool's queue. Otherwise the queue would keep the batch, and with it the model,
    /// alive: when the caller has run the last slice itself, no thread of the pool finds out that
    /// the batch is empty.
    fn leave_pool(self: &Arc<Self>) {
        let job: Arc<dyn Job> = Arc::clone(self) as Arc<dyn Job>;
        workers::forget(&job);
    }

    /// Stops the batch: waiting slices are dropped. Running ones end within
    /// milliseconds, also within a long text. If no slice is running, the batch is
    /// finished at once, and `on_slice` is not called for that.
    pub fn cancel(self: &Arc<Self>) {
        self.shared.cancel();
        let mut state = self.lock();
        state.error.get_or_insert(BatchError::Cancelled);
        state.waiting.clear();
        drop(state);
        self.idle.notify_all();
        self.leave_pool();
    }

    /// The outcome once the batch is finished; `None` before. Without an error, a batch is finished
    /// only after [`close`](Self::close).
    #[must_use]
    pub fn outcome(&self) -> Option<Result<(), BatchError>> {
        let state = self.lock();
        state.is_finished().then(|| state.error.clone().map_or(Ok(()), Err))
    }

    /// Takes the slices that are done, in no particular order.
    #[must_use]
    pub fn take_done(&self) -> Vec<Slice> {
        std::mem::take(&mut self.lock().done)
    }

    /// How many slices are waiting, running, or done and not taken yet.
    #[must_use]
    pub fn slices_held(&self) -> usize {
        let state = self.lock();
        state.waiting.len() + state.running + state.done.len()
    }

    /// How many texts, or ids to gather, are done.
    #[must_use]
    pub fn rows_done(&self) -> usize {
        self.shared.rows_done()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn help(self: &Arc<Self>) {
        while self.help_once() {}
    }

    fn run(&self, mut slice: Slice, runner: Runner) {
        let model = &self.shared.model;
        let mut scratch = None;
        // What unwinds leaves no broken state: the slice and its scratch are dropped, and the model
        // never changes.
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            let scratch = scratch.insert(model.take_scratch());
            self.shared.fill(&mut slice, scratch)
        }));
        let (error, useless) = match outcome.unwrap_or_else(|panic| Err(panic.into())) {
            Ok(()) => {
                scratch.into_iter().for_each(|scratch| model.put_scratch(scratch));
                if let Input::Texts(texts) = &mut slice.input {
                    texts.free_if_huge();
                }
                (None, None)
            }
            Err(error) => (Some(error), scratch),
        };
        let mut state = self.lock();
        state.running -= 1;
        if runner == Runner::Pool {
            state.running_on_pool -= 1;
        }
        match error {
            None => state.done.push(slice),
            Some(error) => {
                state.error.get_or_insert(error);
                state.waiting.clear();
            }
        }
        let left = Left { slices: state.waiting.len() + state.running, is_finished: state.is_finished() };
        drop(state);
        self.idle.notify_all();
        (self.on_slice)(left);
        // To free gigabytes takes a while, for which nobody waits.
        drop(useless);
    }
}

impl Job for Batch {
    fn claim(self: Arc<Self>, may_be_long: bool) -> Claim {
        let mut state = self.lock();
        if state.waiting.is_empty() {
            return Claim::Empty;
        }
        if state.running_on_pool >= self.threads {
            return Claim::Busy;
        }
        let long_units = self.shared.model.long_units();
        let next = state.waiting.iter().position(|slice| may_be_long || slice.unit_count() <= long_units);
        let Some(slice) = next.and_then(|index| state.waiting.remove(index)) else { return Claim::Busy };
        state.running += 1;
        state.running_on_pool += 1;
        drop(state);
        let is_long = slice.unit_count() > long_units;
        Claim::Slice { is_long, run: Box::new(move || self.run(slice, Runner::Pool)) }
    }

    fn thread_limit(&self) -> usize {
        self.threads
    }
}
