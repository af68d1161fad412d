//! Cuts a text into chunks of at most so many token ids, for documents that are too long for one
//! vector.
//!
//! `chunker.rs` finds where a chunk ends and where the next one starts; `places.rs` finds the
//! places in a text that are good for a cut: ends of sentences and lines, of words, of characters.

mod chunker;
mod places;

pub(crate) use chunker::Chunker;

/// The limits of chunks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChunkOptions {
    /// The most token ids of a chunk, unknown ones included; at least 1.
    pub size: usize,
    /// The most token ids that a chunk shares with the one before it; less than `size`.
    pub overlap: usize,
    /// Chunks are not cut by calls of `encode` with this limit, which is at least `size`; `None` =
    /// they are for calls without one.
    pub max_length: Option<usize>,
}

/// A chunk of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chunk {
    /// The range of its bytes in the text, in UTF-8.
    pub bytes: (usize, usize),
    /// The range of its units in the text, in UTF-16.
    pub units: (usize, usize),
    /// How many token ids it has, unknown ones included.
    pub tokens: usize,
}
