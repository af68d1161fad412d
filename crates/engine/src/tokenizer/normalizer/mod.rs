//! Normalizers: text to the text that the pre-tokenizer splits.
//!
//! Each appends what it makes of a text to `out`, as `tokenizers` 0.23.2 does. `leaves` is true where the text surely comes out as
//! it is, which costs less than making it.
#![allow(dead_code, reason = "generated tables have more than is asked")]

mod ascii;
mod bert;
mod byte_level;
mod char_map;
mod character;
mod character_table;
mod charsmap;
mod cluster;
mod each_char;
mod lowercase;
mod nmt;
mod precompiled;
mod prepend;
mod repeated;
mod replace;
mod strip;
mod strip_accents;
#[cfg(test)]
mod tests;
mod unicode_form;

pub(super) use bert::{BertNormalizer, BertOptions};
pub(super) use byte_level::ByteLevel;
pub(super) use lowercase::Lowercase;
pub(super) use nmt::Nmt;
pub(super) use precompiled::Precompiled;
pub(super) use prepend::Prepend;
pub(super) use replace::Replace;
pub(super) use strip::Strip;
pub(super) use strip_accents::StripAccents;
pub(super) use unicode_form::UnicodeForm;
