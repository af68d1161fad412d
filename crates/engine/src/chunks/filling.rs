//! What a chunk is filled with, sentence by sentence or piece by piece.

/// What a chunk has so far.
pub(super) struct Filled {
    /// Where its last piece ends.
    pub(super) at: usize,
    /// The last seam up to there, or the start.
    pub(super) seam: usize,
    /// How many ids it has up to the seam.
    pub(super) ids: usize,
}

/// What becomes of the next sentence.
pub(super) enum Sentence {
    /// It ends here, and there is room for it.
    Fits(usize),
    /// There is none for it, and the chunk ends here, with a sentence.
    Last(usize),
    /// That is not certain.
    None,
}

/// The next piece of a chunk.
pub(super) enum Piece {
    /// It ends here.
    Fits(usize),
    /// There is no room for the next word.
    TooMany,
    /// No chunk has room for it.
    TooLong,
}
