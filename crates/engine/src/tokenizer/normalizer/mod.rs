//! Normalizers: text to the text that the pre-tokenizer splits.

mod bert;
mod char_map;

pub(super) use bert::{BertNormalizer, BertOptions};
