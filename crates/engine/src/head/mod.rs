//! The head of a trained pipeline: a multi-layer perceptron on the embeddings (model2vec 0.10.0,
//! inference/mlp.py, `MLPHead`), which makes a classifier, a regressor or a projection of a model.
//!
//! A head is `head.safetensors` (`head.{i}.weight`, outputs × inputs, and `head.{i}.bias` of each
//! layer) and `head_config` in the model's configuration. A layer is `x @ W.T + b`, with
//! `maximum(x, 0)` between two of them; then comes the activation.
//!
//! # Number types
//! numpy promotes: a product has the larger type of the embeddings and the weights, the sum with
//! the bias the larger one of the product's and the bias's. Embeddings have the type that Python's
//! `encode` gives them ([`Precision::of_table`]). [`apply`] does each step in that type:
//!
//! | type | products are summed | after each step |
//! |---|---|---|
//! | float16 | in float32, in the order of the inputs, as numpy does without BLAS | rounded to float16 |
//! | float32 | in float32, in the order of the inputs, each by a fused multiply-add | – |
//! | float64 | in float64, in the order of the inputs | – |
//!
//! numpy hands float32 and float64 to a BLAS, whose order and fused operations depend on the
//! library and on the CPU: there the last bits may differ. Here they depend on neither.

mod activation;
mod apply;
mod config;
mod exp;
mod kernel;
mod layer;
mod read;
#[cfg(test)]
mod tests;

pub use activation::Activation;
pub(crate) use apply::HeadScratch;
pub(crate) use kernel::Kernels;
pub(crate) use read::{Embeddings, HeadFiles};

use layer::Layer;

/// The file of the head, beside the model's configuration.
pub const HEAD_FILE: &str = "head.safetensors";
/// The head's file before model2vec 0.10: a scikit-learn pipeline, which needs Python.
pub const LEGACY_HEAD_FILE: &str = "pipeline.skops";

/// A number type in which numpy computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Precision {
    /// float16.
    Half,
    /// float32.
    Single,
    /// float64.
    Double,
}

impl Precision {
    fn name(self) -> &'static str {
        match self {
            Self::Half => "float16",
            Self::Single => "float32",
            Self::Double => "float64",
        }
    }
}

/// What the rows of a call with a head are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HeadOutput {
    /// The output of the last layer: logits, or the vector of a projection.
    Scores,
    /// The same after the activation: the probabilities of a classifier.
    Activated,
    /// Two numbers: which score is the largest (as numpy's `argmax`: the first of equal ones; the
    /// first NaN), and what the activation makes of it.
    Best,
}

/// A loaded head.
#[derive(Debug)]
pub struct Head {
    layers: Vec<Layer>,
    activation: Activation,
    classes: Option<String>,
    /// The number type of the embeddings.
    embeddings: Precision,
    /// How many dimensions the embeddings have.
    inputs: usize,
    /// The bytes of `head.safetensors`, for saving: small beside any table.
    file: Vec<u8>,
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

    /// `head_config` as Python's `save_pretrained` writes it (inference/model.py, `_save_pipeline`).
    pub(crate) fn config_json(&self) -> String {
        let (layers, activation) = (self.layers.len(), self.activation.name());
        let classes = self.classes.as_deref().unwrap_or("null");
        format!(r#"{{"n_layers":{layers},"activation":"{activation}","classes":{classes}}}"#)
    }
}
