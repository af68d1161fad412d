//! A model with a head: loading it, and the rows that go through it.

use std::sync::Arc;

use crate::error::LoadError;
use crate::head::{Embeddings, Head, HeadFiles, HeadOutput, HeadScratch, Kernels, Precision};
use crate::isa::Isa;
use crate::model::config::ModelConfig;
use crate::model::layout::is_file;
use crate::model::options::EncodeOptions;
use crate::model::row_head::RowHead;
use crate::model::scratch::{Scratch, SpareScratches};
use crate::model::static_model::StaticModel;
use crate::pooling::pool::{self, PoolScratch};
use crate::table::{ElementType, EmbeddingTable};

impl StaticModel {
    /// Whether the model's directory has the file of a head.
    #[must_use]
    pub fn has_head_file(&self) -> bool {
        is_file(&self.files.folder.join(crate::head::HEAD_FILE))
    }

    /// The head, if the model was loaded with it.
    #[must_use]
    pub fn head(&self) -> Option<&Arc<Head>> {
        self.head.as_ref()
    }

    /// This model with its head, which is read from the model's directory (model2vec 0.10.0,
    /// inference/model.py, `StaticModelPipeline.from_pretrained`).
    ///
    /// Both share everything in memory, except where the table has numbers that are not finite: as
    /// in Python, the model with the head has a table in which NaN is 0 and infinities are the
    /// largest numbers of the element type (`numpy.nan_to_num`).
    ///
    /// # Errors
    /// [`LoadError::BadHead`] when there is no head, or it is broken or doesn't fit the model,
    /// [`LoadError::OutOfMemory`], [`LoadError::BadConfig`].
    pub fn with_head(&self) -> Result<Self, LoadError> {
        let config = self.files.config.path();
        let head_config = ModelConfig::read_head_config(config)?;
        let files = HeadFiles { folder: &self.files.folder, config, head_config: head_config.as_deref() };
        let embeddings = Embeddings { precision: precision_of(&self.table), dim: self.table.dim() };
        let head = Arc::new(Head::read(&files, embeddings)?);
        let table = match self.table.with_finite_numbers(&self.files.table)? {
            Some(table) => Arc::new(table),
            None => Arc::clone(&self.table),
        };
        Ok(Self { table, head: Some(head), ..self.sharing() })
    }

    /// This model with rows that go through its head; `None` = it was loaded without one. A row has
    /// [`Head::columns`] dimensions, of which the options of a call can ask for the first ones, and
    /// that they can normalize.
    ///
    /// `normalize` says whether the embeddings that the head takes are normalized. Embedding rows of
    /// token ids ([`row`](Self::row)) are not to be had.
    #[must_use]
    pub fn through_head(&self, output: HeadOutput, normalize: bool) -> Option<Self> {
        let head = Arc::clone(self.head.as_ref()?);
        let row_head = RowHead { head, output, normalize, kernels: Kernels::of(Isa::detect()) };
        Some(Self { row_head: Some(row_head), ..self.sharing() })
    }

    /// A model that shares this one's files, table, tokenizer and head.
    fn sharing(&self) -> Self {
        Self {
            path: self.path.clone(),
            files: Arc::clone(&self.files),
            config: self.config,
            table: Arc::clone(&self.table),
            tokenizer: Arc::clone(&self.tokenizer),
            head: self.head.clone(),
            row_head: None,
            unknown_id: self.unknown_id,
            median_token_length: self.median_token_length,
            kernels: self.kernels,
            converters: self.converters,
            scratches: SpareScratches::default(),
        }
    }

    /// Whether rows go through the head.
    #[must_use]
    pub fn goes_through_head(&self) -> bool {
        self.row_head.is_some()
    }

    /// Dimensions of an embedding, whatever rows go through.
    #[must_use]
    pub fn embedding_dim(&self) -> usize {
        self.table.dim()
    }

    /// Writes the rows of embeddings (rows × [`embedding_dim`](Self::embedding_dim)), which go
    /// through the head, into `rows`: as many × [`row_bytes`](Self::row_bytes) bytes, which start at
    /// a multiple of 4 for float32.
    ///
    /// # Panics
    /// When rows go through no head, or `rows` has another length.
    pub fn head_rows(&self, embeddings: &[f32], options: EncodeOptions, scratch: &mut Scratch, rows: &mut [u8]) {
        let row_head = self.row_head.as_ref().expect("rows go through a head");
        let (dim, row_bytes) = (self.table.dim(), self.row_bytes(options));
        assert_eq!(embeddings.len() / dim * row_bytes, rows.len(), "`rows` must have a row per embedding");
        let block = row_head.head.block_rows();
        for (embeddings, rows) in embeddings.chunks(block * dim).zip(rows.chunks_mut(block * row_bytes)) {
            let count = embeddings.len() / dim;
            embeddings_of(&mut scratch.head, embeddings.len()).copy_from_slice(embeddings);
            self.write_through(row_head, count, options, &mut scratch.head, &mut rows.chunks_exact_mut(row_bytes));
        }
    }

    /// Writes the rows of the texts whose ids are in `scratch`, which go through the head.
    pub(super) fn pool_run_through<'a>(
        &self,
        row_head: &RowHead,
        options: EncodeOptions,
        scratch: &mut Scratch,
        rows: &mut impl Iterator<Item = &'a mut [u8]>,
    ) {
        let Scratch { ids, ends, pool, head, .. } = scratch;
        let dim = self.table.dim();
        let ids_of = |text: usize| &ids[if text == 0 { 0 } else { ends[text - 1] }..ends[text]];
        pool.rows.forget();
        for first in (0..ends.len()).step_by(row_head.head.block_rows()) {
            let texts = first..ends.len().min(first + row_head.head.block_rows());
            let embeddings = embeddings_of(head, texts.len() * dim);
            for (text, embedding) in texts.clone().zip(embeddings.chunks_exact_mut(dim)) {
                if text == 0 {
                    pool::prefetch(&self.table, ids_of(0), dim, &mut pool.rows);
                }
                if text + 1 < ends.len() {
                    pool::prefetch(&self.table, ids_of(text + 1), dim, &mut pool.rows);
                }
                pool::pool(&self.table, &self.kernels, ids_of(text), row_head.normalize, pool, embedding);
            }
            self.write_through(row_head, texts.len(), options, head, rows);
        }
    }

    /// Writes the row of one text's ids, which goes through the head, into `vector`.
    pub(super) fn pool_through(
        &self,
        row_head: &RowHead,
        ids: &[u32],
        options: EncodeOptions,
        scratch: (&mut PoolScratch, &mut HeadScratch),
        vector: &mut [f32],
    ) {
        let (pool, head) = scratch;
        let embedding = embeddings_of(head, self.table.dim());
        pool::pool(&self.table, &self.kernels, ids, row_head.normalize, pool, embedding);
        row_head.head.apply(&row_head.kernels, 1, row_head.output, head, |_, outputs| {
            vector.copy_from_slice(&outputs[..vector.len()]);
        });
        if options.normalize {
            self.kernels.normalize(vector);
        }
    }

    /// Writes the rows of the first `count` embeddings in `scratch`.
    fn write_through<'a>(
        &self,
        row_head: &RowHead,
        count: usize,
        options: EncodeOptions,
        scratch: &mut HeadScratch,
        rows: &mut impl Iterator<Item = &'a mut [u8]>,
    ) {
        let columns = self.columns(options);
        let mut normalized = Vec::new();
        row_head.head.apply(&row_head.kernels, count, row_head.output, scratch, |_, outputs| {
            let Some(row) = rows.next() else { return };
            let mut vector = &outputs[..columns];
            if options.normalize {
                normalized.clear();
                normalized.extend_from_slice(vector);
                self.kernels.normalize(&mut normalized);
                vector = &normalized;
            }
            options.dtype.convert(&self.converters, vector, row);
        });
    }
}

/// Room for the numbers of some embeddings.
fn embeddings_of(scratch: &mut HeadScratch, numbers: usize) -> &mut [f32] {
    scratch.embeddings.resize(scratch.embeddings.len().max(numbers), 0.0);
    &mut scratch.embeddings[..numbers]
}

/// The number type of embeddings in Python (model2vec 0.10.0, model.py, `_encode_batch`).
fn precision_of(table: &EmbeddingTable) -> Precision {
    match table.element_type() {
        ElementType::F16 => Precision::Half,
        ElementType::F32 | ElementType::I8 => Precision::Single,
        ElementType::F64 => Precision::Double,
    }
}
