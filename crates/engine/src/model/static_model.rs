//! The loaded model: its parts, and the facts about it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::dtype::Dtype;
use crate::files::source_file::SourceFile;
use crate::head::Head;
use crate::model::config::ModelConfig;

use crate::model::options::EncodeOptions;
use crate::model::row_head::RowHead;
use crate::model::scratch::{Scratch, SpareScratches};
use crate::pooling::kernel::{Converters, Kernels};
use crate::table::EmbeddingTable;
use crate::tokenizer::Tokenizer;

/// The size of a tokenizer in memory as a multiple of the size of its file, for an estimate. With
/// the test models it is 2.4 to 5.
const TOKENIZER_FACTOR: usize = 3;

/// The files of a loaded model.
#[derive(Debug)]
pub(super) struct LoadedFiles {
    /// The folder of the files, in which the head's is looked for.
    pub(super) folder: PathBuf,
    pub(super) config: SourceFile,
    pub(super) tokenizer: SourceFile,
    pub(super) table: PathBuf,
}

/// A model that was loaded from a directory. It never changes, so threads share it; the buffers
/// that it keeps for them (`scratches`) are under a lock. Models that differ in their head alone
/// share what is in an `Arc`.
#[derive(Debug)]
pub struct StaticModel {
    pub(super) path: PathBuf,
    pub(super) files: Arc<LoadedFiles>,
    pub(super) config: ModelConfig,
    pub(super) table: Arc<EmbeddingTable>,
    pub(super) tokenizer: Arc<Tokenizer>,
    /// The head that was loaded with the model.
    pub(super) head: Option<Arc<Head>>,
    /// What the rows of calls go through; `None` = they are the embeddings.
    pub(super) row_head: Option<RowHead>,
    /// The id of the unknown token, which is not pooled.
    pub(super) unknown_id: Option<u32>,
    /// The median length of the vocabulary's tokens in code points: a text is cut to
    /// `max_length × median_token_length` code points before it is tokenized.
    pub(super) median_token_length: usize,
    pub(super) kernels: Kernels,
    pub(super) converters: Converters,
    pub(super) scratches: SpareScratches,
}

impl StaticModel {
    /// The directory that the model was loaded from.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The dimensions of a result row: those of an embedding, or the outputs of the head that rows
    /// go through ([`through_head`](Self::through_head)).
    #[must_use]
    pub fn dim(&self) -> usize {
        self.row_head.as_ref().map_or(self.table.dim(), RowHead::columns)
    }

    /// The embedding table.
    #[must_use]
    pub fn table(&self) -> &EmbeddingTable {
        &self.table
    }

    /// The tokenizer.
    #[must_use]
    pub fn tokenizer(&self) -> &Tokenizer {
        &self.tokenizer
    }

    /// The table's element type, as Python's `embedding_dtype` names it.
    #[must_use]
    pub fn table_dtype(&self) -> &'static str {
        self.table.element_type().name()
    }

    /// The instruction set of the pooling kernels.
    #[must_use]
    pub fn kernel(&self) -> &'static str {
        self.kernels.isa().name()
    }

    /// The options that the model's configuration sets for calls that set none. Rows that go through
    /// a head are not normalized.
    #[must_use]
    pub fn defaults(&self) -> EncodeOptions {
        EncodeOptions {
            max_length: self.config.max_length,
            normalize: self.config.normalize && self.row_head.is_none(),
            dimensionality: None,
            dtype: Dtype::Float32,
        }
    }

    /// How many dimensions of a vector are computed under these options.
    #[must_use]
    pub fn columns(&self, options: EncodeOptions) -> usize {
        options.dimensionality.unwrap_or(self.dim())
    }

    /// The bytes of a result row under these options.
    #[must_use]
    pub fn row_bytes(&self, options: EncodeOptions) -> usize {
        options.dtype.row_bytes(self.columns(options))
    }

    /// The most UTF-16 units of a text that can matter under a limit of `max_length` ids; `None`
    /// = all.
    #[must_use]
    pub fn unit_limit(&self, max_length: Option<usize>) -> Option<usize> {
        // A code point has at most two units. One code point more, so two units, shows that the
        // text went on, and so is truncated.
        max_length.map(|ids| ids.saturating_mul(self.median_token_length).saturating_mul(2).saturating_add(2))
    }

    /// A slice of more UTF-16 units than this is long: it occupies its thread for some 15
    /// milliseconds or more, and other calls should not have to wait for that thread.
    pub(crate) fn long_units(&self) -> usize {
        if self.tokenizer.is_native() { 1 << 20 } else { 1 << 14 }
    }

    /// About how many bytes of memory the model holds: the table (unless it is mapped), the
    /// tokenizer (estimated from the size of its file), and the buffers that no thread uses at the
    /// moment.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        if self.row_head.is_some() {
            // The rest is shared with the model that was loaded, and is counted there.
            return self.scratches.bytes();
        }
        let tokenizer = TOKENIZER_FACTOR * self.files.tokenizer.size() as usize;
        let head = self.head.as_ref().map_or(0, |head| head.memory_bytes());
        self.table.memory_bytes() + tokenizer + head + self.scratches.bytes()
    }

    /// Takes buffers for one thread: returned ones if there are any, else new ones.
    #[must_use]
    pub fn take_scratch(&self) -> Scratch {
        self.scratches.take(&self.tokenizer)
    }

    /// Returns buffers for the next [`take_scratch`](Self::take_scratch). Buffers that a huge text
    /// made large are freed instead.
    pub fn put_scratch(&self, scratch: Scratch) {
        self.scratches.put(scratch);
    }
}
