//! One Node environment (the main thread, or one worker thread): the way back from other threads to
//! its event loop, and the work that must stop before the environment ends.
//!
//! Work that runs on other threads implements [`BackgroundWork`]. Its threads call
//! [`Notifier::notify`], and the environment's thread then calls [`BackgroundWork::on_news`]. News
//! of all work are handled for at most [`NEWS_SLICE`], then the event loop has a turn: while
//! threads go on notifying, Node would call the thread-safe function again and again within one
//! turn.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::ffi::c_void;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use napi::sys;

use crate::error::{Thrown, check};
use crate::js::{Arguments, Js, callback};

/// How long news are handled before the event loop has a turn. A step that has begun is finished.
const NEWS_SLICE: Duration = Duration::from_micros(1500);

/// Work on other threads. All methods run on the environment's thread, and nothing may unwind out
/// of them into Node.
pub(crate) trait BackgroundWork {
    /// Handles news until `deadline`, at least one piece of them. True when there are more.
    fn on_news(self: Rc<Self>, js: Js, deadline: Instant) -> bool;

    /// Rejects the promises of the work after a panic in [`on_news`](Self::on_news), and ends the
    /// work.
    fn on_panic(self: Rc<Self>, js: Js);

    /// The environment is ending: when this returns, no thread may write to its memory any more.
    fn on_end(&self);
}

/// Notifies an environment's thread, from any thread, that work has news.
pub(crate) struct Notifier(Mutex<Post>);

struct Post {
    /// Null once the environment is ending: nobody is notified then.
    function: sys::napi_threadsafe_function,
    /// The work with news, each once.
    ids: Vec<u32>,
}

// SAFETY: only the thread-safe function is not Send by itself. Any thread may call it while its
// environment lives: the lock is held for the call, and the cleanup hook nulls the pointer under
// the same lock first.
unsafe impl Send for Notifier {}
// SAFETY: as above; all access goes through the mutex.
unsafe impl Sync for Notifier {}

impl Notifier {
    fn lock(&self) -> MutexGuard<'_, Post> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The work `id` has news.
    pub(crate) fn notify(&self, id: u32) {
        let mut post = self.lock();
        if post.function.is_null() || post.ids.contains(&id) {
            return;
        }
        post.ids.push(id);
        if post.ids.len() == 1 {
            post.call();
        }
    }
}

impl Post {
    /// Has the environment's thread call [`on_news`].
    fn call(&self) {
        if self.function.is_null() {
            return;
        }
        let mode = sys::ThreadsafeFunctionCallMode::nonblocking;
        // SAFETY: the function lives: see `unsafe impl Send`. The queue is unbounded, so nothing is
        // refused.
        unsafe { sys::napi_call_threadsafe_function(self.function, ptr::null_mut(), mode) };
    }
}

/// One Node environment. Lives on that environment's thread only.
pub(crate) struct Environment {
    pub(crate) notifier: Arc<Notifier>,
    /// The work that runs, by its id.
    work: RefCell<HashMap<u32, Rc<dyn BackgroundWork>>>,
    next_id: Cell<u32>,
    /// How long news were handled since the event loop is known to have had a turn.
    spent: Cell<Duration>,
    /// Whether news wait for the event loop's next turn.
    is_paused: Cell<bool>,
    /// `setImmediate`, and the function to pass to it, which handles news in the event loop's next
    /// turn. None until JavaScript has given it. With the environment, which the hook that deletes
    /// the references is not given.
    next_turn: Cell<Option<(Js, sys::napi_ref, sys::napi_ref)>>,
}

impl Environment {
    /// Sets up the environment that is loading this library, and the hook that ends it. The address
    /// is that of a `Rc<Environment>`, and valid until the environment has ended and runs no
    /// JavaScript any more: callbacks can keep it.
    pub(crate) fn start(js: Js) -> Result<*mut c_void, Thrown> {
        let environment = Rc::new(Self {
            notifier: Arc::new(Notifier(Mutex::new(Post { function: ptr::null_mut(), ids: Vec::new() }))),
            work: RefCell::default(),
            next_id: Cell::new(0),
            spent: Cell::default(),
            is_paused: Cell::default(),
            next_turn: Cell::default(),
        });
        // For the thread-safe function, the callbacks and the hook. The hook frees it.
        let context = Box::into_raw(Box::new(Rc::clone(&environment))).cast::<c_void>();
        let name = js.string("model2vec")?;
        let mut function = ptr::null_mut();
        // SAFETY: `context` lives until the hook. The hook is added after the function was made:
        // hooks run in reverse order, so it runs before the function ends, and while `context` is
        // still valid.
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
        Ok(context)
    }

    /// The environment of a callback that was made with the address that [`start`](Self::start)
    /// gave.
    pub(crate) fn of<'a>(arguments: &Arguments<'a>) -> &'a Rc<Self> {
        // SAFETY: every callback that calls this was made with that address, which is valid while
        // JavaScript runs.
        unsafe { &*arguments.data.cast::<Rc<Self>>() }
    }

    /// An id for new work.
    pub(crate) fn new_id(&self) -> u32 {
        self.next_id.set(self.next_id.get().wrapping_add(1));
        self.next_id.get()
    }

    /// Keeps the work, and the process, alive until [`work_ended`](Self::work_ended). More calls
    /// for the same work change nothing.
    pub(crate) fn work_started(&self, js: Js, id: u32, started: Rc<dyn BackgroundWork>) {
        let mut work = self.work.borrow_mut();
        if work.is_empty() {
            // SAFETY: the function lives as long as the environment runs code.
            unsafe { sys::napi_ref_threadsafe_function(js.0, self.notifier.lock().function) };
        }
        work.insert(id, started);
    }

    /// Lets the work go, if it has started.
    pub(crate) fn work_ended(&self, js: Js, id: u32) {
        let mut work = self.work.borrow_mut();
        if work.remove(&id).is_some() && work.is_empty() {
            // SAFETY: as in `work_started`.
            unsafe { sys::napi_unref_threadsafe_function(js.0, self.notifier.lock().function) };
        }
    }

    /// Handles news until there are none or their time is spent; the rest waits for the event
    /// loop's next turn.
    fn handle_news(&self, js: Js) {
        if self.is_paused.get() {
            return;
        }
        let mut ids = mem::take(&mut self.notifier.lock().ids);
        ids.reverse();
        while let Some(id) = ids.pop() {
            let started = Instant::now();
            let Some(left) = NEWS_SLICE.checked_sub(self.spent.get()).filter(|left| !left.is_zero()) else {
                ids.push(id);
                break;
            };
            let work = self.work.borrow().get(&id).cloned();
            if let Some(work) = work {
                let on_news = AssertUnwindSafe(|| Rc::clone(&work).on_news(js, started + left));
                match catch_unwind(on_news) {
                    Ok(true) => ids.push(id),
                    Ok(false) => {}
                    Err(_) => work.on_panic(js),
                }
            }
            self.spent.set(self.spent.get() + started.elapsed());
        }
        if ids.is_empty() {
            return;
        }
        self.is_paused.set(self.request_turn(js));
        // In their order, before the ids that came meanwhile; an id that is in both is kept once.
        let mut post = self.notifier.lock();
        ids.reverse();
        let came_meanwhile = mem::take(&mut post.ids);
        for id in came_meanwhile {
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        post.ids = ids;
        if !self.is_paused.get() {
            // There will be no call in the next turn: go on at once.
            self.spent.set(Duration::ZERO);
            post.call();
        }
    }

    /// Has [`on_turn`] called in the event loop's next turn. False if that is not possible.
    fn request_turn(&self, js: Js) -> bool {
        let Some((_, set_immediate, resume)) = self.next_turn.get() else { return false };
        let request = || js.call(js.referenced(set_immediate)?, &[js.referenced(resume)?]);
        request().is_ok()
    }
}

/// `useImmediates(setImmediate)`: gives the function with which news wait for the event loop's next
/// turn. It is Node's own, which the JavaScript side keeps: the global one may have been replaced
/// by a test.
pub(crate) unsafe extern "C" fn use_immediates(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    callback(env, info, |js, arguments| {
        let ([set_immediate], _) = arguments.split::<1>();
        let resume = js.function("model2vecNews", on_turn, arguments.data)?;
        let next_turn = (js, js.reference(set_immediate)?, js.reference(resume)?);
        Environment::of(arguments).next_turn.set(Some(next_turn));
        js.undefined()
    })
}

/// Runs on the environment's thread after a [`Notifier::notify`].
unsafe extern "C" fn on_news(env: sys::napi_env, _function: sys::napi_value, context: *mut c_void, _data: *mut c_void) {
    if env.is_null() {
        return;
    }
    // SAFETY: the environment lives until its cleanup hook. After that, Node calls this with a null
    // `env` only.
    let environment = unsafe { &*context.cast::<Rc<Environment>>() };
    environment.handle_news(Js(env));
}

/// Runs on the environment's thread in the turn that [`Environment::request_turn`] requested.
unsafe extern "C" fn on_turn(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    callback(env, info, |js, arguments| {
        let environment = Environment::of(arguments);
        environment.is_paused.set(false);
        environment.spent.set(Duration::ZERO);
        environment.handle_news(js);
        js.undefined()
    })
}

/// Runs on the environment's thread when it ends, before its memory is freed (a worker that is
/// terminated, an embedder that closes it): no thread may touch that memory afterwards. A process
/// that exits frees nothing, and need not run this.
unsafe extern "C" fn on_end(context: *mut c_void) {
    // SAFETY: `start` made the box and gave it to this hook, which runs once; nothing else uses it
    // from here on.
    let environment = unsafe { Box::from_raw(context.cast::<Rc<Environment>>()) };
    let function = mem::replace(&mut environment.notifier.lock().function, ptr::null_mut());
    // Node closes the function after this hook, but from version 24 on it frees it only when no
    // thread holds it any more: `start` counted this library as one such thread.
    // SAFETY: the function lives until it is released here and then closed, and nobody calls it
    // after this: the shared pointer is null already.
    unsafe { sys::napi_release_threadsafe_function(function, sys::ThreadsafeFunctionReleaseMode::release) };
    let work: Vec<_> = environment.work.borrow_mut().drain().map(|(_, work)| work).collect();
    for work in work {
        work.on_end();
    }
    if let Some((js, set_immediate, resume)) = environment.next_turn.take() {
        js.delete_reference(set_immediate);
        js.delete_reference(resume);
    }
}
