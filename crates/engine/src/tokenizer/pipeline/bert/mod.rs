//! The BERT pipeline: `BertNormalizer`, `BertPreTokenizer`, WordPiece, added tokens.

mod encode_together;
mod scratch;
mod tokenizer;

pub(in crate::tokenizer) use scratch::BertScratch;
pub(in crate::tokenizer) use tokenizer::{BertTokenizer, is_seam};
