//! Tasks: the work of one call as closures, which the threads of the pool share. For calls that run
//! no texts through a model; [`Batch`](super::batch::Batch) is for those that do.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use crate::run::outcome::BatchError;
use crate::run::workers::{self, Claim, Job};
use crate::sync::{AtomicBool, Condvar, Mutex, MutexGuard};

/// One task: a few milliseconds of work at most, so that other calls have their turn. It gets the
/// flag that says whether the call was cancelled.
type Task = Box<dyn FnOnce(&AtomicBool) + Send>;

#[derive(Default)]
struct State {
    waiting: VecDeque<Task>,
    /// How many tasks are running.
    running: usize,
    error: Option<BatchError>,
}

impl State {
    /// The next task, for a thread that runs it now; none while `threads` are running.
    fn take(&mut self, threads: usize) -> Option<Task> {
        if self.running >= threads {
            return None;
        }
        let task = self.waiting.pop_front()?;
        self.running += 1;
        Some(task)
    }
}

/// The tasks of one call.
pub struct Tasks {
    threads: usize,
    cancelled: AtomicBool,
    state: Mutex<State>,
    idle: Condvar,
    on_task: Box<dyn Fn(usize) + Send + Sync>,
}

impl Tasks {
    /// No tasks yet. At most `threads` will run at once, that of a thread that
    /// [helps](Self::help_and_wait) included. After each task, the thread that ran it calls
    /// `on_task` with the number of tasks that wait or run.
    pub fn new(threads: usize, on_task: impl Fn(usize) + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self {
            threads: threads.max(1),
            cancelled: AtomicBool::new(false),
            state: Mutex::default(),
            idle: Condvar::new(),
            on_task: Box::new(on_task),
        })
    }

    /// Hands a task to the pool. After an error or a cancellation it is dropped.
    pub fn add(self: &Arc<Self>, task: impl FnOnce(&AtomicBool) + Send + 'static) {
        let mut state = self.lock();
        if state.error.is_some() {
            return;
        }
        state.waiting.push_back(Box::new(task));
        drop(state);
        let job: Arc<dyn Job> = Arc::clone(self) as Arc<dyn Job>;
        if !workers::submit(&job) {
            self.help_and_wait();
        }
    }

    /// Runs tasks on this thread too, until none waits or runs.
    pub fn help_and_wait(self: &Arc<Self>) {
        let mut state = self.lock();
        while state.running > 0 || !state.waiting.is_empty() {
            match state.take(self.threads) {
                Some(task) => {
                    drop(state);
                    self.run(task);
                    state = self.lock();
                }
                None => state = self.idle.wait(state).unwrap_or_else(PoisonError::into_inner),
            }
        }
        drop(state);
        let job: Arc<dyn Job> = Arc::clone(self) as Arc<dyn Job>;
        workers::forget(&job);
    }

    /// Drops the tasks that wait, and tells those that run to end.
    pub fn cancel(self: &Arc<Self>) {
        self.cancelled.store(true, Ordering::Relaxed);
        let mut state = self.lock();
        state.error.get_or_insert(BatchError::Cancelled);
        // Dropped without the lock: the last task of a call may hold much.
        let waiting = std::mem::take(&mut state.waiting);
        drop(state);
        drop(waiting);
        self.idle.notify_all();
        let job: Arc<dyn Job> = Arc::clone(self) as Arc<dyn Job>;
        workers::forget(&job);
    }

    /// Why no more tasks run, if the call was cancelled or a task panicked.
    #[must_use]
    pub fn error(&self) -> Option<BatchError> {
        self.lock().error.clone()
    }

    /// How many tasks wait or run.
    #[must_use]
    pub fn left(&self) -> usize {
        let state = self.lock();
        state.waiting.len() + state.running
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self, task: Task) {
        // What a task changes is of no use after a panic: the call fails.
        let outcome = catch_unwind(AssertUnwindSafe(|| task(&self.cancelled)));
        let mut state = self.lock();
        state.running -= 1;
        if let Err(panic) = outcome {
            state.error.get_or_insert(panic.into());
            state.waiting.clear();
        }
        let left = state.waiting.len() + state.running;
        drop(state);
        self.idle.notify_all();
        (self.on_task)(left);
    }
}

impl Job for Tasks {
    fn claim(self: Arc<Self>, _may_be_long: bool) -> Claim {
        let mut state = self.lock();
        if state.waiting.is_empty() {
            return Claim::Empty;
        }
        let Some(task) = state.take(self.threads) else { return Claim::Busy };
        drop(state);
        Claim::Slice { is_long: false, run: Box::new(move || self.run(task)) }
    }

    fn thread_limit(&self) -> usize {
        self.threads
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc::channel;

    use super::{BatchError, Tasks};

    #[test]
    fn every_task_runs_once_and_the_last_one_reports_that_none_is_left() {
        let (sender, receiver) = channel();
        let tasks = Tasks::new(3, move |left| sender.send(left).unwrap());
        let count = Arc::new(AtomicUsize::new(0));
        for _ in 0..100 {
            let count = Arc::clone(&count);
            tasks.add(move |_| {
                count.fetch_add(1, Ordering::Relaxed);
            });
        }
        tasks.help_and_wait();
        assert_eq!(count.load(Ordering::Relaxed), 100);
        // The call after a task comes after the task is counted as done.
        assert!((0..100).any(|_| receiver.recv().unwrap() == 0));
        assert_eq!(tasks.left(), 0);
    }

    #[test]
    fn no_more_tasks_run_at_once_than_threads_were_given_the_helping_one_included() {
        for threads in [1, 2] {
            let tasks = Tasks::new(threads, |_| ());
            let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
            for _ in 0..200 {
                let (running, most) = (Arc::clone(&running), Arc::clone(&most));
                tasks.add(move |_| {
                    most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    std::thread::yield_now();
                    running.fetch_sub(1, Ordering::SeqCst);
                });
            }
            tasks.help_and_wait();
            assert!((1..=threads).contains(&most.load(Ordering::SeqCst)));
        }
    }

    #[test]
    fn a_panic_or_a_cancellation_ends_the_tasks() {
        let tasks = Tasks::new(1, |_| ());
        tasks.add(|_| panic!("a bug"));
        tasks.help_and_wait();
        assert!(matches!(tasks.error(), Some(BatchError::Panic(message)) if message == "a bug"));
        let tasks = Tasks::new(1, |_| ());
        let (begun, has_begun) = channel();
        tasks.add(move |cancelled| {
            begun.send(()).unwrap();
            while !cancelled.load(Ordering::Relaxed) {
                std::hint::spin_loop();
            }
        });
        has_begun.recv().unwrap();
        tasks.add(|_| panic!("was cancelled before it began"));
        tasks.cancel();
        tasks.help_and_wait();
        assert!(matches!(tasks.error(), Some(BatchError::Cancelled)));
    }
}
