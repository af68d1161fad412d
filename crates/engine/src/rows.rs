//! Rows of a result that lie in someone else's memory: the bytes, the element type, and the number
//! of dimensions.

use std::ops::Range;

use crate::dtype::Dtype;
use crate::float16;

/// Vectors of one element type, one row after the other without gaps, elements in the machine's
/// order (little-endian).
#[derive(Debug, Clone, Copy)]
pub struct Rows<'a> {
    bytes: &'a [u8],
    dtype: Dtype,
    dim: usize,
}

/// Elements that are read from the bytes of [`Rows`].
///
/// # Safety
/// Every pattern of bytes is a value of the type, and the type has no padding.
unsafe trait Element {}
// SAFETY: every four bytes are a float.
unsafe impl Element for f32 {}
// SAFETY: every two bytes are an integer.
unsafe impl Element for u16 {}
// SAFETY: every byte is an integer.
unsafe impl Element for i8 {}

impl<'a> Rows<'a> {
    /// Rows of `dim` dimensions. `None` when `dim` is 0, when `bytes` is not a whole number of
    /// rows, or does not start at a multiple of the size of an element.
    #[must_use]
    pub fn new(bytes: &'a [u8], dtype: Dtype, dim: usize) -> Option<Self> {
        let alignment = match dtype {
            Dtype::Float32 => align_of::<f32>(),
            Dtype::Float16 | Dtype::BFloat16 => align_of::<u16>(),
            Dtype::Int8 | Dtype::Binary => 1,
        };
        let is_whole = dim > 0 && bytes.len().is_multiple_of(dtype.row_bytes(dim));
        (is_whole && (bytes.is_empty() || bytes.as_ptr().addr().is_multiple_of(alignment))).then_some(Self {
            bytes,
            dtype,
            dim,
        })
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bytes.len() / self.row_bytes()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Dimensions of a vector.
    #[must_use]
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// The element type.
    #[must_use]
    pub fn dtype(&self) -> Dtype {
        self.dtype
    }

    /// Some of the rows.
    ///
    /// # Panics
    /// When the range goes past the last row.
    #[must_use]
    pub fn slice(&self, rows: Range<usize>) -> Self {
        let row_bytes = self.row_bytes();
        Self { bytes: &self.bytes[rows.start * row_bytes..rows.end * row_bytes], ..*self }
    }

    /// The bytes of a row.
    #[must_use]
    pub fn row_bytes(&self) -> usize {
        self.dtype.row_bytes(self.dim)
    }

    /// The bytes of all rows.
    #[must_use]
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The bytes of row `index`.
    pub(crate) fn row(&self, index: usize) -> &'a [u8] {
        &self.bytes[index * self.row_bytes()..][..self.row_bytes()]
    }

    /// The elements of row `index` of float32 rows.
    pub(crate) fn row_f32(&self, index: usize) -> &'a [f32] {
        self.elements_of(index)
    }

    /// The bits of row `index` of float16 or bfloat16 rows.
    pub(crate) fn row_u16(&self, index: usize) -> &'a [u16] {
        self.elements_of(index)
    }

    /// The elements of row `index` of int8 rows.
    pub(crate) fn row_i8(&self, index: usize) -> &'a [i8] {
        self.elements_of(index)
    }

    /// The elements of all rows as float32, without rounding; `None` for int8 and binary rows,
    /// which are no longer the vectors that they were made of.
    #[must_use]
    pub fn widened(&self) -> Option<Vec<f32>> {
        let widen = |to_f32: fn(u16) -> f32| {
            (0..self.len()).flat_map(|row| self.row_u16(row)).map(|&bits| to_f32(bits)).collect()
        };
        match self.dtype {
            Dtype::Float32 => Some((0..self.len()).flat_map(|row| self.row_f32(row)).copied().collect()),
            Dtype::Float16 => Some(widen(float16::to_f32)),
            Dtype::BFloat16 => Some(widen(|bits| f32::from_bits(u32::from(bits) << 16))),
            Dtype::Int8 | Dtype::Binary => None,
        }
    }

    fn elements_of<T: Element>(&self, index: usize) -> &'a [T] {
        // SAFETY: `Element` says that every pattern of bytes is a value; `align_to` sees to
        // alignment and length.
        let (before, elements, after) = unsafe { self.row(index).align_to::<T>() };
        assert!(before.is_empty() && after.is_empty(), "rows are aligned to their elements");
        elements
    }
}
