//! A model's vectors as rows of one of the element types of a result.

use std::ops::ControlFlow;

use crate::dtype::{Dtype, as_f32};
use crate::model::{EncodeOptions, Scratch, StaticModel, TextStats};
use crate::pooling::kernel::{Stream, past_caches};
use crate::texts::Texts;
use crate::tokenizer::EncodeError;

/// So many ids, of at most so many texts, are found before their rows are summed: tokenizing and summing keep each its own memory in
/// the caches that way.
const RUN_IDS: usize = 1 << 14;
const RUN_TEXTS: usize = 1 << 12;

impl StaticModel {
    /// The bytes of a row under these options.
    #[must_use]
    pub fn row_bytes(&self, options: EncodeOptions) -> usize {
        options.dtype.row_bytes(self.columns(options))
    }

    /// Writes a row for each of the texts into `rows`, which has [`row_bytes`](Self::row_bytes) bytes a text, and for float32
    /// starts at a multiple of 4. Float32 rows that `are_read_late`, when most of them have left the caches again, may be written
    /// past the caches. `each` learns what a text came to, and says whether to go on; rows that are not written when it stops are
    /// undefined.
    ///
    /// Texts are tokenized a run at a time. While a text's rows are summed, those of the next one come into the cache.
    ///
    /// # Errors
    /// The first text, by its index, that the tokenizer file has no answer for.
    pub fn encode_rows(
        &self,
        texts: &Texts,
        options: EncodeOptions,
        scratch: &mut Scratch,
        rows: &mut [u8],
        are_read_late: bool,
        mut each: impl FnMut(TextStats) -> ControlFlow<()>,
    ) -> Result<(), (usize, EncodeError)> {
        let mut rows = rows.chunks_exact_mut(self.row_bytes(options));
        let mut index = 0;
        while index < texts.len() {
            scratch.ids.clear();
            scratch.ends.clear();
            while index < texts.len() && scratch.ids.len() < RUN_IDS && scratch.ends.len() < RUN_TEXTS {
                self.read_some(texts, index, options.max_length, scratch).map_err(|error| (index, error))?;
                index += scratch.stats.len();
                if scratch.stats.iter().any(|stats| each(*stats).is_break()) {
                    return Ok(());
                }
            }
            if are_read_late {
                past_caches(|stream| self.pool_run(options, scratch, &mut rows, Some(stream)));
            } else {
                self.pool_run(options, scratch, &mut rows, None);
            }
        }
        Ok(())
    }

    /// The rows of the texts whose ids are in `scratch`.
    fn pool_run<'a>(
        &self,
        options: EncodeOptions,
        scratch: &mut Scratch,
        rows: &mut impl Iterator<Item = &'a mut [u8]>,
        mut stream: Option<&mut Stream<'a>>,
    ) {
        let Scratch { ids, ends, pool, vector, .. } = scratch;
        vector.resize(self.columns(options), 0.0);
        pool.rows.forget();
        if let Some(&first_end) = ends.first() {
            self.prefetch(&ids[..first_end], options, pool);
        }
        let mut start = 0;
        for ((text, &end), row) in ends.iter().enumerate().zip(rows) {
            if let Some(&next_end) = ends.get(text + 1) {
                self.prefetch(&ids[end..next_end], options, pool);
            }
            let ids = &ids[start..end];
            start = end;
            match (options.dtype, &mut stream) {
                (Dtype::Float32, None) => self.pool_ids(ids, options, pool, as_f32(row)),
                (Dtype::Float32, Some(stream)) => {
                    self.pool_ids(ids, options, pool, vector);
                    stream.write(vector, as_f32(row));
                }
                (dtype, _) => {
                    self.pool_ids(ids, options, pool, vector);
                    dtype.convert(self.converters(), vector, row);
                }
            }
        }
    }

    /// Writes the row of one token id, with its weight, into `row`, which is as in [`encode_rows`](Self::encode_rows).
    ///
    /// # Panics
    /// When `id` is not below the table's `id_count()`.
    pub fn gather_row(&self, id: u32, options: EncodeOptions, scratch: &mut Scratch, row: &mut [u8]) {
        if options.dtype == Dtype::Float32 {
            return self.row(id, options, as_f32(row));
        }
        scratch.vector.resize(self.columns(options), 0.0);
        self.row(id, options, &mut scratch.vector);
        options.dtype.convert(self.converters(), &scratch.vector, row);
    }
}
