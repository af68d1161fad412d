//! What belongs to one Node environment (the main thread, or one worker thread): the way back from the pool's threads, and the
//! jobs that must end before the environment does.
//!
//! News are handled for at most [`NEWS_SLICE`], then the event loop has a turn: Node would call the thread-safe function again and
//! again within one turn while threads go on posting.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use napi::sys;

use crate::error::{Thrown, check};
use crate::job::JobState;
use crate::js::{Js, callback};
use crate::long_load;

/// How long news of all jobs are handled before the event loop has a turn; the step that is running is finished.
const NEWS_SLICE: Duration = Duration::from_micros(1500);

/// Tells an environment's thread, from any thread, that a job has news.
pub(crate) struct Notifier(Mutex<Post>);

struct Post {
    /// Null once the environment is about to end: nobody is told anything then.
    function: sys::napi_threadsafe_function,
    /// Jobs with news, each once.
    jobs: Vec<u32>,
}

// SAFETY: the one thing in it that is not Send by itself is the thread-safe function, which any thread may call while its
// environment lives; the lock is held for the call, and the cleanup hook nulls the pointer under the same lock first.
unsafe impl Send for Notifier {}
// SAFETY: as above; all access goes through the mutex.
unsafe impl Sync for Notifier {}

impl Notifier {
    fn lock(&self) -> MutexGuard<'_, Post> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says that job `id` has news.
    pub(crate) fn notify(&self, id: u32) {
        let mut post = self.lock();
        if post.function.is_null() || post.jobs.contains(&id) {
            return;
        }
        post.jobs.push(id);
        if post.jobs.len() == 1 {
            post.call();
        }
    }
}

impl Post {
    /// Has the environment's thread look at the jobs.
    fn call(&self) {
        if self.function.is_null() {
            return;
        }
        let mode = sys::ThreadsafeFunctionCallMode::nonblocking;
        // SAFETY: the function lives: see `unsafe impl Send`. The queue is unbounded, so nothing is refused.
        unsafe { sys::napi_call_threadsafe_function(self.function, ptr::null_mut(), mode) };
    }
}

/// One Node environment. Lives on that environment's thread only.
pub(crate) struct Environment {
    pub(crate) notifier: Arc<Notifier>,
    jobs: RefCell<HashMap<u32, Rc<JobState>>>,
    next_id: Cell<u32>,
    /// How long news were handled since the event loop is known to have had a turn.
    spent: Cell<Duration>,
    /// Whether news wait for the event loop's next turn.
    is_paused: Cell<bool>,
    /// `setImmediate`, and what it shall call: handles news in the event loop's next turn. None until it was given.
    next_turn: Cell<Option<(sys::napi_ref, sys::napi_ref)>>,
}

impl Environment {
    /// Sets up the environment that is loading this library, and what ends it. The address stays valid until the environment
    /// has ended and runs no JavaScript any more: callbacks can keep it.
    pub(crate) fn start(js: Js) -> Result<*mut Rc<Self>, Thrown> {
        let environment = Rc::new(Self {
            notifier: Arc::new(Notifier(Mutex::new(Post { function: ptr::null_mut(), jobs: Vec::new() }))),
            jobs: RefCell::default(),
            next_id: Cell::new(0),
            spent: Cell::default(),
            is_paused: Cell::default(),
            next_turn: Cell::default(),
        });
        // For the thread-safe function, the callbacks and the hook, which frees it.
        let shared = Box::into_raw(Box::new(Rc::clone(&environment)));
        let context = shared.cast::<c_void>();
        let name = js.string("model2vec")?;
        let mut function = ptr::null_mut();
        // SAFETY: `context` lives until the hook. The hook is added after the function was made: hooks run in reverse order, so
        // it runs before the function ends, and while `context` is still valid.
        unsafe {
            let status = sys::napi_create_threadsafe_function(
                js.0,
                ptr::null_mut(),
                ptr::null_mut(),
                name,
                0,
                1,
                ptr::null_mut(),
                None,
                context,
                Some(on_news),
                &mut function,
            );
            check(status, "napi_create_threadsafe_function")?;
            // An idle addon must not keep the process alive.
            check(sys::napi_unref_threadsafe_function(js.0, function), "napi_unref_threadsafe_function")?;
            environment.notifier.lock().function = function;
            check(sys::napi_add_env_cleanup_hook(js.0, Some(on_end), context), "napi_add_env_cleanup_hook")?;
        }
        Ok(shared)
    }

    /// A number for a new job.
    pub(crate) fn new_id(&self) -> u32 {
        self.next_id.set(self.next_id.get().wrapping_add(1));
        self.next_id.get()
    }

    /// Keeps a job, and the process, alive until [`job_ended`](Self::job_ended).
    pub(crate) fn job_started(&self, js: Js, job: &Rc<JobState>) {
        let mut jobs = self.jobs.borrow_mut();
        if jobs.is_empty() {
            // SAFETY: the function lives as long as the environment runs code.
            unsafe { sys::napi_ref_threadsafe_function(js.0, self.notifier.lock().function) };
        }
        jobs.insert(job.id, Rc::clone(job));
    }

    /// Lets a job go.
    pub(crate) fn job_ended(&self, js: Js, id: u32) {
        let mut jobs = self.jobs.borrow_mut();
        if jobs.remove(&id).is_some() && jobs.is_empty() {
            // SAFETY: as in `job_started`.
            unsafe { sys::napi_unref_threadsafe_function(js.0, self.notifier.lock().function) };
        }
    }
}

impl Environment {
    /// Takes the function with which news wait for the event loop's next turn: Node's own `setImmediate`, which the JavaScript side has; the
    /// global one may be a test's.
    pub(crate) fn use_immediates(
        self: &Rc<Self>,
        js: Js,
        set_immediate: sys::napi_value,
        context: *mut c_void,
    ) -> Result<(), Thrown> {
        let resume = js.function("model2vecNews", on_turn, context)?;
        self.next_turn.set(Some((js.reference(set_immediate)?, js.reference(resume)?)));
        Ok(())
    }

    /// Handles news, until there are none or they have had their time; what is left waits for the event loop's next turn.
    fn handle_news(&self, js: Js) {
        if self.is_paused.get() {
            return;
        }
        let mut ids = std::mem::take(&mut self.notifier.lock().jobs);
        ids.reverse();
        while let Some(id) = ids.pop() {
            let started = Instant::now();
            let Some(left) = NEWS_SLICE.checked_sub(self.spent.get()).filter(|left| !left.is_zero()) else {
                ids.push(id);
                break;
            };
            let job = self.jobs.borrow().get(&id).cloned();
            if let Some(job) = job {
                // Nothing may unwind into Node.
                match catch_unwind(AssertUnwindSafe(|| job.advance(js, started + left))) {
                    Ok(true) => ids.push(id),
                    Ok(false) => {}
                    Err(_) => job.fail(js),
                }
            }
            self.spent.set(self.spent.get() + started.elapsed());
        }
        if ids.is_empty() {
            return;
        }
        self.is_paused.set(self.ask_for_turn(js));
        // In their order, before those that came meanwhile; those that stand in both are told once.
        let mut post = self.notifier.lock();
        ids.reverse();
        let came_meanwhile = std::mem::take(&mut post.jobs);
        for id in came_meanwhile {
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        post.jobs = ids;
        if !self.is_paused.get() {
            // No such turn can be had: at once again.
            self.spent.set(Duration::ZERO);
            post.call();
        }
    }

    /// Whether `on_turn` will be called in the event loop's next turn.
    fn ask_for_turn(&self, js: Js) -> bool {
        let Some((set_immediate, resume)) = self.next_turn.get() else { return false };
        let ask = || js.call(js.referenced(set_immediate)?, &[js.referenced(resume)?]);
        ask().is_ok()
    }
}

/// Runs on the environment's thread when jobs have news.
unsafe extern "C" fn on_news(env: sys::napi_env, _function: sys::napi_value, context: *mut c_void, _data: *mut c_void) {
    if env.is_null() {
        return;
    }
    // SAFETY: the environment lives until its cleanup hook; when that has run, Node calls this with a null `env` only.
    let environment = unsafe { &*context.cast::<Rc<Environment>>() };
    environment.handle_news(Js(env));
}

/// Runs on the environment's thread in the turn that was asked for.
unsafe extern "C" fn on_turn(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    callback(env, info, |js, arguments| {
        // SAFETY: `start` made the function with this context, which lives while JavaScript runs.
        let environment = unsafe { &*arguments.data.cast::<Rc<Environment>>() };
        environment.is_paused.set(false);
        environment.spent.set(Duration::ZERO);
        environment.handle_news(js);
        js.undefined()
    })
}

/// Runs on the environment's thread when it ends, before its memory is freed (a worker that is terminated, an embedder that
/// closes it): no thread may touch that memory after it. A process that exits frees nothing, and need not run this.
unsafe extern "C" fn on_end(context: *mut c_void) {
    // SAFETY: `start` made the box and gave it to this hook, which runs once; nothing else uses it from here on.
    let environment = unsafe { Box::from_raw(context.cast::<Rc<Environment>>()) };
    environment.notifier.lock().function = ptr::null_mut();
    let jobs: Vec<_> = environment.jobs.borrow_mut().drain().map(|(_, job)| job).collect();
    for job in jobs {
        job.stop_and_wait();
    }
    long_load::cancel_all();
}
