//! A model in one Node environment: usually that of the main thread, or of a thread of
//! `node:worker_threads`. All handles on the model in that environment share one `LocalModel`.
//!
//! It holds the buffers of inline calls, and reports to V8 how much memory the model takes. To V8 a
//! handle is an object of a few hundred bytes. Without the report, V8 would collect handles that
//! nobody closed much too late.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashMap;
use std::ops::Deref;
use std::rc::{Rc, Weak};
use std::sync::Arc;

use model2vec_engine::StaticModel;
use napi::sys;

use crate::inline_buffers::InlineBuffers;
use crate::js::Js;

/// The model of a handle, shared with the functions of its inline calls. `None` once the handle was
/// closed.
pub(crate) type OpenModel = RefCell<Option<Rc<LocalModel>>>;

/// A model in an environment. One thread can have several environments, which share nothing. While
/// an entry of [`MODELS`] exists, no other model can have its address: a [`LocalModel`] keeps the
/// model alive.
type Key = (sys::napi_env, *const StaticModel);

thread_local! {
    /// The models of this thread's environments. An entry is removed when its [`LocalModel`] is
    /// dropped.
    static MODELS: RefCell<HashMap<Key, Weak<LocalModel>>> = RefCell::default();
}

/// A model in one environment, kept alive by its handles, and by jobs until they end.
pub(crate) struct LocalModel {
    js: Js,
    model: Arc<StaticModel>,
    /// Made when they are first asked for, by `createInlineCalls`.
    inline_buffers: OnceCell<RefCell<InlineBuffers>>,
    /// How many bytes are reported to V8 at present.
    counted: Cell<i64>,
}

impl LocalModel {
    /// The `LocalModel` of `model` in this environment: the one that exists, or a new one, which
    /// keeps `model` alive. Reports its memory to V8 again.
    pub(crate) fn of(js: Js, model: Arc<StaticModel>) -> Rc<Self> {
        let key = (js.0, Arc::as_ptr(&model));
        let known = MODELS.with_borrow(|models| models.get(&key).and_then(Weak::upgrade));
        let local = known.unwrap_or_else(|| {
            let local = Rc::new(Self { js, model, inline_buffers: OnceCell::new(), counted: Cell::new(0) });
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

    /// The buffers of inline calls.
    pub(crate) fn inline_buffers(&self) -> &RefCell<InlineBuffers> {
        self.inline_buffers.get_or_init(|| RefCell::new(InlineBuffers::new(Arc::clone(&self.model))))
    }

    /// Reports to V8 how much memory the model takes now; inline buffers that are in use count the
    /// next time. The report may start a garbage collection, so no `RefCell` is borrowed meanwhile.
    pub(crate) fn count_memory(&self) {
        let buffers = self.inline_buffers.get();
        let buffer_bytes = buffers.and_then(|buffers| buffers.try_borrow().ok().map(|buffers| buffers.bytes()));
        self.count(self.model.memory_bytes() + buffer_bytes.unwrap_or(0));
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
        // On a thread that ends, the map may be gone already.
        let _ = MODELS.try_with(|models| models.borrow_mut().remove(&key));
        self.count(0);
    }
}
