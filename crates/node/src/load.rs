//! Loads of a model, on this thread or off the event loop. `quantized_load.rs` has those that take
//! much longer.
//!
//! Loads off the event loop run on Node's thread pool, which bounds how many run at once, and which
//! an ending environment waits for: a load takes milliseconds to a second.

use std::path::Path;
use std::sync::Arc;

use model2vec_engine::{ElementType, LoadControl, LoadOptions, MemoryMode, Reduction, StaticModel, Tokenizer, fault};
use napi::bindgen_prelude::{AsyncTask, Buffer};
use napi::{Env, Task};
use napi_derive::napi;

use crate::error::{CodedError, Thrown, catch_panic};
use crate::js::Js;
use crate::model::NativeModel;
use crate::registry;

/// The options of a load.
#[napi(object)]
#[derive(Debug, Default)]
pub struct NativeLoadOptions {
    /// A folder inside the model's directory.
    pub subfolder: Option<String>,
    /// `'auto'`, `'copy'` or `'map'`.
    pub memory: Option<String>,
    /// The element type to convert the table to, as numpy names it.
    pub quantize_to: Option<String>,
    /// How many dimensions to keep.
    pub dimensionality: Option<f64>,
    /// How many clusters the embedding rows become.
    pub vocabulary_quantization: Option<f64>,
    /// Whether the model's head is loaded with it.
    pub with_head: Option<bool>,
}

impl NativeLoadOptions {
    fn into_engine(self) -> LoadOptions {
        let memory = match self.memory.as_deref() {
            Some("copy") => MemoryMode::Copy,
            Some("map") => MemoryMode::Map,
            _ => MemoryMode::Auto,
        };
        let reduction = Reduction {
            quantize_to: self.quantize_to.as_deref().and_then(ElementType::named),
            dimensionality: self.dimensionality.map(|columns| columns as usize),
        };
        LoadOptions {
            subfolder: self.subfolder,
            memory,
            reduction,
            vocabulary_quantization: self.vocabulary_quantization.map(|clusters| clusters as usize),
        }
    }
}

/// Loads a model, or finds it in memory. Ends early, with `ERR_ABORTED`, once `control` is
/// cancelled.
pub(crate) fn open(
    directory: &str,
    options: NativeLoadOptions,
    control: &LoadControl,
) -> Result<Arc<StaticModel>, Thrown> {
    catch_panic(&format!("the loader of {directory}"), || {
        fault::panic_at_load_where_injected();
        let open = if options.with_head == Some(true) { registry::open_with_head } else { registry::open };
        open(Path::new(directory), &options.into_engine(), control).map_err(Thrown::from)
    })
}

/// Loads a model on this thread.
#[napi(catch_unwind)]
pub fn open_model_sync(env: Env, directory: String, options: NativeLoadOptions) -> Result<NativeModel, CodedError> {
    Ok(NativeModel::new(Js(env.raw()), open(&directory, options, &LoadControl::default())?))
}

/// A load on a thread of Node's pool.
pub struct OpenTask {
    directory: String,
    options: Option<NativeLoadOptions>,
}

impl Task for OpenTask {
    type Output = Result<Arc<StaticModel>, Thrown>;
    type JsValue = NativeModel;

    fn compute(&mut self) -> napi::Result<Self::Output> {
        Ok(open(&self.directory, self.options.take().unwrap_or_default(), &LoadControl::default()))
    }

    fn resolve(&mut self, env: Env, output: Self::Output) -> napi::Result<Self::JsValue> {
        let js = Js(env.raw());
        output.map(|model| NativeModel::new(js, model)).map_err(|thrown| js.rejection(thrown))
    }
}

/// Loads a model off the event loop. Rejects with an error that has a `code`.
#[napi(ts_return_type = "Promise<NativeModel>")]
pub fn open_model(directory: String, options: NativeLoadOptions) -> AsyncTask<OpenTask> {
    AsyncTask::new(OpenTask { directory, options: Some(options) })
}

/// The contents of `tokenizer.prepared` for a `tokenizer.json`. For scripts/prepare.mjs: the package
/// itself doesn't call it.
#[napi(catch_unwind)]
pub fn prepare_tokenizer(path: String) -> Result<Buffer, CodedError> {
    let prepared = Tokenizer::prepare(Path::new(&path));
    prepared.map(Buffer::from).map_err(|error| Thrown::from(error).into())
}
