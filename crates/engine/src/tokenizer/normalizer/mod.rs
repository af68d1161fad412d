//! Normalizers: text to the text that the pre-tokenizer splits.

mod bert;
mod char_map;
#[cfg(test)]
mod tests;

pub(super) use bert::{BertNormalizer, BertOptions};
