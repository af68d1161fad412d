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
