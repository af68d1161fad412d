//! Models: one piece of the pre-tokenizer to token ids.

#[cfg_attr(not(test), expect(dead_code, reason = "no pipeline names it yet"))]
pub(super) mod bpe;
mod byte_fallback;
mod piece_ids;
#[cfg(test)]
mod test_pieces;
#[cfg_attr(not(test), expect(dead_code, reason = "no pipeline names it yet"))]
pub(super) mod unigram;
#[cfg_attr(not(test), expect(dead_code, reason = "no pipeline names it yet"))]
pub(super) mod word_level;
mod word_piece;

pub(super) use word_piece::WordPiece;
