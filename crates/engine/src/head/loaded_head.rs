//! The loaded head: its layers, and the facts about it.

use crate::head::activation::Activation;
use crate::head::layer::Layer;
use crate::head::output::HeadOutput;
use crate::head::precision::Precision;

/// A loaded head.
#[derive(Debug)]
pub struct Head {
    pub(super) layers: Vec<Layer>,
    pub(super) activation: Activation,
    /// A JSON array.
    pub(super) classes: Option<String>,
    /// The number type of the embeddings.
    pub(super) embeddings: Precision,
    /// How many dimensions the embeddings have.
    pub(super) inputs: usize,
    /// The bytes of `head.safetensors`, for saving: small beside any table.
    pub(super) file: Vec<u8>,
}

impl Head {
    /// The activation after the last layer.
    #[must_use]
    pub fn activation(&self) -> Activation {
        self.activation
    }

    /// The classes as a JSON array: strings, or numbers, or booleans, one per output. `None` = the
    /// head names none.
    #[must_use]
    pub fn classes(&self) -> Option<&str> {
        self.classes.as_deref()
    }

    /// How many layers there are; with none, the output is the embedding.
    #[must_use]
    pub fn layers(&self) -> usize {
        self.layers.len()
    }

    /// Dimensions of an embedding, which the first layer takes.
    #[must_use]
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// How many outputs the last layer has.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.layers.last().map_or(self.inputs, Layer::outputs)
    }

    /// Numbers of a row of a call.
    #[must_use]
    pub fn columns(&self, output: HeadOutput) -> usize {
        if output == HeadOutput::Best { 2 } else { self.outputs() }
    }

    /// numpy's number type of the outputs.
    #[must_use]
    pub fn precision(&self) -> &'static str {
        self.layers.last().map_or(self.embeddings, |layer| layer.sum).name()
    }

    /// How many multiplications a row takes.
    #[must_use]
    pub fn multiplications(&self) -> usize {
        self.layers.iter().map(|layer| layer.inputs() * layer.outputs()).sum()
    }

    /// The bytes of memory that it holds.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        self.file.len() + self.layers.iter().map(Layer::bytes).sum::<usize>()
    }

    /// The bytes of `head.safetensors` as they were loaded.
    pub(crate) fn file(&self) -> &[u8] {
        &self.file
    }

    /// `head_config` as Python's `save_pretrained` writes it (inference/model.py,
    /// `_save_pipeline`).
    pub(crate) fn config_json(&self) -> String {
        let (layers, activation) = (self.layers.len(), self.activation.name());
        let classes = self.classes.as_deref().unwrap_or("null");
        format!(r#"{{"n_layers":{layers},"activation":"{activation}","classes":{classes}}}"#)
    }
}
