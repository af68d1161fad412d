//! The word cache: the ids of words that a thread has met before.
//!
//! Only a new word is tokenized by the model. `word.rs` is the cache of the BERT pipeline,
//! `piece.rs` that of the generic pipeline. Both keep short words in `short_words.rs` and longer
//! ones in `line.rs`, long lists of ids in `ring.rs`, and stop looking words up in texts whose
//! words never come again (`bypass.rs`).

mod bypass;
mod key;
mod line;
pub(super) mod piece;
mod remembered;
mod ring;
mod short_words;
pub(super) mod word;
