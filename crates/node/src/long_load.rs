//! A load that takes seconds to minutes: on a thread of its own, looked at from JavaScript now and then.
//!
//! Not on Node's thread pool: an environment that ends waits for what runs there before it runs the hooks that could cancel it.

use std::cell::RefCell;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use model2vec_engine::{LoadControl, StaticModel};
use napi::Env;
use napi_derive::napi;

use crate::error::{CodedError, Thrown};
use crate::js::Js;
use crate::model::{NativeLoadOptions, NativeModel, open};

thread_local! {
    /// The loads of this thread's environment.
    static LOADS: RefCell<Vec<Weak<LoadControl>>> = const { RefCell::new(Vec::new()) };
}

type Outcome = Result<Arc<StaticModel>, Thrown>;

/// A load in progress.
#[napi]
pub struct NativeLongLoad {
    watch: Arc<LoadControl>,
    outcome: Arc<Mutex<Option<Outcome>>>,
}

#[napi]
impl NativeLongLoad {
    /// Starts the load.
    #[napi(constructor)]
    pub fn new(directory: String, options: NativeLoadOptions) -> Result<Self, CodedError> {
        let load = Self { watch: Arc::default(), outcome: Arc::default() };
        let (watch, outcome) = (Arc::clone(&load.watch), Arc::clone(&load.outcome));
        let work = move || {
            let opened = open(&directory, options, &watch);
            *outcome.lock().unwrap_or_else(PoisonError::into_inner) = Some(opened);
        };
        let thread = std::thread::Builder::new().name("model2vec-load".to_owned()).spawn(work);
        thread.map_err(|error| CodedError::new("ERR_INTERNAL", format!("no thread for the load: {error}")))?;
        LOADS.with_borrow_mut(|loads| {
            loads.retain(|watch| watch.strong_count() > 0);
            loads.push(Arc::downgrade(&load.watch));
        });
        Ok(load)
    }

    /// Ends the load within milliseconds, with ERR_ABORTED.
    #[napi]
    pub fn cancel(&self) {
        self.watch.cancel();
    }

    /// How many iterations of the vocabulary quantization are done.
    #[napi]
    pub fn iterations(&self) -> u32 {
        self.watch.iterations()
    }

    /// The model, once; null while it is loading.
    #[napi(catch_unwind)]
    pub fn take(&self, env: Env) -> Result<Option<NativeModel>, CodedError> {
        match self.outcome.lock().unwrap_or_else(PoisonError::into_inner).take() {
            None => Ok(None),
            Some(Ok(model)) => Ok(Some(NativeModel::new(Js(env.raw()), model))),
            Some(Err(thrown)) => Err(thrown.into()),
        }
    }
}

/// The most iterations of a vocabulary quantization.
#[napi]
pub fn max_iterations() -> u32 {
    model2vec_engine::MAX_ITERATIONS
}

/// Ends the loads of an environment that ends: nobody takes their models any more.
pub(crate) fn cancel_all() {
    LOADS.take().iter().filter_map(Weak::upgrade).for_each(|watch| watch.cancel());
}
