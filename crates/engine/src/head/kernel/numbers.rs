//! What kernels compute with: numbers, and rows of them.

/// A type that kernels compute in.
pub(crate) trait Element: Copy + Into<f64> {
    /// The nearest number.
    fn of(value: f64) -> Self;
}

impl Element for f32 {
    #[inline(always)]
    fn of(value: f64) -> Self {
        value as Self
    }
}

impl Element for f64 {
    #[inline(always)]
    fn of(value: f64) -> Self {
        value
    }
}

/// The rows that a product takes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Inputs<'a, T> {
    /// One row after the other; each begins `stride` elements after the one before.
    pub(crate) rows: &'a [T],
    pub(crate) stride: usize,
    /// How many rows.
    pub(crate) count: usize,
    /// How many elements of a row are inputs.
    pub(crate) inputs: usize,
}
