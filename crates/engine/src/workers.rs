//! The one pool of threads of this process, and how jobs share it: a part each in turn, so that a short job does not wait for a
//! long one's end.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};

/// What a job answers when a thread asks it for work.
pub(crate) enum Claim {
    /// A part, taken: the thread runs it.
    Part(Box<dyn FnOnce() + Send>),
    /// As many threads as the job may have are at work on it.
    Busy,
    /// Nothing left to take. The job leaves the queue; it is submitted again when it has new parts.
    Empty,
}

/// Work that is done in parts, on several threads at once.
pub(crate) trait Job: Send + Sync {
    /// Takes one part that nobody has taken.
    fn claim(self: Arc<Self>) -> Claim;
    /// On how many of the pool's threads this job may run at once.
    fn thread_limit(&self) -> usize;
}

/// The most threads that the pool ever has, whatever a call asks for.
const MAX_THREADS: usize = 256;

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Arc<dyn Job>>,
    threads: usize,
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
    let wanted = job.thread_limit().clamp(1, MAX_THREADS);
    while queue.threads < wanted {
        let name = format!("model2vec-{}", queue.threads);
        if std::thread::Builder::new().name(name).spawn(move || workers.work()).is_err() {
            break;
        }
        queue.threads += 1;
    }
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

    /// The life of one thread.
    fn work(&self) {
        let mut queue = self.lock();
        loop {
            match queue.next_part() {
                Some(part) => {
                    drop(queue);
                    part();
                    queue = self.lock();
                }
                None => queue = self.woken.wait(queue).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }
}

impl Queue {
    /// A part of the first job that has one. The job goes to the back of the queue: the next thread serves another.
    fn next_part(&mut self) -> Option<Box<dyn FnOnce() + Send>> {
        for _ in 0..self.jobs.len() {
            let job = self.jobs.pop_front()?;
            match Arc::clone(&job).claim() {
                Claim::Part(part) => {
                    self.jobs.push_back(job);
                    return Some(part);
                }
                // The pool's thread that ends one of its parts asks again.
                Claim::Busy => self.jobs.push_back(job),
                Claim::Empty => {}
            }
        }
        None
    }
}
