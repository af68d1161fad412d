//! The names of the files of heads.

/// The file of the head, beside the model's configuration.
pub const HEAD_FILE: &str = "head.safetensors";
/// The head's file before model2vec 0.10: a scikit-learn pipeline, which needs Python.
pub const LEGACY_HEAD_FILE: &str = "pipeline.skops";
