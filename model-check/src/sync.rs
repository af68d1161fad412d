//! In place of the `sync.rs` of the engine and of the binding: locks, condition variables and threads of the scheduler, and
//! statics that each run has anew.

use std::any::Any;
use std::io;
use std::sync::Mutex as RealMutex;
use std::sync::atomic::{AtomicUsize, Ordering};

pub(crate) use shuttle::sync::atomic::AtomicBool;
pub(crate) use shuttle::sync::{Condvar, Mutex, MutexGuard};

/// The number of the run.
static RUN: AtomicUsize = AtomicUsize::new(0);

/// How many threads of the pool are still granted.
static GRANTED: AtomicUsize = AtomicUsize::new(usize::MAX);

/// Begins a run, in which so many threads are granted.
pub(crate) fn begin(threads: usize) {
    RUN.fetch_add(1, Ordering::Relaxed);
    GRANTED.store(threads, Ordering::Relaxed);
}

/// Starts a thread that nobody waits for: the run can end while it waits for work.
pub(crate) fn spawn(_name: String, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let grant = |left: usize| left.checked_sub(1);
    if GRANTED.fetch_update(Ordering::Relaxed, Ordering::Relaxed, grant).is_err() {
        return Err(io::ErrorKind::WouldBlock.into());
    }
    // Dropping the handle detaches the task.
    drop(shuttle::future::spawn(async move { work() }));
    Ok(())
}

/// A static value, which is made once in each run and never freed.
pub(crate) struct OnceLock<T: 'static>(RealMutex<Option<(usize, &'static T)>>);

impl<T: Any + Sync> OnceLock<T> {
    pub(crate) const fn new() -> Self {
        Self(RealMutex::new(None))
    }

    pub(crate) fn get(&self) -> Option<&'static T> {
        let made = self.0.lock().expect("no panic in between");
        made.filter(|(run, _)| *run == RUN.load(Ordering::Relaxed)).map(|(_, value)| value)
    }

    pub(crate) fn get_or_init(&self, make: impl FnOnce() -> T) -> &'static T {
        if let Some(value) = self.get() {
            return value;
        }
        let value: &'static T = Box::leak(Box::new(make()));
        *self.0.lock().expect("no panic in between") = Some((RUN.load(Ordering::Relaxed), value));
        value
    }
}
