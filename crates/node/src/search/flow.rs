//! The tasks of one search on the engine's threads, and the promises that wait for them.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Instant;

use model2vec_engine::Tasks;
use napi::sys;

use crate::environment::{BackgroundWork, Environment};
use crate::error::Thrown;
use crate::js::Js;

/// This many tasks may wait or run before JavaScript has to pause.
const MOST_IN_FLIGHT: usize = 16;
/// JavaScript goes on when this many are left.
const RESUME_AT: usize = MOST_IN_FLIGHT / 2;

/// The tasks of a search, on its environment's thread.
pub(super) struct Flow {
    id: u32,
    environment: Rc<Environment>,
    tasks: Arc<Tasks>,
    /// Wake the event loop when no more than this many tasks are left.
    wake_at: Arc<AtomicUsize>,
    /// The promise that there is room, and the promise that no task is left.
    room: RefCell<Option<sys::napi_deferred>>,
    idle: RefCell<Option<sys::napi_deferred>>,
    /// Keeps memory alive that threads read.
    kept: Cell<Option<(Js, sys::napi_ref)>>,
}

impl Flow {
    /// @param threads at least 1
    pub(super) fn new(environment: &Rc<Environment>, threads: usize) -> Rc<Self> {
        let id = environment.new_id();
        let wake_at = Arc::new(AtomicUsize::new(0));
        let (notifier, threshold) = (Arc::clone(&environment.notifier), Arc::clone(&wake_at));
        let tasks = Tasks::new(threads, move |left| {
            if left <= threshold.load(Ordering::Acquire) {
                notifier.notify(id);
            }
        });
        Rc::new(Self {
            id,
            environment: Rc::clone(environment),
            tasks,
            wake_at,
            room: RefCell::default(),
            idle: RefCell::default(),
            kept: Cell::default(),
        })
    }

    /// Hands a task to the engine's threads.
    pub(super) fn add(self: &Rc<Self>, js: Js, task: impl FnOnce(&AtomicBool) + Send + 'static) {
        self.environment.work_started(js, self.id, Rc::<Self>::clone(self));
        self.tasks.add(task);
    }

    /// Whether more tasks may come.
    pub(super) fn has_room(&self) -> bool {
        self.tasks.left() < MOST_IN_FLIGHT
    }

    /// Keeps an array alive until no task is left.
    pub(super) fn keep(&self, js: Js, array: sys::napi_value) -> Result<(), Thrown> {
        self.let_go();
        self.kept.set(Some((js, js.reference(array)?)));
        Ok(())
    }

    fn let_go(&self) {
        if let Some((js, reference)) = self.kept.take() {
            js.delete_reference(reference);
        }
    }

    /// Works on this thread too until no task is left. An error is that of
    /// [`outcome`](Self::outcome).
    pub(super) fn help_and_wait(&self, js: Js) -> Result<(), Thrown> {
        self.tasks.help_and_wait();
        self.end(js);
        self.outcome()
    }

    /// A promise that there is room for more tasks.
    pub(super) fn when_room(self: &Rc<Self>, js: Js) -> Result<sys::napi_value, Thrown> {
        self.wait(js, &self.room, RESUME_AT)
    }

    /// A promise that no task is left.
    pub(super) fn when_idle(self: &Rc<Self>, js: Js) -> Result<sys::napi_value, Thrown> {
        self.wait(js, &self.idle, 0)
    }

    fn wait(
        self: &Rc<Self>,
        js: Js,
        place: &RefCell<Option<sys::napi_deferred>>,
        wake_at: usize,
    ) -> Result<sys::napi_value, Thrown> {
        let (deferred, promise) = js.promise()?;
        if let Some(waiting) = place.replace(Some(deferred)) {
            js.settle(waiting, Err(Thrown::internal("internal error: a search was awaited twice")));
        }
        self.wake_at.store(wake_at, Ordering::Release);
        self.environment.work_started(js, self.id, Rc::<Self>::clone(self));
        // It may have happened already.
        self.environment.notifier.notify(self.id);
        Ok(promise)
    }

    /// Drops the tasks that wait and ends those that run within a few milliseconds.
    pub(super) fn cancel(&self) {
        self.tasks.cancel();
        self.environment.notifier.notify(self.id);
    }

    /// Whether the tasks were cancelled, or one panicked.
    pub(super) fn outcome(&self) -> Result<(), Thrown> {
        self.tasks.error().map_or(Ok(()), |error| Err(error.into()))
    }

    fn settle(&self, js: Js, place: &RefCell<Option<sys::napi_deferred>>) {
        if let Some(deferred) = place.take() {
            js.settle(deferred, self.outcome().and_then(|()| js.undefined()));
        }
    }

    fn end(&self, js: Js) {
        self.let_go();
        self.environment.work_ended(js, self.id);
    }
}

impl BackgroundWork for Flow {
    fn on_news(self: Rc<Self>, js: Js, _deadline: Instant) -> bool {
        let left = self.tasks.left();
        if left <= RESUME_AT {
            self.settle(js, &self.room);
        }
        if left == 0 {
            self.end(js);
            self.settle(js, &self.idle);
        }
        false
    }

    fn on_panic(self: Rc<Self>, js: Js) {
        self.on_end();
        self.end(js);
        for place in [&self.room, &self.idle] {
            if let Some(deferred) = place.take() {
                js.settle(deferred, Err(Thrown::internal("internal error: the binding panicked")));
            }
        }
    }

    fn on_end(&self) {
        self.tasks.cancel();
        self.tasks.help_and_wait();
        self.let_go();
    }
}
