//! One text, or one token id, to its single-precision vector.

use crate::model::options::EncodeOptions;
use crate::model::scratch::Scratch;
use crate::model::static_model::StaticModel;
use crate::model::text_stats::TextStats;
use crate::pooling::pool::{self, PoolScratch};
use crate::tokenizer::EncodeError;

impl StaticModel {
    /// Writes the vector of `text` into `vector`, which has [`columns`](Self::columns) dimensions.
    ///
    /// # Errors
    /// When the tokenizer can't tokenize this text, such as one with a character for which it has
    /// neither a token nor an unknown token.
    ///
    /// # Panics
    /// When `vector` has another length.
    pub fn encode(
        &self,
        text: &str,
        options: EncodeOptions,
        scratch: &mut Scratch,
        vector: &mut [f32],
    ) -> Result<TextStats, EncodeError> {
        scratch.ids.clear();
        let stats = self.append_ids(text, options.max_length, &mut scratch.tokenizer, &mut scratch.ids)?;
        self.vector_of_ids(options, scratch, vector);
        Ok(stats)
    }

    /// [`encode`](Self::encode) of a text in UTF-16; a lone surrogate counts as U+FFFD.
    ///
    /// # Errors
    /// Those of [`encode`](Self::encode).
    pub fn encode_utf16(
        &self,
        units: &[u16],
        options: EncodeOptions,
        scratch: &mut Scratch,
        vector: &mut [f32],
    ) -> Result<TextStats, EncodeError> {
        scratch.ids.clear();
        let stats = self.append_ids_utf16(units, options.max_length, scratch)?;
        self.vector_of_ids(options, scratch, vector);
        Ok(stats)
    }

    /// Writes the vector of the ids in `scratch`, through the head if rows go through one.
    fn vector_of_ids(&self, options: EncodeOptions, scratch: &mut Scratch, vector: &mut [f32]) {
        let Scratch { ids, pool, head, .. } = scratch;
        match &self.row_head {
            None => self.pool_ids(ids, options, pool, vector),
            Some(row_head) => {
                self.check_columns(options, vector);
                self.pool_through(row_head, ids, options, (pool, head), vector);
            }
        }
    }

    fn check_columns(&self, options: EncodeOptions, vector: &[f32]) {
        assert_eq!(vector.len(), self.columns(options), "`vector` must have as many dimensions as the options say");
    }

    /// Writes the embedding row of one token id, multiplied by the id's weight, into `vector`,
    /// which has [`columns`](Self::columns) dimensions: a row of Python's `encode_as_sequence`.
    ///
    /// # Panics
    /// When `id` is not below the table's `id_count()`, `vector` has another length, or rows go
    /// through a head.
    pub fn row(&self, id: u32, options: EncodeOptions, vector: &mut [f32]) {
        assert!(self.row_head.is_none(), "rows of token ids go through no head");
        self.check_columns(options, vector);
        pool::gather(&self.table, &self.kernels, id, options.normalize, vector);
    }

    /// Prefetches the embedding rows of `ids`.
    pub(super) fn prefetch(&self, ids: &[u32], options: EncodeOptions, scratch: &mut PoolScratch) {
        pool::prefetch(&self.table, ids, self.columns(options), &mut scratch.rows);
    }

    /// Writes the vector of `ids` into `vector`, which has [`columns`](Self::columns) dimensions.
    pub(super) fn pool_ids(&self, ids: &[u32], options: EncodeOptions, scratch: &mut PoolScratch, vector: &mut [f32]) {
        self.check_columns(options, vector);
        pool::pool(&self.table, &self.kernels, ids, options.normalize, scratch, vector);
    }
}
