//! Cuts a text into chunks of at most so many token ids, for documents that are too long for one
//! vector.
//!
//! `chunker.rs` finds where a chunk ends, (`filling.rs`: with what), `overlap.rs` where the next one starts; `places.rs` finds
//! the places in a text that are good for a cut: ends of sentences and lines, of words, of
//! characters.

mod chunker;
mod filling;
mod options;
mod overlap;
mod places;

pub(crate) use chunker::Chunker;
pub use options::{Chunk, ChunkOptions};
