//! Why the reference path, and not our own modules, runs a tokenizer file.

use std::borrow::Cow;
use std::fmt;

use crate::error::excerpt;

/// A part of a tokenizer file that our own modules don't run, as a sentence for the owner of the
/// file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::tokenizer) struct Unsupported(Cow<'static, str>);

impl Unsupported {
    /// A long reason, which can only come from the file, is cut.
    pub(in crate::tokenizer) fn new(reason: impl Into<Cow<'static, str>>) -> Self {
        Self(match reason.into() {
            Cow::Borrowed(reason) => Cow::Borrowed(reason),
            Cow::Owned(reason) => Cow::Owned(excerpt(&reason)),
        })
    }
}

impl fmt::Display for Unsupported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<serde_json::Error> for Unsupported {
    fn from(error: serde_json::Error) -> Self {
        Self::new(error.to_string())
    }
}
