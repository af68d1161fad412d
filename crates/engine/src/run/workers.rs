//! The one pool of threads of this process, and how jobs share it: a part each in turn, so that a short job does not wait for a
//! long one's end.
//!
//! A part can't be left in its middle, and one huge text is one part. So a thread that takes a long part is replaced while it is at work
//! on it: the threads that all other parts are for are as many as before, and the operating system shares the cores. There are never more
//! long parts at work than ordinary threads, which bounds the threads and the memory.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};

/// What a job answers when a thread asks it for work.
pub(crate) enum Claim {
    /// A part, taken: the thread runs it.
    Part {
        /// Whether it keeps a thread for so long that others should not wait for it.
        is_long: bool,
        /// Does the work.
        run: Box<dyn FnOnce() + Send>,
    },
    /// As many threads as the job may have are at work on it, or it has long parts only and wasn't asked for those.
    Busy,
    /// Nothing left to take. The job leaves the queue; it is submitted again when it has new parts.
    Empty,
}

/// Work that is done in parts, on several threads at once.
pub(crate) trait Job: Send + Sync {
    /// Takes one part that nobody has taken: a long one only if `may_be_long`.
    fn claim(self: Arc<Self>, may_be_long: bool) -> Claim;
    /// On how many of the pool's threads this job may run at once.
    fn thread_limit(&self) -> usize;
}

/// The most threads for parts that are not long, whatever a call asks for; as many more may stand in for those at work on long ones.
const MAX_THREADS: usize = 256;

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Arc<dyn Job>>,
    /// How many threads there are.
    threads: usize,
    /// How many threads the jobs want.
    wanted: usize,
    /// How many threads are at work on long parts.
    long_parts: usize,
    /// How many threads are at work on others: at most `wanted`, also when there are more threads since long parts were at work.
    short_parts: usize,
}

#[derive(Default)]
struct Workers {
    queue: Mutex<Queue>,
    woken: Condvar,
}

static WORKERS: OnceLock<Workers> = OnceLock::new();

/// How many threads a call uses where it says nothing: the environment variable `MODEL2VEC_THREADS`, else what the operating
/// system grants this process (CPU affinity and cgroup quota included).
#[must_use]
pub fn default_threads() -> usize {
    static THREADS: OnceLock<usize> = OnceLock::new();
    *THREADS.get_or_init(|| {
        let wanted = std::env::var("MODEL2VEC_THREADS").ok().and_then(|text| text.trim().parse::<usize>().ok());
        wanted
            .filter(|&count| count > 0)
            .unwrap_or_else(|| std::thread::available_parallelism().map_or(1, std::num::NonZero::get))
            .min(MAX_THREADS)
    })
}

/// Lets the pool work on `job`, which has just got a part. False when the system grants no thread at all: then the caller has
/// to do the work itself.
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

/// Takes a job out of the queue, if it is there: nobody will claim its parts any more.
pub(crate) fn forget(job: &Arc<dyn Job>) {
    if let Some(workers) = WORKERS.get() {
        workers.lock().jobs.retain(|known| !Arc::ptr_eq(known, job));
    }
}

impl Workers {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts the threads that are missing, as far as the system grants them.
    fn hire(&'static self, queue: &mut Queue) {
        while queue.threads < queue.wanted + queue.long_parts {
            let name = format!("model2vec-{}", queue.threads);
            if std::thread::Builder::new().name(name).spawn(|| self.work()).is_err() {
                break;
            }
            queue.threads += 1;
        }
    }

    /// The life of one thread.
    fn work(&'static self) {
        // Jobs that left the queue. This thread may hold the last share of one, and with it a closed model, whose table is not freed under the lock.
        let mut emptied = Vec::new();
        let mut queue = self.lock();
        loop {
            match queue.next_part(&mut emptied) {
                Some((is_long, run)) => {
                    *queue.parts_at_work(is_long) += 1;
                    if is_long {
                        self.hire(&mut queue);
                        // The thread that stands in may be an old one, which sleeps.
                        self.woken.notify_one();
                    }
                    drop(queue);
                    emptied.clear();
                    run();
                    queue = self.lock();
                    *queue.parts_at_work(is_long) -= 1;
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
    fn parts_at_work(&mut self, are_long: bool) -> &mut usize {
        if are_long { &mut self.long_parts } else { &mut self.short_parts }
    }

    /// A part of the first job that has one, and whether it is long. The job goes to the back of the queue: the next thread serves another.
    fn next_part(&mut self, emptied: &mut Vec<Arc<dyn Job>>) -> Option<(bool, Box<dyn FnOnce() + Send>)> {
        if self.short_parts >= self.wanted {
            return None;
        }
        let may_be_long = self.long_parts < self.wanted;
        for _ in 0..self.jobs.len() {
            let job = self.jobs.pop_front()?;
            match Arc::clone(&job).claim(may_be_long) {
                Claim::Part { is_long, run } => {
                    self.jobs.push_back(job);
                    return Some((is_long, run));
                }
                // The pool's thread that ends one of its parts asks again.
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

    /// Parts that are all long or all short, each a message to wait for, and one to send when it is over.
    struct Parts {
        are_long: bool,
        waiting: Mutex<VecDeque<(Receiver<()>, Sender<()>)>>,
    }

    impl Job for Parts {
        fn claim(self: Arc<Self>, may_be_long: bool) -> Claim {
            if self.are_long && !may_be_long {
                return Claim::Busy;
            }
            match self.waiting.lock().unwrap().pop_front() {
                None => Claim::Empty,
                Some((begin, over)) => Claim::Part {
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

    /// A job of `count` parts, what lets each begin, and what tells that one is over.
    fn job(are_long: bool, count: usize) -> (Arc<dyn Job>, Vec<Sender<()>>, Receiver<()>) {
        let (over, is_over) = channel();
        let (begin, waiting) = (0..count)
            .map(|_| {
                let (begin, begun) = channel();
                (begin, (begun, over.clone()))
            })
            .unzip();
        (Arc::new(Parts { are_long, waiting: Mutex::new(waiting) }), begin, is_over)
    }

    #[test]
    fn short_parts_do_not_wait_for_long_ones_however_many_there_are() {
        // Long parts that do not end before all short ones have.
        let (long, let_long_begin, long_is_over) = job(true, 50);
        assert!(submit(&long));
        for _ in 0..10 {
            let (short, let_short_begin, short_is_over) = job(false, 5);
            assert!(submit(&short));
            for begin in let_short_begin {
                begin.send(()).unwrap();
                short_is_over.recv_timeout(Duration::from_secs(60)).expect("a short part waits for a long one");
            }
        }
        for begin in let_long_begin {
            begin.send(()).unwrap();
        }
        for _ in 0..50 {
            long_is_over.recv_timeout(Duration::from_secs(60)).expect("a long part is never done");
        }
        forget(&long);
    }
}
