//! Makes the tables of `crates/engine/src/tokenizer/unicode`: `property_table.rs` is what all
//! tokenizers need to know of each code point, `character_table.rs` what normalization forms and
//! grapheme clusters need, and `class_table.rs` the classes that the patterns of pre-tokenizers
//! name.
//!
//! The reference is not one version of Unicode but the behavior of `tokenizers` 0.23.2. That crate
//! asks `unicode_categories` for categories, `unicode-normalization-alignments` for decompositions
//! and compositions, `unicode-segmentation` for clusters, `regex` for `\w`, and the standard
//! library for white space and lower case. A committed table keeps the engine the same whatever
//! compiler builds it.

mod character_source;
mod class_source;
mod clusters;
mod forms;
mod properties;
mod source;

pub use character_source::character_table_source;
pub use class_source::class_table_source;
pub use properties::{Lowercase, lowercase_by_std};
pub use source::{LOWERCASE_FOLLOWS, property_table_source};

/// The version that [`lowercase_by_std`] follows.
#[must_use]
pub fn std_version() -> String {
    let (major, minor, patch) = char::UNICODE_VERSION;
    format!("{major}.{minor}.{patch}")
}
