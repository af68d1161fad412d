//! What chunks should be, and what a chunk is.

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
