//! Loading: finds the files of a model, reads them, and checks that they fit together.

use std::path::Path;
use std::sync::Arc;

use crate::error::LoadError;
use crate::files::source_file::SourceFile;
use crate::isa::Isa;
use crate::load_control::LoadControl;
use crate::model::config::ModelConfig;
use crate::model::layout::ModelFiles;
use crate::model::options::LoadOptions;
use crate::model::scratch::SpareScratches;
use crate::model::static_model::{LoadedFiles, StaticModel};
use crate::pooling::kernel::{Converters, Kernels};
use crate::table::{EmbeddingTable, MemoryMode, Reduction};
use crate::tokenizer::Tokenizer;

impl StaticModel {
    /// Loads the model in `directory`.
    ///
    /// # Errors
    /// A [`LoadError`] for everything that can be wrong with such a directory.
    pub fn load(directory: &Path, options: &LoadOptions) -> Result<Self, LoadError> {
        Self::load_with(directory, options, &LoadControl::default())
    }

    /// [`load`](Self::load), during which another thread can read the progress of a vocabulary
    /// quantization from `control`, or cancel it.
    ///
    /// # Errors
    /// Those of [`load`](Self::load), and [`LoadError::Cancelled`].
    pub fn load_with(directory: &Path, options: &LoadOptions, control: &LoadControl) -> Result<Self, LoadError> {
        let files = ModelFiles::find(directory, options.subfolder.as_deref())?;
        let loaded = LoadedFiles {
            folder: files.folder.clone(),
            config: SourceFile::new(files.config.clone()),
            tokenizer: SourceFile::new(files.tokenizer.clone()),
            table: files.table.clone(),
        };
        let config = ModelConfig::read(&files.config)?;
        let tokenizer = Tokenizer::read(&files.tokenizer)?;
        // Clustering converts the rows to single precision, so the table is only mapped here: a
        // copy would be a second one in memory.
        let (memory, reduction) = match options.vocabulary_quantization {
            None => (options.memory, options.reduction),
            Some(_) => (MemoryMode::Map, Reduction::default()),
        };
        let mut table = EmbeddingTable::read(&files.table, files.tensor, memory, reduction)?;
        check_sizes(&files.table, &table, &tokenizer)?;
        let isa = Isa::detect();
        if let Some(clusters) = options.vocabulary_quantization {
            table = table.quantize_vocabulary(&files.table, clusters, options.reduction, isa, control)?;
        }
        let table = Arc::new(table);
        table.copy_soon();
        Ok(Self {
            path: directory.to_path_buf(),
            files: Arc::new(loaded),
            config,
            unknown_id: tokenizer.unknown_id(),
            median_token_length: tokenizer.median_token_length(),
            table,
            tokenizer: Arc::new(tokenizer),
            head: None,
            row_head: None,
            kernels: Kernels::of(isa),
            converters: Converters::of(isa),
            scratches: SpareScratches::default(),
        })
    }
}

/// Every id that the tokenizer can give must have a row, and a weight if there are weights.
fn check_sizes(path: &Path, table: &EmbeddingTable, tokenizer: &Tokenizer) -> Result<(), LoadError> {
    if table.mapping().is_none() && table.rows() != tokenizer.token_count() {
        return Err(LoadError::shape_mismatch(
            path,
            format!(
                "expected one row per token (there is no `mapping`), found {} rows and {} tokens",
                table.rows(),
                tokenizer.token_count()
            ),
        ));
    }
    if tokenizer.id_bound() > table.id_count() {
        return Err(LoadError::shape_mismatch(
            path,
            format!(
                "expected table, `mapping` and `weights` to cover the token ids below {}, found only {} ids covered",
                tokenizer.id_bound(),
                table.id_count()
            ),
        ));
    }
    Ok(())
}
