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
mod files;
mod kernel;
mod layer;
mod loaded_head;
mod output;
mod precision;
mod read;
#[cfg(test)]
mod tests;

pub use activation::Activation;
pub(crate) use apply::HeadScratch;
pub use files::{HEAD_FILE, LEGACY_HEAD_FILE};
pub(crate) use kernel::Kernels;
pub use loaded_head::Head;
pub use output::HeadOutput;
pub(crate) use precision::Precision;
pub(crate) use read::{Embeddings, HeadFiles};
