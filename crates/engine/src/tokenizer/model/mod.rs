//! Models: they turn one piece of the pre-tokenizer into token ids.

mod any_model;
pub(super) mod bpe;
mod byte_fallback;
mod piece_ids;
#[cfg(test)]
pub(in crate::tokenizer) mod test_pieces;
pub(super) mod unigram;
pub(super) mod word_level;
mod word_piece;

pub(super) use any_model::{Model, ModelScratch};
pub(super) use word_piece::{SHORT_BYTES, WordPiece};
