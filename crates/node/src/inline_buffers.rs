//! The buffers of a model's inline calls: the texts that were read, and the engine's working
//! memory.

use std::sync::Arc;

use model2vec_engine::{EncodeError, Scratch, StaticModel, Texts, fault};
use napi::sys;

use crate::error::{Thrown, catch_panic};
use crate::js::Js;
use crate::texts;

/// A model, and buffers that are used again by each inline call of an environment.
pub(crate) struct InlineBuffers {
    model: Arc<StaticModel>,
    texts: Texts,
    scratch: Scratch,
}

impl InlineBuffers {
    pub(crate) fn new(model: Arc<StaticModel>) -> Self {
        Self { texts: Texts::default(), scratch: model.take_scratch(), model }
    }

    pub(crate) fn model(&self) -> &StaticModel {
        &self.model
    }

    /// The memory that the buffers take, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.scratch.bytes() + self.texts.capacity() * size_of::<u16>()
    }

    /// Reads the strings: of each, no more than can matter under the limit of `max_length` token
    /// ids.
    pub(crate) fn read(&mut self, js: Js, values: &[sys::napi_value], max_length: Option<usize>) -> Result<(), Thrown> {
        self.texts.clear();
        texts::read(js, values, self.model.unit_limit(max_length), &mut self.texts)
    }

    /// Has the engine do `work` on the texts that were read. The work's error has the index of its
    /// text.
    pub(crate) fn work<T>(
        &mut self,
        work: impl FnOnce(&StaticModel, &Texts, &mut Scratch) -> Result<T, (usize, EncodeError)>,
    ) -> Result<T, Thrown> {
        let mut has_returned = false;
        let outcome = catch_panic("the engine", || {
            fault::panic_where_injected();
            let worked = work(&self.model, &self.texts, &mut self.scratch);
            has_returned = true;
            worked.map_err(|(index, error)| {
                Thrown::Coded("ERR_BAD_TOKENIZER", format!("text {index} could not be tokenized: {error}"))
            })
        });
        if !has_returned {
            // After a panic the scratch may be in any state. The model is immutable.
            self.scratch = self.model.take_scratch();
        }
        outcome
    }
}
