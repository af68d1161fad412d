//! Ends the work on a text before the text ends: the call was stopped, or memory has run out.
//!
//! Both unwind, as a panic does but without its message, to where panics of the work are caught
//! anyway: `run/` for jobs, the binding for inline calls. So the loops over a text carry no result
//! of their own, and a check costs nothing where there is none. Code that is unwound may leave its
//! scratch in any state; whoever catches drops it, as after a panic. Nothing else changes during
//! the work.
//!
//! A text of hundreds of megabytes takes seconds. Whatever goes through a whole text goes through
//! it in steps of [`STEP_BYTES`] at most, and asks between two of them.

use std::any::Any;
use std::cell::RefCell;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// How much of a text is worked on between two checks: less than a millisecond of most work.
pub(crate) const STEP_BYTES: usize = 1 << 16;

/// How much memory is copied, filled or searched between two checks, at gigabytes per second.
pub(crate) const STRIDE_BYTES: usize = 1 << 20;

/// Why the work on a text ended before the text did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interrupt {
    /// The call was cancelled.
    Stopped,
    /// The system did not grant this many bytes.
    OutOfMemory(usize),
}

impl Interrupt {
    /// The interrupt that a caught panic was; `None` for a real panic.
    #[must_use]
    pub fn of(panic: &(dyn Any + Send)) -> Option<Self> {
        panic.downcast_ref().copied()
    }

    #[cold]
    pub(crate) fn raise(self) -> ! {
        resume_unwind(Box::new(self))
    }
}

thread_local! {
    /// The flag of the job that this thread works for.
    static STOP: RefCell<Option<Arc<AtomicBool>>> = const { RefCell::new(None) };
}

/// Does `work`, which ends at its next check after `flag` was set.
pub(crate) fn stoppable<T>(flag: &Arc<AtomicBool>, work: impl FnOnce() -> T) -> T {
    struct Restore(Option<Arc<AtomicBool>>);
    impl Drop for Restore {
        fn drop(&mut self) {
            STOP.replace(self.0.take());
        }
    }
    let _restore = Restore(STOP.replace(Some(Arc::clone(flag))));
    work()
}

/// Unwinds if the job of this thread was stopped. Takes a nanosecond or two.
pub(crate) fn check() {
    #[cfg(test)]
    observed::count();
    if STOP.with_borrow(|flag| flag.as_ref().is_some_and(|flag| flag.load(Ordering::Relaxed))) {
        Interrupt::Stopped.raise();
    }
}

/// Checks every [`STEP_BYTES`] of a loop over a text.
#[derive(Debug)]
pub(crate) struct Pace {
    left: usize,
}

impl Pace {
    pub(crate) const fn new() -> Self {
        Self { left: STEP_BYTES }
    }

    /// Counts `bytes` of work.
    #[inline(always)]
    pub(crate) fn step(&mut self, bytes: usize) {
        match self.left.checked_sub(bytes) {
            Some(left) => self.left = left,
            None => self.start_again(),
        }
    }

    #[cold]
    #[inline(never)]
    fn start_again(&mut self) {
        self.left = STEP_BYTES;
        check();
    }
}

/// The same result as `find` on all of `bytes`, for a `find` that looks at each byte alone: where
/// the first byte is that it looks for. Checks between strides.
#[inline]
pub(crate) fn find_in_strides(bytes: &[u8], find: impl Fn(&[u8]) -> Option<usize>) -> Option<usize> {
    let mut start = 0;
    while bytes.len() - start > STRIDE_BYTES {
        if let Some(offset) = find(&bytes[start..start + STRIDE_BYTES]) {
            return Some(start + offset);
        }
        start += STRIDE_BYTES;
        check();
    }
    find(&bytes[start..]).map(|offset| start + offset)
}

/// What tests see of the checks of their thread.
#[cfg(test)]
pub(crate) mod observed {
    use std::cell::{Cell, RefCell};

    type Observer = Box<dyn FnMut(usize)>;

    thread_local! {
        static COUNT: Cell<usize> = const { Cell::new(0) };
        static EACH: RefCell<Option<Observer>> = const { RefCell::new(None) };
    }

    pub(super) fn count() {
        let count = COUNT.get() + 1;
        COUNT.set(count);
        EACH.with_borrow_mut(|each| {
            if let Some(each) = each {
                each(count);
            }
        });
    }

    /// Does `work`, and calls `each` with the number of each check in it. Returns how many there
    /// were.
    pub(crate) fn while_observed<T>(each: impl FnMut(usize) + 'static, work: impl FnOnce() -> T) -> (T, usize) {
        COUNT.set(0);
        EACH.replace(Some(Box::new(each)));
        let result = work();
        EACH.replace(None);
        (result, COUNT.get())
    }
}
