//! What a call reports about each text besides its vector or ids.

/// How many ids of a text were pooled, and whether the text was cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TextStats {
    /// The number of token ids that were pooled: those within the limit, without unknown ones,
    /// which count toward the limit and are dropped after it.
    pub pooled: u32,
    /// Whether the text was cut: it had more code points than the limit lets the tokenizer read
    /// (`max_length × median_token_length`), or more ids than the limit keeps (`max_length`).
    pub truncated: bool,
}
