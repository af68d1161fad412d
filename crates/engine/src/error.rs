//! The errors of loading a model, each cause with the stable code that JavaScript sees, and what
//! error messages quote.

use std::any::Any;
use std::fmt;
use std::path::{Path, PathBuf};

/// Why a model directory could not be loaded.
///
/// The message names the file, what was expected and what was found; [`LoadError::code`] is stable.
#[derive(Debug)]
#[non_exhaustive]
pub enum LoadError {
    /// The directory, or the requested subfolder, does not exist.
    ModelNotFound {
        /// The missing path.
        path: PathBuf,
        /// What was found instead.
        reason: String,
    },
    /// The directory exists, but does not hold all files of any layout.
    Layout {
        /// The directory that was searched.
        path: PathBuf,
        /// Which files each layout lacks.
        reason: String,
    },
    /// `config.json` is broken or has a setting of the wrong type.
    BadConfig {
        /// The configuration file.
        path: PathBuf,
        /// What was expected and what was found.
        reason: String,
    },
    /// `tokenizer.json` is broken.
    BadTokenizer {
        /// The tokenizer file.
        path: PathBuf,
        /// What was expected and what was found.
        reason: String,
    },
    /// `tokenizer.json` is well formed, but describes a tokenizer that this engine can't run.
    UnsupportedTokenizer {
        /// The tokenizer file.
        path: PathBuf,
        /// Which feature of the file is not supported.
        reason: String,
    },
    /// `model.safetensors` is broken.
    BadSafetensors {
        /// The table file.
        path: PathBuf,
        /// What was expected and what was found.
        reason: String,
    },
    /// A tensor has an element type that Model2Vec does not use.
    UnsupportedDtype {
        /// The table file.
        path: PathBuf,
        /// The tensor, its type and the supported types.
        reason: String,
    },
    /// Tensors, mapping and vocabulary do not fit together.
    ShapeMismatch {
        /// The table file.
        path: PathBuf,
        /// Which sizes disagree.
        reason: String,
    },
    /// A model that is loaded with its head has none, or one that is broken or does not fit.
    BadHead {
        /// The file of the head, its folder where there is no such file, or the configuration file.
        path: PathBuf,
        /// What was expected and what was found.
        reason: String,
    },
    /// An option has a value that is invalid for this model.
    InvalidOption {
        /// The file that the valid values depend on.
        path: PathBuf,
        /// The option, its valid values, and the given one.
        reason: String,
    },
    /// The load was cancelled.
    Cancelled {
        /// The table file.
        path: PathBuf,
    },
    /// The table does not fit in memory.
    OutOfMemory {
        /// The table file.
        path: PathBuf,
        /// The number of bytes that could not be allocated.
        bytes: u64,
    },
}

impl LoadError {
    /// The stable code, the same string that JavaScript sees in `error.code`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::ModelNotFound { .. } => "ERR_MODEL_NOT_FOUND",
            Self::Layout { .. } => "ERR_MODEL_LAYOUT",
            Self::BadConfig { .. } => "ERR_BAD_CONFIG",
            Self::BadTokenizer { .. } => "ERR_BAD_TOKENIZER",
            Self::UnsupportedTokenizer { .. } => "ERR_UNSUPPORTED_TOKENIZER",
            Self::BadSafetensors { .. } => "ERR_BAD_SAFETENSORS",
            Self::UnsupportedDtype { .. } => "ERR_UNSUPPORTED_DTYPE",
            Self::ShapeMismatch { .. } => "ERR_SHAPE_MISMATCH",
            Self::BadHead { .. } => "ERR_BAD_HEAD",
            Self::InvalidOption { .. } => "ERR_INVALID_OPTION",
            Self::Cancelled { .. } => "ERR_ABORTED",
            Self::OutOfMemory { .. } => "ERR_OUT_OF_MEMORY",
        }
    }
}

// Constructors for the causes that many places report.
impl LoadError {
    pub(crate) fn bad_config(path: &Path, reason: impl Into<String>) -> Self {
        Self::BadConfig { path: path.to_owned(), reason: reason.into() }
    }

    pub(crate) fn bad_safetensors(path: &Path, reason: impl Into<String>) -> Self {
        Self::BadSafetensors { path: path.to_owned(), reason: reason.into() }
    }

    pub(crate) fn unsupported_dtype(path: &Path, reason: impl Into<String>) -> Self {
        Self::UnsupportedDtype { path: path.to_owned(), reason: reason.into() }
    }

    pub(crate) fn bad_head(path: &Path, reason: impl Into<String>) -> Self {
        Self::BadHead { path: path.to_owned(), reason: reason.into() }
    }

    /// The error of a safetensors file that holds a head.
    pub(crate) fn of_head(self) -> Self {
        match self {
            Self::BadSafetensors { path, reason }
            | Self::UnsupportedDtype { path, reason }
            | Self::ShapeMismatch { path, reason } => Self::BadHead { path, reason },
            other => other,
        }
    }

    pub(crate) fn shape_mismatch(path: &Path, reason: impl Into<String>) -> Self {
        Self::ShapeMismatch { path: path.to_owned(), reason: reason.into() }
    }
}

/// Text from a file, made fit for an error message: at most 200 characters, control characters
/// escaped.
pub(crate) fn excerpt(text: &str) -> String {
    const LONGEST: usize = 200;
    let mut shown = String::new();
    for (index, character) in text.chars().enumerate() {
        if index == LONGEST {
            shown.push('…');
            break;
        }
        if character.is_control() {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
}

/// The message of a panic that was caught.
pub(crate) fn panic_message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("a panic without a message")
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ModelNotFound { path, reason }
            | Self::Layout { path, reason }
            | Self::BadConfig { path, reason }
            | Self::BadTokenizer { path, reason }
            | Self::UnsupportedTokenizer { path, reason }
            | Self::BadSafetensors { path, reason }
            | Self::UnsupportedDtype { path, reason }
            | Self::ShapeMismatch { path, reason }
            | Self::BadHead { path, reason }
            | Self::InvalidOption { path, reason } => write!(f, "{}: {reason}", path.display()),
            Self::Cancelled { path } => write!(f, "{}: the load was cancelled", path.display()),
            Self::OutOfMemory { path, bytes } => {
                write!(f, "{}: the table needs {bytes} bytes, which could not be allocated", path.display())
            }
        }
    }
}

impl std::error::Error for LoadError {}

#[cfg(test)]
mod tests {
    use super::excerpt;

    #[test]
    fn a_message_shows_the_beginning_of_a_long_text_without_control_characters() {
        assert_eq!(excerpt("embeddings"), "embeddings");
        assert_eq!(excerpt("\"é\"\n\u{1b}[31m"), "\"é\"\\n\\u{1b}[31m");
        assert_eq!(excerpt(&"é".repeat(1_000_000)), format!("{}…", "é".repeat(200)));
        assert_eq!(excerpt(&"é".repeat(200)), "é".repeat(200));
    }
}
