//! Errors of the binding. All have one shape on their way to JavaScript: a stable code and a
//! message.

use std::panic::{AssertUnwindSafe, catch_unwind};

use model2vec_engine::{BatchError, Interrupt, LoadError, SaveError, SearchError};
use napi::sys;

/// A JavaScript exception that is pending, or an error that is still to be thrown.
#[derive(Debug)]
pub enum Thrown {
    /// JavaScript code that was called has thrown: its exception is pending.
    Pending,
    /// To be thrown: code and message.
    Coded(&'static str, String),
    /// A text is no string: its index in the call, and the type that was found.
    InvalidText(usize, &'static str),
}

impl Thrown {
    /// A bug of ours.
    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::Coded("ERR_INTERNAL", message.into())
    }

    /// The error of a call on a handle that was closed.
    pub(crate) fn closed() -> Self {
        Self::Coded("ERR_CLOSED", "the model was closed".to_owned())
    }

    /// The error of an `out` with room for `found` bytes where `expected` are needed.
    pub(crate) fn too_small(expected: usize, found: usize) -> Self {
        Self::Coded(
            "ERR_OUT_TOO_SMALL",
            format!("expected `out` to have at least {expected} bytes, found {found} (0 also when it is detached)"),
        )
    }

    /// The error of a buffer that the system did not grant.
    pub(crate) fn out_of_memory(bytes: usize) -> Self {
        BatchError::OutOfMemory(bytes).into()
    }

    /// The same error, where `count` texts of the call were read before those that its index counts
    /// from.
    pub(crate) fn at_offset(self, count: usize) -> Self {
        match self {
            Self::InvalidText(index, found) => Self::InvalidText(count + index, found),
            other => other,
        }
    }

    /// The code and the message, for an error object that napi-rs makes.
    pub(crate) fn parts(self) -> (&'static str, String) {
        match self {
            Self::Coded(code, message) => (code, message),
            Self::InvalidText(index, found) => {
                ("ERR_INVALID_TEXT", format!("expected text {index} to be a string, found {found}"))
            }
            Self::Pending => ("ERR_INTERNAL", "internal error: an exception is pending".to_owned()),
        }
    }
}

/// Runs `work`. A panic becomes an error that says `what` panicked, and memory that was refused
/// `ERR_OUT_OF_MEMORY`: nothing may unwind into C.
///
/// A panic must leave no broken state: what `work` changes is immutable, replaced, or never used
/// again after an error.
pub(crate) fn catch_panic<T>(what: &str, work: impl FnOnce() -> Result<T, Thrown>) -> Result<T, Thrown> {
    let outcome = catch_unwind(AssertUnwindSafe(work));
    outcome.unwrap_or_else(|panic| {
        Err(match Interrupt::of(panic.as_ref()) {
            Some(Interrupt::OutOfMemory(bytes)) => Thrown::out_of_memory(bytes),
            _ => Thrown::internal(format!("internal error: {what} panicked")),
        })
    })
}

impl From<LoadError> for Thrown {
    fn from(error: LoadError) -> Self {
        Self::Coded(error.code(), error.to_string())
    }
}

impl From<SaveError> for Thrown {
    fn from(error: SaveError) -> Self {
        Self::Coded(error.code(), error.to_string())
    }
}

impl From<BatchError> for Thrown {
    fn from(error: BatchError) -> Self {
        Self::Coded(error.code(), error.to_string())
    }
}

impl From<SearchError> for Thrown {
    fn from(error: SearchError) -> Self {
        Self::Coded(error.code(), error.to_string())
    }
}

/// The same, for functions that napi-derive exports.
pub(crate) type CodedError = napi::Error<&'static str>;

impl From<Thrown> for CodedError {
    fn from(thrown: Thrown) -> Self {
        let (code, message) = thrown.parts();
        Self::new(code, message)
    }
}

/// Makes a result of the status of the N-API call `what`.
pub(crate) fn check(status: sys::napi_status, what: &str) -> Result<(), Thrown> {
    match status {
        sys::Status::napi_ok => Ok(()),
        sys::Status::napi_pending_exception => Err(Thrown::Pending),
        status => Err(Thrown::internal(format!("{what} failed with N-API status {status}"))),
    }
}

/// An empty buffer with room for `length` elements, a number that comes from the caller.
///
/// # Errors
/// `ERR_OUT_OF_MEMORY`.
pub(crate) fn buffer<T>(length: usize) -> Result<Vec<T>, Thrown> {
    let mut buffer = Vec::new();
    match buffer.try_reserve_exact(length) {
        Ok(()) => Ok(buffer),
        Err(_) => Err(Thrown::out_of_memory(length.saturating_mul(size_of::<T>()))),
    }
}
