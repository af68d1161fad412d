//! How a batch ends, and how much of it is left.

use std::any::Any;
use std::fmt;

use crate::error::panic_message;
use crate::interrupt::Interrupt;

/// Why a batch ended early.
#[derive(Debug, Clone)]
pub enum BatchError {
    /// The batch was cancelled.
    Cancelled,
    /// A text could not be tokenized: its index in the call, and the reason.
    Tokenizer(usize, String),
    /// The system did not grant this many bytes. The process and the model can go on.
    OutOfMemory(usize),
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
            Self::OutOfMemory(_) => "ERR_OUT_OF_MEMORY",
            Self::Panic(_) => "ERR_INTERNAL",
        }
    }
}

impl fmt::Display for BatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cancelled => write!(f, "the call was aborted"),
            Self::Tokenizer(index, reason) => write!(f, "text {index} could not be tokenized: {reason}"),
            Self::OutOfMemory(bytes) => {
                write!(f, "the call needs a buffer of {bytes} bytes, which could not be allocated")
            }
            Self::Panic(message) => write!(f, "internal error: {message}"),
        }
    }
}

impl std::error::Error for BatchError {}

impl From<Box<dyn Any + Send>> for BatchError {
    /// The error of work that has unwound.
    fn from(panic: Box<dyn Any + Send>) -> Self {
        match Interrupt::of(panic.as_ref()) {
            Some(Interrupt::Stopped) => Self::Cancelled,
            Some(Interrupt::OutOfMemory(bytes)) => Self::OutOfMemory(bytes),
            None => Self::Panic(panic_message(panic.as_ref()).to_owned()),
        }
    }
}

/// What is left of a batch after a slice.
#[derive(Debug, Clone, Copy)]
pub struct Left {
    /// The slices that wait or run.
    pub slices: usize,
    /// Whether this slice was the last one.
    pub is_finished: bool,
}
