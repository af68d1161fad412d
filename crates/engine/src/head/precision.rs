//! The number types in which numpy computes.

/// A number type in which numpy computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Precision {
    /// float16.
    Half,
    /// float32.
    Single,
    /// float64.
    Double,
}

impl Precision {
    /// numpy's name of the type.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Half => "float16",
            Self::Single => "float32",
            Self::Double => "float64",
        }
    }
}
