//! A line that was read natively.

use std::borrow::Cow;

/// A line that was read.
pub(super) struct Line<'a> {
    pub(super) text: Cow<'a, str>,
    /// Whether the text is the content of a JSON string with escapes.
    pub(super) has_escapes: bool,
    /// The id, where it was read with the text.
    pub(super) id: Option<Cow<'a, str>>,
    /// The bytes of the line, its line feed included.
    pub(super) end: usize,
}
