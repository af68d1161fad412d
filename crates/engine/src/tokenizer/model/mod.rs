//! Models: one piece of the pre-tokenizer to token ids.

mod word_piece;

pub(super) use word_piece::WordPiece;
