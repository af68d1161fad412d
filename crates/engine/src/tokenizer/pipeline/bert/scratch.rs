//! The buffers of the BERT pipeline.

use crate::texts::utf16::Utf8Buffer;
use crate::tokenizer::cache::word::WordCache;
use crate::tokenizer::scan::WordBounds;

/// The buffers of one thread.
#[derive(Debug)]
pub(in crate::tokenizer) struct BertScratch {
    pub(super) normalized: Vec<u8>,
    pub(super) separated: Vec<u8>,
    pub(super) words: WordScratch,
    pub(super) utf8: Utf8Buffer,
    /// For texts that are tokenized together: first where the words of each text end, then where
    /// its ids end.
    pub(super) text_ends: Vec<u32>,
}

/// The buffers for the words of a window.
#[derive(Debug)]
pub(super) struct WordScratch {
    /// Whether words are looked up in the cache.
    pub(super) remembers: bool,
    pub(super) bounds: WordBounds,
    pub(super) cache: WordCache,
    pub(super) ids: Vec<u32>,
    /// Where the ids of each word end.
    pub(super) ends: Vec<u32>,
}

impl BertScratch {
    pub(in crate::tokenizer) fn new() -> Self {
        let words = WordScratch {
            remembers: true,
            bounds: WordBounds::new(),
            cache: WordCache::new(),
            ids: Vec::new(),
            ends: Vec::new(),
        };
        Self {
            normalized: Vec::new(),
            separated: Vec::new(),
            words,
            utf8: Utf8Buffer::default(),
            text_ends: Vec::new(),
        }
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
