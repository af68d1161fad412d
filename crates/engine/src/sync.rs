//! What threads of the pool meet at. In this crate it is the standard library's; `model-check/`
//! compiles the files that name nothing else with a scheduler's, which tries every order of steps.

use std::io;
use std::thread::Builder;

pub(crate) use std::sync::atomic::AtomicBool;
pub(crate) use std::sync::{Condvar, Mutex, MutexGuard, OnceLock};

/// Starts a thread that nobody waits for.
///
/// # Errors
/// When the system grants no thread.
pub(crate) fn spawn(name: String, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    Builder::new().name(name).spawn(work).map(drop)
}
