//! Makes `crates/engine/src/tokenizer/unicode_table.rs`: what the tokenizers need to know of each code point, and
//! `normalizer/character_table.rs` below it: what normalization forms and grapheme clusters need.
//!
//! The reference is not one version of Unicode but the behaviour of `tokenizers` 0.23.2, which asks `unicode_categories` for
//! categories, `unicode-normalization-alignments` for decompositions and compositions, `unicode-segmentation` for clusters, `regex` for `\w`, and the standard library for white
//! space and lower case. A committed table keeps the engine the same whatever compiler builds it.

mod character_source;
mod clusters;
mod forms;
mod properties;
mod source;

pub use character_source::character_table_source;
pub use properties::{Lowercase, Property, lowercase_by_std};
pub use source::table_source;
