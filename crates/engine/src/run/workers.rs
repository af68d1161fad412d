//! The pool of threads that all calls of this process share. Jobs take turns, one slice each, so a
//! short job does not wait for the end of a long one.
//!
//! A slice can't be interrupted, and one huge text is one slice. So while a thread runs a long
//! slice, a stand-in replaces it: as many threads as before are left for all other slices, and the
//! operating system shares out the cores. At most as many long slices run at once as there are
//! ordinary threads, which bounds the number of threads and their memory.
//!
//! Only calls run here. The clustering of a vocabulary quantization (`table/cluster`) has threads
//! of its own: it lasts seconds to minutes, and would keep the pool from calls.

use std::collections::VecDeque;
use std::sync::{Arc, PoisonError};

use crate::sync::{Condvar, Mutex, MutexGuard, OnceLock, spawn};
use crate::threads::MAX_THREADS;

/// A job's answer to a thread that claims work.
pub(crate) enum Claim {
    /// A slice, which the thread now has to run.
    Slice {
        /// Whether it occupies the thread for so long that a stand-in is needed.
        is_long: bool,
        /// Runs the slice.
        run: Box<dyn FnOnce() + Send>,
    },
    /// The job has as many threads as it may have, or only long slices, which were not wanted.
    Busy,
    /// Nothing is left to take. The job leaves the queue, and is submitted again when it has new
    /// slices.
    Empty,
}

/// Work in slices, several of which can run at once.
pub(crate) trait Job: Send + Sync {
    /// Takes a slice that no thread has taken yet: a long one only if `may_be_long`.
    fn claim(self: Arc<Self>, may_be_long: bool) -> Claim;
    /// The most threads of the pool that may run this job at once.
    fn thread_limit(&self) -> usize;
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Arc<dyn Job>>,
    /// How many threads exist, stand-ins included.
    threads: usize,
    /// How many threads the jobs want, stand-ins not included: at most [`MAX_THREADS`].
    wanted: usize,
    /// How many long slices are running.
    long_slices: usize,
    /// How many other slices are running: at most `wanted`, even if former stand-ins are left over.
    short_slices: usize,
}

#[derive(Default)]
struct Workers {
    queue: Mutex<Queue>,
    woken: Condvar,
}

static WORKERS: OnceLock<Workers> = OnceLock::new();

/// Puts `job`, which has just got a slice, into the queue. Returns false when the system grants no
/// thread at all: then the caller has to do the work itself.
pub(crate) fn submit(job: &Arc<dyn Job>) -> bool {
    let workers = WORKERS.get_or_init(Workers::default);
    let mut queue = workers.lock();
    if !queue.jobs.iter().any(|known| Arc::ptr_eq(known, job)) {
        queue.jobs.push_back(Arc::clone(job));
    }
    queue.wanted = queue.wanted.max(job.thread_limit().clamp(1, MAX_THREADS));
    workers.hire(&mut queue);
    let staffed = queue.threads > 0;
    drop(queue);
    workers.woken.notify_one();
    staffed
}

/// Takes a job out of the queue, if it is there: no thread will claim its slices any more.
pub(crate) fn forget(job: &Arc<dyn Job>) {
    if let Some(workers) = WORKERS.get() {
        workers.lock().jobs.retain(|known| !Arc::ptr_eq(known, job));
    }
}

impl Workers {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts missing threads, as far as the system grants them.
    fn hire(&'static self, queue: &mut Queue) {
        while queue.threads < queue.wanted + queue.long_slices {
            let name = format!("model2vec-{}", queue.threads);
            if spawn(name, || self.work()).is_err() {
                break;
            }
            queue.threads += 1;
        }
    }

    /// The main loop of a thread.
    fn work(&'static self) {
        // Jobs that left the queue. Dropping the last reference to one can free a closed model and
        // its table, which must not happen under the lock.
        let mut emptied = Vec::new();
        let mut queue = self.lock();
        loop {
            match queue.next_slice(&mut emptied) {
                Some((is_long, run)) => {
                    *queue.running(is_long) += 1;
                    if is_long {
                        self.hire(&mut queue);
                        // The stand-in may be a thread that exists already, and sleeps.
                        self.woken.notify_one();
                    }
                    drop(queue);
                    emptied.clear();
                    run();
                    queue = self.lock();
                    *queue.running(is_long) -= 1;
                }
                None if !emptied.is_empty() => {
                    drop(queue);
                    emptied.clear();
                    queue = self.lock();
                }
                None => queue = self.woken.wait(queue).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }
}

impl Queue {
    fn running(&mut self, are_long: bool) -> &mut usize {
        if are_long { &mut self.long_slices } else { &mut self.short_slices }
    }

    /// A slice of the first job that has one, and whether it is long. The job goes to the back of
    /// the queue, so that the next thread serves another one.
    fn next_slice(&mut self, emptied: &mut Vec<Arc<dyn Job>>) -> Option<(bool, Box<dyn FnOnce() + Send>)> {
        if self.short_slices >= self.wanted {
            return None;
        }
        let may_be_long = self.long_slices < self.wanted;
        for _ in 0..self.jobs.len() {
            let job = self.jobs.pop_front()?;
            match Arc::clone(&job).claim(may_be_long) {
                Claim::Slice { is_long, run } => {
                    self.jobs.push_back(job);
                    return Some((is_long, run));
                }
                // It is claimed again when a thread of the pool ends one of its slices.
                Claim::Busy => self.jobs.push_back(job),
                Claim::Empty => emptied.push(job),
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::sync::mpsc::{Receiver, Sender, channel};
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use super::{Claim, Job, forget, submit};

    /// Slices that are all long or all short. Each waits for a message, and sends one at its end.
    struct Slices {
        are_long: bool,
        waiting: Mutex<VecDeque<(Receiver<()>, Sender<()>)>>,
    }

    impl Job for Slices {
        fn claim(self: Arc<Self>, may_be_long: bool) -> Claim {
            if self.are_long && !may_be_long {
                return Claim::Busy;
            }
            match self.waiting.lock().unwrap().pop_front() {
                None => Claim::Empty,
                Some((begin, over)) => Claim::Slice {
                    is_long: self.are_long,
                    run: Box::new(move || {
                        let _ = begin.recv();
                        let _ = over.send(());
                    }),
                },
            }
        }

        fn thread_limit(&self) -> usize {
            2
        }
    }

    /// A job of `count` slices, the senders that let each begin, and the receiver of their ends.
    fn job(are_long: bool, count: usize) -> (Arc<dyn Job>, Vec<Sender<()>>, Receiver<()>) {
        let (over, is_over) = channel();
        let (begin, waiting) = (0..count)
            .map(|_| {
                let (begin, begun) = channel();
                (begin, (begun, over.clone()))
            })
            .unzip();
        (Arc::new(Slices { are_long, waiting: Mutex::new(waiting) }), begin, is_over)
    }

    #[test]
    fn short_slices_do_not_wait_for_long_ones_however_many_there_are() {
        // The long slices do not end before all short ones have.
        let (long, let_long_begin, long_is_over) = job(true, 50);
        assert!(submit(&long));
        for _ in 0..10 {
            let (short, let_short_begin, short_is_over) = job(false, 5);
            assert!(submit(&short));
            for begin in let_short_begin {
                begin.send(()).unwrap();
                short_is_over.recv_timeout(Duration::from_secs(60)).expect("a short slice waits for a long one");
            }
        }
        for begin in let_long_begin {
            begin.send(()).unwrap();
        }
        for _ in 0..50 {
            long_is_over.recv_timeout(Duration::from_secs(60)).expect("a long slice never ends");
        }
        forget(&long);
    }
}
