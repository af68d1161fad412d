//! The generic pipeline, for all kinds other than BERT's: normalizers, stages of pre-tokenizers, a
//! model, added tokens.
//!
//! Only a piece that the word cache doesn't have is rewritten and tokenized by the model.

mod last_split;
mod normalizers;
mod rewrite;
mod safe_cuts;
mod scratch;
mod seams;
mod stages;
mod tokenizer;

pub(in crate::tokenizer) use scratch::GenericScratch;
pub(in crate::tokenizer) use tokenizer::GenericTokenizer;
