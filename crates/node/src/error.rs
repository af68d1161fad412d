//! What goes wrong in the binding, in one shape from where it happens to JavaScript: a stable code and a message.

use model2vec_engine::{BatchError, LoadError, SaveError};
use napi::sys;

/// A JavaScript error that is pending, or has to be thrown.
#[derive(Debug)]
pub enum Thrown {
    /// An exception is pending already.
    Pending,
    /// To be thrown: code and message.
    Coded(&'static str, String),
    /// A text that is no string: its index among the texts given, and what it is instead.
    InvalidText(usize, &'static str),
}

impl Thrown {
    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::Coded("ERR_INTERNAL", message.into())
    }

    /// The error of a handle that was closed.
    pub(crate) fn closed() -> Self {
        Self::Coded("ERR_CLOSED", "the model was closed".to_owned())
    }

    /// The error for an array with room for `found` bytes of the `expected`.
    pub(crate) fn too_small(expected: usize, found: usize) -> Self {
        Self::Coded(
            "ERR_OUT_TOO_SMALL",
            format!("expected `out` to have at least {expected} bytes, found {found} (0 also when it is detached)"),
        )
    }

    /// The code and the message, where JavaScript is not asked for an error object.
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

/// The same as napi-derive throws it.
pub(crate) type CodedError = napi::Error<&'static str>;

impl From<Thrown> for CodedError {
    fn from(thrown: Thrown) -> Self {
        let (code, message) = thrown.parts();
        Self::new(code, message)
    }
}

/// The status of an N-API call as a result.
pub(crate) fn check(status: sys::napi_status, what: &str) -> Result<(), Thrown> {
    match status {
        sys::Status::napi_ok => Ok(()),
        sys::Status::napi_pending_exception => Err(Thrown::Pending),
        status => Err(Thrown::internal(format!("{what} failed with N-API status {status}"))),
    }
}
