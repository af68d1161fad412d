//! The buffers of the generic pipeline.

use super::normalizers::NormalizerScratch;
use super::stages::Stage;
use crate::growth::{Growth, put};
use crate::interrupt::Pace;
use crate::tokenizer::cache::piece::PieceCache;
use crate::tokenizer::model::ModelScratch;

/// A buffer that one long text has enlarged beyond this is not kept.
const KEPT_BYTES: usize = 1 << 20;

/// The buffers of one thread.
#[derive(Debug)]
pub(in crate::tokenizer) struct GenericScratch {
    pub(super) normalizer: NormalizerScratch,
    pub(super) pieces: PieceScratch,
    pub(super) words: WordScratch,
}

/// The text between two added tokens, and its pieces.
#[derive(Debug, Default)]
pub(super) struct PieceScratch {
    /// Followed by padding, so that pieces can be read in whole vectors.
    pub(super) text: String,
    rewritten: String,
    /// Where each piece starts and ends.
    pub(super) pieces: Vec<(usize, usize)>,
    next_pieces: Vec<(usize, usize)>,
}

/// The word cache, and the buffers of the model.
#[derive(Debug)]
pub(super) struct WordScratch {
    /// Whether pieces are looked up in the cache.
    pub(super) remembers: bool,
    pub(super) cache: PieceCache,
    pub(super) rewritten: String,
    pub(super) model: ModelScratch,
}

impl GenericScratch {
    pub(in crate::tokenizer) fn new() -> Self {
        let words = WordScratch {
            remembers: true,
            cache: PieceCache::new(),
            rewritten: String::new(),
            model: ModelScratch::default(),
        };
        Self { normalizer: NormalizerScratch::default(), pieces: PieceScratch::default(), words }
    }

    /// How many bytes it takes, apart from the text being tokenized.
    pub(in crate::tokenizer) fn bytes(&self) -> usize {
        self.words.cache.bytes()
    }

    /// See `TokenizerScratch::remember_words`.
    pub(in crate::tokenizer) fn remember_words(&mut self, remembers: bool) {
        self.words.remembers = remembers;
    }
}

impl PieceScratch {
    /// Takes `text` as one piece, with a space before it if `with_space`.
    pub(super) fn fill(&mut self, text: &str, with_space: bool) {
        if self.text.capacity() > KEPT_BYTES && text.len() < KEPT_BYTES / 2 {
            *self = Self::default();
        }
        self.text.clear();
        if with_space {
            self.text.push(' ');
        }
        put(&mut self.text, text);
        self.pieces.clear();
        self.pieces.push((0, self.text.len()));
    }

    /// Splits or rewrites the pieces.
    pub(super) fn run(&mut self, stage: &Stage) {
        self.next_pieces.clear();
        let mut pace = Pace::new();
        match stage {
            Stage::Split(splitter) => {
                for &(mut start, end) in &self.pieces {
                    let text = &self.text[..end];
                    while start < end {
                        let split = splitter.split_at(text, start);
                        pace.step(split.end - start);
                        if split.is_kept {
                            self.next_pieces.make_room(1);
                            self.next_pieces.push((start, split.end));
                        }
                        start = split.end;
                    }
                }
            }
            Stage::Rewrite(rewrite) => {
                self.rewritten.clear();
                for &(start, end) in &self.pieces {
                    let new_start = self.rewritten.len();
                    pace.step(end - start);
                    self.next_pieces.make_room(1);
                    rewrite.write(&self.text[start..end], &mut self.rewritten);
                    self.next_pieces.push((new_start, self.rewritten.len()));
                }
                std::mem::swap(&mut self.text, &mut self.rewritten);
            }
        }
        std::mem::swap(&mut self.pieces, &mut self.next_pieces);
    }
}
