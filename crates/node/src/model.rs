//! A loaded model as JavaScript holds it: a handle on the shared table, which `close()` lets go.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use model2vec_engine::{
    ElementType, EncodeOptions, LoadControl, LoadOptions, MemoryMode, Reduction, StaticModel, fault,
};
use napi::bindgen_prelude::{AsyncTask, FromNapiValue, Unknown};
use napi::{Env, Task};
use napi_derive::napi;

use crate::error::{CodedError, Thrown};
use crate::few::OpenModel;
use crate::js::Js;
use crate::local_model::LocalModel;
use crate::registry;

/// What changes the table that is loaded.
#[napi(object)]
#[derive(Debug, Default)]
pub struct NativeLoadOptions {
    /// A folder inside the model's directory.
    pub subfolder: Option<String>,
    /// `'auto'`, `'copy'` or `'map'`.
    pub memory: Option<String>,
    /// The element type to convert the table to, as numpy names it.
    pub quantize_to: Option<String>,
    /// How many columns to keep.
    pub dimensionality: Option<f64>,
    /// How many clusters the rows become.
    pub vocabulary_quantization: Option<f64>,
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

/// What a model is.
#[napi(object)]
#[derive(Debug)]
pub struct NativeModelInfo {
    /// The real path of the model's directory.
    pub path: String,
    /// The elements of a vector.
    pub dim: u32,
    /// The tokens of the vocabulary, added ones included.
    pub vocab_size: u32,
    /// The rows of the table; fewer than tokens in a model with a quantized vocabulary.
    pub rows: u32,
    /// The element type of the table.
    pub table_dtype: String,
    /// `'copy'` or `'map'`.
    pub memory: String,
    /// What the configuration says of normalizing.
    pub normalize: bool,
    /// What the configuration says of the longest input; null = no limit.
    pub max_length: Option<u32>,
    /// `'native'` or `'reference'`.
    pub tokenizer: String,
    /// Why it is `'reference'`: what in the file our own modules don't run.
    pub tokenizer_reason: Option<String>,
    /// The instruction set of the pooling kernels.
    pub kernel: String,
}

/// A handle on a loaded model.
#[napi]
pub struct NativeModel {
    /// What the functions of small calls share with the handle.
    model: Rc<OpenModel>,
}

#[napi]
impl NativeModel {
    pub(crate) fn new(js: Js, model: Arc<StaticModel>) -> Self {
        Self { model: Rc::new(RefCell::new(Some(LocalModel::of(js, model)))) }
    }

    /// What the model is.
    #[napi(getter, catch_unwind)]
    pub fn info(&self) -> Result<NativeModelInfo, CodedError> {
        let model = self.opened()?;
        let defaults = model.defaults();
        let memory = if model.table().memory() == MemoryMode::Map { "map" } else { "copy" };
        Ok(NativeModelInfo {
            path: model.path().to_string_lossy().into_owned(),
            dim: model.dim() as u32,
            vocab_size: model.tokenizer().token_count() as u32,
            rows: model.table().rows() as u32,
            table_dtype: model.table_dtype().to_owned(),
            memory: memory.to_owned(),
            normalize: defaults.normalize,
            max_length: defaults.max_length.map(|length| u32::try_from(length).unwrap_or(u32::MAX)),
            tokenizer_reason: model.tokenizer().reference_reason().map(str::to_owned),
            tokenizer: if model.tokenizer().is_native() { "native" } else { "reference" }.to_owned(),
            kernel: model.kernel().to_owned(),
        })
    }

    /// Lets the model go. Calls that run hold it until they are done.
    #[napi]
    pub fn close(&self) {
        self.model.replace(None);
    }

    /// Gives the pages of a mapped table back.
    #[napi(catch_unwind)]
    pub fn release_pages(&self) {
        if let Some(model) = self.model.borrow().as_ref() {
            model.table().release_pages();
        }
    }

    /// The vocabulary: the token of each id.
    #[napi(catch_unwind)]
    pub fn tokens(&self) -> Result<Vec<String>, CodedError> {
        let vocabulary = self.opened()?.tokenizer().vocabulary();
        let mut tokens = vec![String::new(); vocabulary.iter().map(|&(_, id)| id as usize + 1).max().unwrap_or(0)];
        for (token, id) in vocabulary {
            tokens[id as usize] = token;
        }
        Ok(tokens)
    }

    /// Writes the row of token `id`, with its weight, into `out`.
    #[napi(catch_unwind)]
    pub fn embedding(&self, env: Env, id: u32, out: Unknown<'_>) -> Result<(), CodedError> {
        let model = self.opened()?;
        if id as usize >= model.table().id_count() {
            let reason = format!("expected a token id below {}, found {id}", model.table().id_count());
            return Err(CodedError::new("ERR_INVALID_OPTION", reason));
        }
        let memory = Js(env.raw()).float32_array(napi::JsValue::raw(&out)).map_err(CodedError::from)?;
        if memory.length < model.dim() {
            return Err(Thrown::too_small(model.dim() * 4, memory.length * 4).into());
        }
        // SAFETY: the typed array has at least `dim` elements at `start`, and no JavaScript runs before this returns.
        let vector = unsafe { std::slice::from_raw_parts_mut(memory.start, model.dim()) };
        model.row(id, EncodeOptions { normalize: false, ..model.defaults() }, vector);
        Ok(())
    }

    pub(crate) fn opened(&self) -> Result<Rc<LocalModel>, CodedError> {
        self.model().map_err(CodedError::from)
    }

    /// The model, unless the handle was closed.
    pub(crate) fn model(&self) -> Result<Rc<LocalModel>, Thrown> {
        self.model.borrow().clone().ok_or_else(Thrown::closed)
    }

    /// The model as long as the handle is open, for the functions of small calls.
    pub(crate) fn shared(&self) -> &Rc<OpenModel> {
        &self.model
    }
}

/// A panic of the loader is an error too: nothing unwinds into Node.
pub(crate) fn open(
    directory: &str,
    options: NativeLoadOptions,
    watch: &LoadControl,
) -> Result<Arc<StaticModel>, Thrown> {
    let loaded = catch_unwind(AssertUnwindSafe(|| {
        fault::panic_at_load_where_injected();
        registry::open(&PathBuf::from(directory), &options.into_engine(), watch)
    }));
    match loaded {
        Ok(Ok(model)) => Ok(model),
        Ok(Err(error)) => Err(error.into()),
        Err(_) => Err(Thrown::internal(format!("{directory}: internal error: the loader panicked"))),
    }
}

/// Loads a model on this thread.
#[napi(catch_unwind)]
pub fn open_model_sync(env: Env, directory: String, options: NativeLoadOptions) -> Result<NativeModel, CodedError> {
    Ok(NativeModel::new(Js(env.raw()), open(&directory, options, &LoadControl::default())?))
}

/// Loads a model off the event loop.
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
        output.map(|model| NativeModel::new(Js(env.raw()), model)).map_err(|thrown| rejection(env, thrown))
    }
}

/// An error whose `code` survives a promise: napi-rs's own error has only N-API's status names.
pub(crate) fn rejection(env: Env, thrown: Thrown) -> napi::Error {
    let (code, message) = thrown.parts();
    match Js(env.raw()).error(code, &message) {
        // SAFETY: the value is a new error object of this environment.
        Ok(error) => match unsafe { Unknown::from_napi_value(env.raw(), error) } {
            Ok(error) => napi::Error::from(error),
            Err(error) => error,
        },
        Err(_) => napi::Error::from_reason(message),
    }
}

/// Loads a model off the event loop; rejects with an error that has a `code`.
#[napi(ts_return_type = "Promise<NativeModel>")]
pub fn open_model(directory: String, options: NativeLoadOptions) -> AsyncTask<OpenTask> {
    AsyncTask::new(OpenTask { directory, options: Some(options) })
}
