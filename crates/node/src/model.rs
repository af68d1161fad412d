//! A loaded model as JavaScript holds it: a handle on the model, which other handles and running
//! calls may share. `close()` only drops the handle's share.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use model2vec_engine::{EncodeOptions, HeadOutput, MemoryMode, StaticModel};
use napi::bindgen_prelude::Unknown;
use napi::{Env, JsValue};
use napi_derive::napi;

use crate::error::{CodedError, Thrown};
use crate::js::Js;
use crate::local_model::{LocalModel, OpenModel};

/// Facts about a model. The settings (`normalize`, `max_length`) are those of its files, which the
/// options of JavaScript can override.
#[napi(object)]
#[derive(Debug)]
pub struct NativeModelInfo {
    /// The real path of the model's directory.
    pub path: String,
    /// How many dimensions a vector has.
    pub dim: u32,
    /// How many tokens the vocabulary has, added tokens included.
    pub vocab_size: u32,
    /// How many rows the table has: fewer than there are tokens if the vocabulary is quantized.
    pub rows: u32,
    /// The element type of the table.
    pub table_dtype: String,
    /// `'copy'` or `'map'`: whether the table is in memory now or mapped from its file.
    pub memory: String,
    /// Whether a table that is mapped now will be copied.
    pub will_be_copied: bool,
    /// Whether vectors are normalized, by the model's configuration.
    pub normalize: bool,
    /// The most token ids of a text, by the model's configuration; null = no limit.
    pub max_length: Option<u32>,
    /// `'native'` or `'reference'`: our own tokenizer, or that of the `tokenizers` crate.
    pub tokenizer: String,
    /// Why `tokenizer` is `'reference'`: the part of tokenizer.json that our own modules don't run.
    pub tokenizer_reason: Option<String>,
    /// The instruction set of the pooling kernels.
    pub kernel: String,
    /// Whether the model's directory has the file of a head.
    pub has_head: bool,
}

/// Facts about a head.
#[napi(object, object_from_js = false)]
#[derive(Debug)]
pub struct NativeHead {
    /// `'softmax'`, `'sigmoid'` or `'identity'`.
    pub activation: &'static str,
    /// The classes as a JSON array; null = the head names none.
    pub classes: Option<String>,
    /// How many layers there are.
    pub layers: u32,
    /// Dimensions of an embedding, which the head takes.
    pub inputs: u32,
    /// How many outputs the last layer has.
    pub outputs: u32,
    /// numpy's number type of the outputs.
    pub precision: &'static str,
    /// How many multiplications a row takes.
    pub multiplications: f64,
}

/// What rows through a head are, by the numbers that JavaScript passes, with their names there
/// (src/native/interface.ts, `HEAD_OUTPUT`).
pub(crate) const HEAD_OUTPUTS: [(&str, HeadOutput); 3] =
    [("scores", HeadOutput::Scores), ("activated", HeadOutput::Activated), ("best", HeadOutput::Best)];

/// A handle on a loaded model.
#[napi]
pub struct NativeModel {
    /// Shared with the functions of inline calls, which must see that the handle was closed.
    model: Rc<OpenModel>,
}

#[napi]
impl NativeModel {
    pub(crate) fn new(js: Js, model: Arc<StaticModel>) -> Self {
        Self { model: Rc::new(RefCell::new(Some(LocalModel::of(js, model)))) }
    }

    /// Facts about the model.
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
            will_be_copied: model.table().is_to_be_copied(),
            normalize: defaults.normalize,
            max_length: defaults.max_length.map(|length| u32::try_from(length).unwrap_or(u32::MAX)),
            tokenizer_reason: model.tokenizer().reference_reason().map(str::to_owned),
            tokenizer: if model.tokenizer().is_native() { "native" } else { "reference" }.to_owned(),
            kernel: model.kernel().to_owned(),
            has_head: model.has_head_file(),
        })
    }

    /// Facts about the head; null if the model was loaded without one.
    #[napi(getter, catch_unwind)]
    pub fn head(&self) -> Result<Option<NativeHead>, CodedError> {
        Ok(self.opened()?.head().map(|head| NativeHead {
            activation: head.activation().name(),
            classes: head.classes().map(str::to_owned),
            layers: head.layers() as u32,
            inputs: head.inputs() as u32,
            outputs: head.outputs() as u32,
            precision: head.precision(),
            multiplications: head.multiplications() as f64,
        }))
    }

    /// Another handle on the model, whose rows go through the head: `output` is a number of
    /// `HEAD_OUTPUTS`, `normalize` says whether the embeddings that the head takes are normalized.
    #[napi(catch_unwind)]
    pub fn through_head(&self, env: Env, output: u32, normalize: bool) -> Result<NativeModel, CodedError> {
        let (_, output) = HEAD_OUTPUTS.get(output as usize).ok_or_else(|| {
            CodedError::new("ERR_INTERNAL", format!("internal error: {output} is no output of a head"))
        })?;
        let model = self.opened()?.through_head(*output, normalize).ok_or_else(|| {
            CodedError::new("ERR_INTERNAL", "internal error: the model was loaded without its head".to_owned())
        })?;
        Ok(Self::new(Js(env.raw()), Arc::new(model)))
    }

    /// Another handle on the same model.
    #[napi(catch_unwind)]
    pub fn share(&self) -> Result<NativeModel, CodedError> {
        Ok(Self { model: Rc::new(RefCell::new(Some(self.opened()?))) })
    }

    /// Lets the model go. Calls that are running keep it until they are done.
    #[napi]
    pub fn close(&self) {
        self.model.replace(None);
    }

    /// Gives the memory pages of a mapped table back to the operating system. Does nothing for a
    /// table that is not mapped, or a closed handle.
    #[napi(catch_unwind)]
    pub fn release_pages(&self) {
        if let Some(model) = self.model.borrow().as_ref() {
            model.table().release_pages();
        }
    }

    /// The vocabulary: the token of each id, and an empty string where no token has the id.
    #[napi(catch_unwind)]
    pub fn tokens(&self) -> Result<Vec<String>, CodedError> {
        let vocabulary = self.opened()?.tokenizer().vocabulary();
        let mut tokens = vec![String::new(); vocabulary.iter().map(|&(_, id)| id as usize + 1).max().unwrap_or(0)];
        for (token, id) in vocabulary {
            tokens[id as usize] = token;
        }
        Ok(tokens)
    }

    /// Writes the embedding row of token `id`, times its weight, into the first `dim` elements of
    /// `out`, a `Float32Array`. It is not normalized.
    #[napi(catch_unwind)]
    pub fn embedding(&self, env: Env, id: u32, out: Unknown<'_>) -> Result<(), CodedError> {
        let model = self.opened()?;
        if model.goes_through_head() {
            return Err(CodedError::new("ERR_INTERNAL", "internal error: rows go through a head".to_owned()));
        }
        if id as usize >= model.table().id_count() {
            let reason = format!("expected a token id below {}, found {id}", model.table().id_count());
            return Err(CodedError::new("ERR_INVALID_OPTION", reason));
        }
        let memory = Js(env.raw()).float32_array(out.raw()).map_err(CodedError::from)?;
        if memory.length < model.dim() {
            return Err(Thrown::too_small(model.dim() * 4, memory.length * 4).into());
        }
        // SAFETY: the typed array has at least `dim` elements at `start`, and no JavaScript runs
        // before this returns.
        let vector = unsafe { std::slice::from_raw_parts_mut(memory.start, model.dim()) };
        model.row(id, EncodeOptions { normalize: false, ..model.defaults() }, vector);
        Ok(())
    }

    /// As [`model`](Self::model), with the error that methods of JavaScript return.
    pub(crate) fn opened(&self) -> Result<Rc<LocalModel>, CodedError> {
        self.model().map_err(CodedError::from)
    }

    /// The model, unless the handle was closed.
    pub(crate) fn model(&self) -> Result<Rc<LocalModel>, Thrown> {
        self.model.borrow().clone().ok_or_else(Thrown::closed)
    }

    /// The model for the functions of inline calls. It contains `None` once the handle is closed.
    pub(crate) fn shared(&self) -> &Rc<OpenModel> {
        &self.model
    }
}
