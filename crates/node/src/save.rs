//! Saving a model, off the event loop: on Node's thread pool, which an ending environment waits
//! for.

use std::path::PathBuf;
use std::sync::Arc;

use model2vec_engine::{EncodeOptions, StaticModel};
use napi::bindgen_prelude::AsyncTask;
use napi::{Env, Task};
use napi_derive::napi;

use crate::error::{CodedError, Thrown, catch_panic};
use crate::js::Js;
use crate::model::NativeModel;
use crate::options::max_length_of;

/// A model that is being saved.
pub struct SaveTask {
    /// Kept in memory until it is saved, also when the handle is closed.
    model: Arc<StaticModel>,
    directory: PathBuf,
    defaults: EncodeOptions,
    with_head: bool,
}

impl Task for SaveTask {
    type Output = Result<(), Thrown>;
    type JsValue = ();

    fn compute(&mut self) -> napi::Result<Self::Output> {
        let what = format!("saving to {}", self.directory.display());
        let save = if self.with_head { StaticModel::save_with_head } else { StaticModel::save };
        Ok(catch_panic(&what, || save(&self.model, &self.directory, self.defaults).map_err(Thrown::from)))
    }

    fn resolve(&mut self, env: Env, output: Self::Output) -> napi::Result<Self::JsValue> {
        output.map_err(|thrown| Js(env.raw()).rejection(thrown))
    }
}

/// Writes the files of a model into `directory`, with `normalize` and `max_length` in its
/// configuration, and the head if `with_head`. A negative `max_length` is no limit.
#[napi(ts_return_type = "Promise<void>")]
pub fn save_model(
    model: &NativeModel,
    directory: String,
    normalize: bool,
    max_length: f64,
    with_head: bool,
) -> Result<AsyncTask<SaveTask>, CodedError> {
    let model = model.opened()?;
    let defaults = EncodeOptions { normalize, max_length: max_length_of(max_length), ..model.defaults() };
    let model = Arc::clone(model.model());
    Ok(AsyncTask::new(SaveTask { model, directory: PathBuf::from(directory), defaults, with_head }))
}
