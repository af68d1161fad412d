//! What a call reports about each text besides its vector or ids.

/// How many ids a text has, how many of them were pooled, and whether the text was cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TextStats {
    /// The number of token ids that were pooled: those within the limit, without unknown ones,
    /// which count toward the limit and are dropped after it.
    pub pooled: u32,
    /// The number of token ids within the limit, unknown ones included.
    pub found: u32,
    /// Whether the text was cut: it had more code points than are read under the limit, or more
    /// ids than the limit keeps.
    pub truncated: bool,
}
