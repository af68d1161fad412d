//! Buffers that a thread reuses from text to text, and the ones a model keeps between calls.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::head::HeadScratch;
use crate::model::text_stats::TextStats;
use crate::pooling::pool::PoolScratch;
use crate::texts::utf16::Utf8Buffer;
use crate::tokenizer::{Tokenizer, TokenizerScratch};

/// The largest buffer that is kept for the next text.
const KEPT_BYTES: usize = 8 << 20;

/// Buffers that one thread reuses from text to text. They belong to the model that made them.
#[derive(Debug)]
pub struct Scratch {
    /// The ids of the texts of a run, one text after the other.
    pub(super) ids: Vec<u32>,
    /// Where the ids of each of these texts end.
    pub(super) ends: Vec<usize>,
    /// The stats of the texts that were tokenized last.
    pub(super) stats: Vec<TextStats>,
    pub(super) tokenizer: TokenizerScratch,
    pub(super) pool: PoolScratch,
    pub(super) utf8: Utf8Buffer,
    /// A text's vector before it is converted to another element type.
    pub(super) vector: Vec<f32>,
    pub(super) head: HeadScratch,
}

impl Scratch {
    fn new(tokenizer: &Tokenizer) -> Self {
        Self {
            ids: Vec::new(),
            ends: Vec::new(),
            stats: Vec::new(),
            tokenizer: tokenizer.scratch(),
            pool: PoolScratch::default(),
            utf8: Utf8Buffer::default(),
            vector: Vec::new(),
            head: HeadScratch::default(),
        }
    }

    /// The bytes of memory that it holds, except for small buffers that grow with the current text.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.tokenizer.bytes() + self.utf8.capacity() + self.ids_bytes()
    }

    fn ids_bytes(&self) -> usize {
        self.ids.capacity() * size_of::<u32>()
    }

    fn is_worth_keeping(&self) -> bool {
        self.utf8.capacity() <= KEPT_BYTES && self.ids_bytes() <= KEPT_BYTES
    }
}

/// The buffers of a model that no thread uses at the moment.
#[derive(Debug, Default)]
pub(super) struct SpareScratches(Mutex<Vec<Scratch>>);

impl SpareScratches {
    pub(super) fn take(&self, tokenizer: &Tokenizer) -> Scratch {
        let spare = self.lock().pop();
        spare.unwrap_or_else(|| Scratch::new(tokenizer))
    }

    pub(super) fn put(&self, scratch: Scratch) {
        if scratch.is_worth_keeping() {
            self.lock().push(scratch);
        }
    }

    pub(super) fn bytes(&self) -> usize {
        self.lock().iter().map(Scratch::bytes).sum()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Scratch>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
