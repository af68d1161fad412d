//! The work of a call: what is computed for each of its slices.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::chunks::ChunkOptions;
use crate::growth::{Growth, put_all};
use crate::interrupt::stoppable;
use crate::model::{EncodeOptions, Scratch, StaticModel, TextStats};
use crate::run::fault;
use crate::run::outcome::BatchError;
use crate::run::slice::{Input, Slice};
use crate::tokenizer::EncodeError;

/// What a batch computes.
#[derive(Debug, Clone, Copy)]
pub enum Work {
    /// One row per text.
    Encode(EncodeOptions),
    /// The pooled ids of each text.
    Tokenize {
        /// As in [`EncodeOptions`].
        max_length: Option<usize>,
    },
    /// How many ids each text has, unknown ones included.
    Count {
        /// As in [`EncodeOptions`].
        max_length: Option<usize>,
    },
    /// The chunks of each text, and with `with_ids` their pooled ids.
    Chunk {
        /// The limits of chunks.
        options: ChunkOptions,
        /// Whether the ids are wanted.
        with_ids: bool,
    },
    /// One row per list of token ids.
    Pool(EncodeOptions),
    /// One row per token id.
    Gather(EncodeOptions),
    /// One row per embedding, which goes through the model's head.
    Head(EncodeOptions),
}

/// The model and the work of a batch, shared by the threads that run its slices.
pub(super) struct SharedWork {
    pub(super) model: Arc<StaticModel>,
    work: Work,
    cancelled: Arc<AtomicBool>,
    rows_done: AtomicUsize,
}

impl SharedWork {
    pub(super) fn new(model: Arc<StaticModel>, work: Work) -> Self {
        Self { model, work, cancelled: Arc::default(), rows_done: AtomicUsize::new(0) }
    }

    /// Makes running slices end at their next check, which comes within milliseconds.
    pub(super) fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// How many texts, ids to gather, or embeddings are done.
    pub(super) fn rows_done(&self) -> usize {
        self.rows_done.load(Ordering::Relaxed)
    }

    /// Computes the results of a slice. Unwinds with an [`Interrupt`](crate::Interrupt) where it is
    /// cancelled within a text, or where memory runs out.
    pub(super) fn fill(&self, slice: &mut Slice, scratch: &mut Scratch) -> Result<(), BatchError> {
        fault::panic_where_injected();
        stoppable(&self.cancelled, || match self.work {
            Work::Encode(options) => self.fill_rows(slice, options, scratch),
            Work::Tokenize { max_length } => self.fill_ids(slice, max_length, scratch),
            Work::Count { max_length } => self.fill_counts(slice, max_length, scratch),
            Work::Chunk { options, with_ids } => self.fill_chunks(slice, options, with_ids, scratch),
            Work::Pool(options) => self.fill_pooled(slice, options, scratch),
            Work::Gather(options) => self.fill_gathered(slice, options, scratch),
            Work::Head(options) => self.fill_through_head(slice, options, scratch),
        })
    }

    /// Whether a slice goes on after some of its texts.
    fn flow(&self) -> ControlFlow<()> {
        if self.cancelled.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn check_cancelled(&self) -> Result<(), BatchError> {
        if self.cancelled.load(Ordering::Relaxed) { Err(BatchError::Cancelled) } else { Ok(()) }
    }

    fn fill_rows(&self, slice: &mut Slice, options: EncodeOptions, scratch: &mut Scratch) -> Result<(), BatchError> {
        let (Input::Texts(texts), Some(rows)) = (&slice.input, &mut slice.rows) else { return Ok(()) };
        let (counts, truncated, first_row) = (&mut slice.counts, &mut slice.truncated, slice.first_row);
        let each = |stats: TextStats| {
            if stats.truncated {
                truncated.make_room(1);
                truncated.push((first_row + counts.len()) as u32);
            }
            counts.make_room(1);
            counts.push(stats.pooled);
            self.flow()
        };
        let rows_are_read_late = rows.are_read_late();
        self.check_cancelled()?;
        self.model
            .encode_rows(texts, options, scratch, rows.rows_mut(), rows_are_read_late, each)
            .map_err(|(index, error)| tokenizer_error(slice.first_row + index, error))?;
        self.check_cancelled()?;
        self.rows_done.fetch_add(texts.len(), Ordering::Relaxed);
        Ok(())
    }

    fn fill_ids(&self, slice: &mut Slice, max_length: Option<usize>, scratch: &mut Scratch) -> Result<(), BatchError> {
        let Input::Texts(texts) = &slice.input else { return Ok(()) };
        let (ids, counts, truncated) = (&mut slice.ids, &mut slice.counts, &mut slice.truncated);
        let read = self.model.token_ids_of(texts, max_length, scratch, |found, stats| {
            put_all(ids, found);
            let cut = (slice.first_row + counts.len()..).zip(stats).filter(|(_, stats)| stats.truncated);
            truncated.make_room(stats.len());
            counts.make_room(stats.len());
            truncated.extend(cut.map(|(row, _)| row as u32));
            counts.extend(stats.iter().map(|stats| stats.pooled));
            self.flow()
        });
        self.check_cancelled()?;
        read.map_err(|(index, error)| tokenizer_error(slice.first_row + index, error))?;
        self.rows_done.fetch_add(texts.len(), Ordering::Relaxed);
        Ok(())
    }

    fn fill_counts(
        &self,
        slice: &mut Slice,
        max_length: Option<usize>,
        scratch: &mut Scratch,
    ) -> Result<(), BatchError> {
        let Input::Texts(texts) = &slice.input else { return Ok(()) };
        let counts = &mut slice.counts;
        let read = self.model.token_ids_of(texts, max_length, scratch, |_, stats| {
            counts.make_room(stats.len());
            counts.extend(stats.iter().map(|stats| stats.found));
            self.flow()
        });
        self.check_cancelled()?;
        read.map_err(|(index, error)| tokenizer_error(slice.first_row + index, error))?;
        self.rows_done.fetch_add(texts.len(), Ordering::Relaxed);
        Ok(())
    }

    fn fill_chunks(
        &self,
        slice: &mut Slice,
        options: ChunkOptions,
        with_ids: bool,
        scratch: &mut Scratch,
    ) -> Result<(), BatchError> {
        let Input::Texts(texts) = &slice.input else { return Ok(()) };
        let (chunks, all_ids) = (&mut slice.chunks, &mut slice.ids);
        for index in 0..texts.len() {
            self.check_cancelled()?;
            let before = chunks.len();
            let each = |chunk, ids: &[u32]| {
                chunks.make_room(1);
                chunks.push((chunk, ids.len() as u32));
                if with_ids {
                    put_all(all_ids, ids);
                }
                self.flow()
            };
            let found = self.model.chunks_utf16(texts.units(index), options, scratch, each);
            found.map_err(|error| tokenizer_error(slice.first_row + index, error))?;
            slice.counts.make_room(1);
            slice.counts.push((chunks.len() - before) as u32);
        }
        self.check_cancelled()?;
        self.rows_done.fetch_add(texts.len(), Ordering::Relaxed);
        Ok(())
    }

    fn fill_pooled(&self, slice: &mut Slice, options: EncodeOptions, scratch: &mut Scratch) -> Result<(), BatchError> {
        let (Input::IdLists(lists, range), Some(rows)) = (&slice.input, &mut slice.rows) else { return Ok(()) };
        let rows_are_read_late = rows.are_read_late();
        self.check_cancelled()?;
        let lists = range.clone().map(|index| lists.get(index));
        self.model.pool_rows(lists, options, scratch, rows.rows_mut(), rows_are_read_late, || self.flow());
        self.check_cancelled()?;
        self.rows_done.fetch_add(range.len(), Ordering::Relaxed);
        Ok(())
    }

    fn fill_gathered(
        &self,
        slice: &mut Slice,
        options: EncodeOptions,
        scratch: &mut Scratch,
    ) -> Result<(), BatchError> {
        let (Input::Ids(ids, range), Some(rows)) = (&slice.input, &mut slice.rows) else { return Ok(()) };
        let rows = rows.rows_mut().chunks_exact_mut(self.model.row_bytes(options));
        for (&id, row) in ids[range.clone()].iter().zip(rows) {
            self.check_cancelled()?;
            self.model.gather_row(id, options, scratch, row);
        }
        self.rows_done.fetch_add(range.len(), Ordering::Relaxed);
        Ok(())
    }

    fn fill_through_head(
        &self,
        slice: &mut Slice,
        options: EncodeOptions,
        scratch: &mut Scratch,
    ) -> Result<(), BatchError> {
        let (Input::Embeddings(embeddings), Some(rows)) = (&slice.input, &mut slice.rows) else { return Ok(()) };
        self.check_cancelled()?;
        self.model.head_rows(embeddings, options, scratch, rows.rows_mut());
        self.check_cancelled()?;
        self.rows_done.fetch_add(embeddings.len() / self.model.embedding_dim(), Ordering::Relaxed);
        Ok(())
    }
}

fn tokenizer_error(index: usize, error: EncodeError) -> BatchError {
    BatchError::Tokenizer(index, error.reason)
}
