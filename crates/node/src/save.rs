//! Saving a model, off the event loop.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;

use model2vec_engine::{EncodeOptions, StaticModel};
use napi::bindgen_prelude::AsyncTask;
use napi::{Env, Task};
use napi_derive::napi;

use crate::error::{CodedError, Thrown};
use crate::model::{NativeModel, rejection};
use crate::options::max_length_of;

/// A model that is being saved. It is held meanwhile.
pub struct SaveTask {
    model: Arc<StaticModel>,
    directory: PathBuf,
    defaults: EncodeOptions,
}

impl Task for SaveTask {
    type Output = Result<(), Thrown>;
    type JsValue = ();

    fn compute(&mut self) -> napi::Result<Self::Output> {
        let saved = catch_unwind(AssertUnwindSafe(|| self.model.save(&self.directory, self.defaults)));
        Ok(match saved {
            Ok(saved) => saved.map_err(Thrown::from),
            Err(_) => {
                let reason = format!("{}: internal error: saving panicked", self.directory.display());
                Err(Thrown::internal(reason))
            }
        })
    }

    fn resolve(&mut self, env: Env, output: Self::Output) -> napi::Result<Self::JsValue> {
        output.map_err(|thrown| rejection(env, thrown))
    }
}

/// Writes the files of a model into `directory`; `normalize` and `max_length` are what its configuration will say.
#[napi(ts_return_type = "Promise<void>")]
pub fn save_model(
    model: &NativeModel,
    directory: String,
    normalize: bool,
    max_length: f64,
) -> Result<AsyncTask<SaveTask>, CodedError> {
    let model = model.opened()?;
    let defaults = EncodeOptions { normalize, max_length: max_length_of(max_length), ..model.defaults() };
    Ok(AsyncTask::new(SaveTask { model: Arc::clone(model.model()), directory: PathBuf::from(directory), defaults }))
}
