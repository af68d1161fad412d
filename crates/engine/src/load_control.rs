//! The way another thread follows a long load, and cancels it.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// Shared by a load that computes for long (a vocabulary quantization) and the threads that watch
/// it.
#[derive(Debug, Default)]
pub struct LoadControl {
    /// Iterations done.
    iterations: AtomicU32,
    cancelled: AtomicBool,
}

impl LoadControl {
    /// Ends the load within milliseconds.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// How many iterations are done, of [`MAX_ITERATIONS`](crate::MAX_ITERATIONS) at most.
    #[must_use]
    pub fn iterations(&self) -> u32 {
        self.iterations.load(Ordering::Relaxed)
    }

    pub(crate) fn set_iterations(&self, done: u32) {
        self.iterations.store(done, Ordering::Relaxed);
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }
}
