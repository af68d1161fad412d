//! The error of a text that can't be tokenized.

use std::fmt;

/// Why a text could not be tokenized: for example, a piece of it is unknown and the tokenizer file
/// has no unknown token.
#[derive(Debug)]
pub struct EncodeError {
    /// What happened.
    pub reason: String,
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl std::error::Error for EncodeError {}
