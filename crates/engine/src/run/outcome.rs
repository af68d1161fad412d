//! How a batch ends, and how much of it is left.

use std::fmt;

/// Why a batch ended early.
#[derive(Debug, Clone)]
pub enum BatchError {
    /// The batch was cancelled.
    Cancelled,
    /// A text could not be tokenized: its index in the call, and the reason.
    Tokenizer(usize, String),
    /// A thread panicked: its message. The process and the model can go on.
    Panic(String),
}

impl BatchError {
    /// The stable code, the same string that JavaScript sees in `error.code`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Cancelled => "ERR_ABORTED",
            Self::Tokenizer(..) => "ERR_BAD_TOKENIZER",
            Self::Panic(_) => "ERR_INTERNAL",
        }
    }
}

impl fmt::Display for BatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cancelled => write!(f, "the call was aborted"),
            Self::Tokenizer(index, reason) => write!(f, "text {index} could not be tokenized: {reason}"),
            Self::Panic(message) => write!(f, "internal error: {message}"),
        }
    }
}

impl std::error::Error for BatchError {}

/// What is left of a batch after a slice.
#[derive(Debug, Clone, Copy)]
pub struct Left {
    /// The slices that wait or run.
    pub slices: usize,
    /// Whether this slice was the last one.
    pub is_finished: bool,
}
