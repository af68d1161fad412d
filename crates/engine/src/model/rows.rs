//! Many texts to result rows of any element type.

use std::ops::ControlFlow;

use crate::dtype::{Dtype, as_f32};
use crate::growth::put_all;
use crate::model::options::EncodeOptions;
use crate::model::scratch::Scratch;
use crate::model::static_model::StaticModel;
use crate::model::text_stats::TextStats;
use crate::pooling::kernel::{NonTemporal, write_non_temporally};
use crate::texts::Texts;
use crate::tokenizer::EncodeError;

/// Up to this many ids, of up to this many texts, are found before their rows are summed: a run.
/// Tokenizing and summing each keep their own memory in the caches that way.
const RUN_IDS: usize = 1 << 14;
const RUN_TEXTS: usize = 1 << 12;

impl StaticModel {
    /// Writes one row per text into `rows`: texts × [`row_bytes`](Self::row_bytes) bytes, which
    /// start at a multiple of 4 for float32.
    ///
    /// With `are_read_late` the caller says that the rows are read only after most of them would
    /// have left the caches again: then float32 rows are written past the caches, where the CPU
    /// can.
    ///
    /// `each` receives the stats of each text and says whether to go on. If it breaks, the rows
    /// that were not written yet are undefined.
    ///
    /// The texts are tokenized a run at a time. While the rows of one text are summed, those of the
    /// next one are prefetched.
    ///
    /// # Errors
    /// The index of the first text that can't be tokenized, and why.
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
                self.append_ids_of_some(texts, index, options.max_length, scratch).map_err(|error| (index, error))?;
                index += scratch.stats.len();
                if scratch.stats.iter().any(|stats| each(*stats).is_break()) {
                    return Ok(());
                }
            }
            self.write_run(options, scratch, &mut rows, are_read_late);
        }
        Ok(())
    }

    /// Writes one row per list of token ids into `rows`, as [`encode_rows`](Self::encode_rows) does
    /// for the ids of texts. `flow` says whether to go on.
    ///
    /// # Panics
    /// When an id is not below the table's `id_count()`.
    pub fn pool_rows<'a>(
        &self,
        lists: impl Iterator<Item = &'a [u32]>,
        options: EncodeOptions,
        scratch: &mut Scratch,
        rows: &mut [u8],
        are_read_late: bool,
        flow: impl Fn() -> ControlFlow<()>,
    ) {
        let mut rows = rows.chunks_exact_mut(self.row_bytes(options));
        let mut lists = lists.peekable();
        while lists.peek().is_some() && flow().is_continue() {
            scratch.ids.clear();
            scratch.ends.clear();
            while scratch.ids.len() < RUN_IDS && scratch.ends.len() < RUN_TEXTS {
                let Some(ids) = lists.next() else { break };
                put_all(&mut scratch.ids, ids);
                scratch.ends.push(scratch.ids.len());
            }
            self.write_run(options, scratch, &mut rows, are_read_late);
        }
    }

    /// Writes the rows of the texts whose ids are in `scratch`, through the head if rows go through
    /// one.
    fn write_run<'a>(
        &self,
        options: EncodeOptions,
        scratch: &mut Scratch,
        rows: &mut impl Iterator<Item = &'a mut [u8]>,
        are_read_late: bool,
    ) {
        if let Some(row_head) = &self.row_head {
            self.pool_run_through(row_head, options, scratch, rows);
        } else if are_read_late {
            write_non_temporally(|writer| self.pool_run(options, scratch, rows, Some(writer)));
        } else {
            self.pool_run(options, scratch, rows, None);
        }
    }

    /// Writes the rows of the texts whose ids are in `scratch`.
    fn pool_run<'a>(
        &self,
        options: EncodeOptions,
        scratch: &mut Scratch,
        rows: &mut impl Iterator<Item = &'a mut [u8]>,
        mut writer: Option<&mut NonTemporal<'a>>,
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
            match (options.dtype, &mut writer) {
                (Dtype::Float32, None) => self.pool_ids(ids, options, pool, as_f32(row)),
                (Dtype::Float32, Some(writer)) => {
                    self.pool_ids(ids, options, pool, vector);
                    writer.write(vector, as_f32(row));
                }
                (dtype, _) => {
                    self.pool_ids(ids, options, pool, vector);
                    dtype.convert(&self.converters, vector, row);
                }
            }
        }
    }

    /// Writes the embedding row of one token id, multiplied by the id's weight, into `row`, which
    /// has [`row_bytes`](Self::row_bytes) bytes and starts at a multiple of 4 for float32.
    ///
    /// # Panics
    /// When `id` is not below the table's `id_count()`, or `row` has another length.
    pub fn gather_row(&self, id: u32, options: EncodeOptions, scratch: &mut Scratch, row: &mut [u8]) {
        if options.dtype == Dtype::Float32 {
            return self.row(id, options, as_f32(row));
        }
        scratch.vector.resize(self.columns(options), 0.0);
        self.row(id, options, &mut scratch.vector);
        options.dtype.convert(&self.converters, &scratch.vector, row);
    }
}
