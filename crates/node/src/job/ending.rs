//! The end of a job: the promise of its result, and what went wrong on the JavaScript thread.

use std::cell::{Cell, RefCell};

use napi::sys;

use crate::error::Thrown;

/// How far a job is from its end.
#[derive(Default)]
pub(super) struct Ending {
    /// The promise of the result, once JavaScript has asked for it.
    promise: RefCell<Option<sys::napi_deferred>>,
    /// Whether the job was cancelled: then nobody may ever ask for the result.
    is_abandoned: Cell<bool>,
    /// The first error on this thread, for example that `out` was detached.
    failure: RefCell<Option<Thrown>>,
    has_ended: Cell<bool>,
}

impl Ending {
    /// Remembers an error, unless there was one before.
    pub(super) fn fail(&self, thrown: Thrown) {
        self.failure.borrow_mut().get_or_insert(thrown);
    }

    pub(super) fn take_failure(&self) -> Option<Thrown> {
        self.failure.take()
    }

    /// Keeps the promise of the result: no more texts come.
    pub(super) fn wait(&self, deferred: sys::napi_deferred) {
        self.promise.replace(Some(deferred));
    }

    pub(super) fn is_awaited(&self) -> bool {
        self.promise.borrow().is_some()
    }

    pub(super) fn take_promise(&self) -> Option<sys::napi_deferred> {
        self.promise.take()
    }

    pub(super) fn abandon(&self) {
        self.is_abandoned.set(true);
    }

    /// Whether the job ends as soon as its work is finished.
    pub(super) fn may_end(&self) -> bool {
        self.is_awaited() || self.is_abandoned.get()
    }

    pub(super) fn end(&self) {
        self.has_ended.set(true);
    }

    pub(super) fn has_ended(&self) -> bool {
        self.has_ended.get()
    }
}
