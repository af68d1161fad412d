//! A model as one environment (the main thread, or one worker thread) has it: once, whatever number of handles there are on it.
//!
//! What belongs to a model and a thread is here, not in a handle: the buffers of small calls, and how much of the model's memory
//! V8 counts. V8 sees a few hundred bytes of a handle; it collects handles that nobody closed in time only when it knows that
//! they hold megabytes.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashMap;
use std::ops::Deref;
use std::rc::{Rc, Weak};
use std::sync::Arc;

use model2vec_engine::StaticModel;
use napi::sys;

use crate::few::FewState;
use crate::js::Js;

/// A model in an environment. Two environments on one thread have nothing in common.
type Key = (sys::napi_env, *const StaticModel);

thread_local! {
    /// The models that this thread's environments have. An entry goes with its model.
    static MODELS: RefCell<HashMap<Key, Weak<LocalModel>>> = RefCell::default();
}

/// A model in one environment. Handles share it, and jobs until they end.
pub(crate) struct LocalModel {
    js: Js,
    model: Arc<StaticModel>,
    /// Made for the first small call.
    few: OnceCell<RefCell<FewState>>,
    /// The bytes that V8 counts.
    counted: Cell<i64>,
}

impl LocalModel {
    /// This environment's, which holds `model` alive from here on.
    pub(crate) fn of(js: Js, model: Arc<StaticModel>) -> Rc<Self> {
        let key = (js.0, Arc::as_ptr(&model));
        let known = MODELS.with_borrow(|models| models.get(&key).and_then(Weak::upgrade));
        let local = known.unwrap_or_else(|| {
            let local = Rc::new(Self { js, model, few: OnceCell::new(), counted: Cell::new(0) });
            MODELS.with_borrow_mut(|models| models.insert(key, Rc::downgrade(&local)));
            local
        });
        local.count_memory();
        local
    }

    /// The model that all environments share.
    pub(crate) fn model(&self) -> &Arc<StaticModel> {
        &self.model
    }

    /// The state of small calls.
    pub(crate) fn few(&self) -> &RefCell<FewState> {
        self.few.get_or_init(|| RefCell::new(FewState::new(Arc::clone(&self.model))))
    }

    /// Tells V8 how much memory the model holds by now, which may make it collect garbage: nothing is borrowed meanwhile.
    pub(crate) fn count_memory(&self) {
        let few = self.few.get().and_then(|few| few.try_borrow().ok().map(|few| few.bytes()));
        self.count(self.model.memory_bytes() + few.unwrap_or(0));
    }

    fn count(&self, bytes: usize) {
        let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
        let before = self.counted.replace(bytes);
        if bytes != before {
            self.js.adjust_external_memory(bytes - before);
        }
    }
}

impl Deref for LocalModel {
    type Target = StaticModel;

    fn deref(&self) -> &StaticModel {
        &self.model
    }
}

impl Drop for LocalModel {
    fn drop(&mut self) {
        let key = (self.js.0, Arc::as_ptr(&self.model));
        // A thread that ends may have no entries any more.
        let _ = MODELS.try_with(|models| models.borrow_mut().remove(&key));
        self.count(0);
    }
}
