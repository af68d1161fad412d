//! The load of a model whose vocabulary is quantized: seconds to minutes of work, on a thread of
//! its own.
//!
//! Not on Node's thread pool, as other loads: an environment that ends waits for the work there
//! before it runs the hook that could cancel it.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use model2vec_engine::{LoadControl, StaticModel};
use napi::bindgen_prelude::FromNapiValue;
use napi::sys;
use napi_derive::napi;

use crate::environment::{BackgroundWork, Environment};
use crate::error::{CodedError, Thrown};
use crate::js::{Js, RawValue, callback, into_object};
use crate::load::{NativeLoadOptions, open};
use crate::model::NativeModel;

type Outcome = Result<Arc<StaticModel>, Thrown>;

/// A load that runs, or has ended.
#[napi]
pub struct NativeQuantizedLoad {
    state: Rc<QuantizedLoad>,
}

#[napi]
impl NativeQuantizedLoad {
    /// A promise of the model. For one call.
    #[napi(catch_unwind, ts_return_type = "Promise<NativeModel>")]
    pub fn finish(&self, env: napi::Env) -> Result<RawValue, CodedError> {
        self.state.finish(Js(env.raw())).map(RawValue).map_err(CodedError::from)
    }

    /// Ends the load within milliseconds: its promise rejects with `ERR_ABORTED`.
    #[napi(catch_unwind)]
    pub fn cancel(&self) {
        self.state.control.cancel();
    }

    /// How many iterations of the vocabulary quantization are done, of at most `maxIterations`.
    #[napi(catch_unwind)]
    pub fn iterations(&self) -> u32 {
        self.state.control.iterations()
    }
}

/// The load, on its environment's thread.
struct QuantizedLoad {
    id: u32,
    environment: Rc<Environment>,
    control: Arc<LoadControl>,
    /// The thread leaves its outcome here.
    outcome: Arc<Mutex<Option<Outcome>>>,
    promise: RefCell<Option<sys::napi_deferred>>,
}

/// `startQuantizedLoad(directory, options)`: a [`NativeQuantizedLoad`] that has started.
pub(crate) unsafe extern "C" fn start_quantized_load(
    env: sys::napi_env,
    info: sys::napi_callback_info,
) -> sys::napi_value {
    callback(env, info, |js, arguments| {
        let ([directory, options], _) = arguments.split::<2>();
        // SAFETY: both are values of this environment.
        let read = unsafe {
            String::from_napi_value(js.0, directory)
                .and_then(|directory| Ok((directory, NativeLoadOptions::from_napi_value(js.0, options)?)))
        };
        let (directory, options) = read.map_err(|error| Thrown::internal(error.reason.clone()))?;
        let state = QuantizedLoad::start(js, Environment::of(arguments), directory, options)?;
        into_object(js, NativeQuantizedLoad { state })
    })
}

impl QuantizedLoad {
    fn start(
        js: Js,
        environment: &Rc<Environment>,
        directory: String,
        options: NativeLoadOptions,
    ) -> Result<Rc<Self>, Thrown> {
        let load = Rc::new(Self {
            id: environment.new_id(),
            environment: Rc::clone(environment),
            control: Arc::default(),
            outcome: Arc::default(),
            promise: RefCell::default(),
        });
        let (id, notifier) = (load.id, Arc::clone(&environment.notifier));
        let (control, outcome) = (Arc::clone(&load.control), Arc::clone(&load.outcome));
        let work = move || {
            let opened = open(&directory, options, &control);
            *outcome.lock().unwrap_or_else(PoisonError::into_inner) = Some(opened);
            notifier.notify(id);
        };
        let thread = std::thread::Builder::new().name("model2vec-load".to_owned()).spawn(work);
        thread.map_err(|error| Thrown::internal(format!("no thread for the load: {error}")))?;
        environment.work_started(js, id, Rc::<Self>::clone(&load));
        Ok(load)
    }

    fn finish(&self, js: Js) -> Result<sys::napi_value, Thrown> {
        let (deferred, promise) = js.promise()?;
        if let Some(waiting) = self.promise.replace(Some(deferred)) {
            js.settle(waiting, Err(Thrown::internal("internal error: a load was awaited twice")));
        }
        self.environment.notifier.notify(self.id);
        Ok(promise)
    }

    /// Settles the promise once there is an outcome and somebody to take it.
    fn settle(&self, js: Js) {
        if self.promise.borrow().is_none() {
            return;
        }
        let Some(outcome) = self.outcome.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
        self.environment.work_ended(js, self.id);
        if let Some(deferred) = self.promise.take() {
            js.settle(deferred, outcome.and_then(|model| into_object(js, NativeModel::new(js, model))));
        }
    }
}

impl BackgroundWork for QuantizedLoad {
    fn on_news(self: Rc<Self>, js: Js, _deadline: Instant) -> bool {
        self.settle(js);
        false
    }

    fn on_panic(self: Rc<Self>, js: Js) {
        self.control.cancel();
        self.environment.work_ended(js, self.id);
        if let Some(deferred) = self.promise.take() {
            js.settle(deferred, Err(Thrown::internal("internal error: the binding panicked")));
        }
    }

    /// The thread is not waited for: it writes to no memory of the environment.
    fn on_end(&self) {
        self.control.cancel();
    }
}
