//! Normalizers: they change a text before the pre-tokenizer splits it.
//!
//! Each appends the normalized text to `out`, exactly as `tokenizers` 0.23.2 has it. `leaves` is
//! true only if the text certainly stays as it is, which is cheaper than normalizing it.

mod ascii;
mod bert;
mod byte_level;
mod char_map;
mod charsmap;
mod cluster;
mod each_char;
mod lowercase;
mod mark_order;
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
#[cfg(feature = "reference")]
pub(super) use charsmap::longest_replacement;
pub(super) use lowercase::Lowercase;
pub(super) use nmt::Nmt;
pub(super) use precompiled::Precompiled;
pub(super) use prepend::Prepend;
pub(super) use replace::Replace;
pub(super) use strip::Strip;
pub(super) use strip_accents::StripAccents;
pub(super) use unicode_form::UnicodeForm;
