//! The ids of several texts that were tokenized together.

/// The ids of texts that were tokenized together.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Together<'a> {
    /// The ids of all texts, one text after the other.
    pub(crate) ids: &'a [u32],
    /// Where the ids of each text end.
    pub(crate) ends: &'a [u32],
}

impl Together<'_> {
    /// The ids of no text.
    pub(super) const NONE: Self = Self { ids: &[], ends: &[] };
}
