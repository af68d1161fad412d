//! The element types of a result.

use crate::pooling::kernel::Converters;

/// The element type of a result. It does not depend on the table's: every type is converted from
/// the single-precision vector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dtype {
    /// Single precision: the vector itself.
    #[default]
    Float32,
    /// IEEE half precision, rounded to nearest, ties to even. For a float16 table these are
    /// Python's vectors, bit for bit.
    Float16,
    /// The upper half of a float32, rounded to nearest, ties to even.
    BFloat16,
    /// `127 · clamp(x, -1, 1)` rounded to nearest, ties to even. For vectors of length 1; NaN is 0.
    Int8,
    /// One bit per dimension, `x > 0`, in the order of `numpy.packbits`: the first dimension is the
    /// highest bit, and the last byte is filled up with zeros.
    Binary,
}

impl Dtype {
    /// The bytes of a row of `columns` dimensions.
    #[must_use]
    pub fn row_bytes(self, columns: usize) -> usize {
        match self {
            Self::Float32 => columns * size_of::<f32>(),
            Self::Float16 | Self::BFloat16 => columns * size_of::<u16>(),
            Self::Int8 => columns,
            Self::Binary => columns.div_ceil(8),
        }
    }

    /// Converts a vector to a row of this type.
    pub(crate) fn convert(self, converters: &Converters, vector: &[f32], row: &mut [u8]) {
        match self {
            Self::Float32 => as_f32(row).copy_from_slice(vector),
            Self::Float16 => converters.write_float16(vector, row),
            Self::BFloat16 => converters.write_bfloat16(vector, row),
            Self::Int8 => converters.write_int8(vector, row),
            Self::Binary => converters.write_binary(vector, row),
        }
    }
}

/// A float32 row as floats.
///
/// # Panics
/// When the row does not start and end at a multiple of 4 bytes.
pub(crate) fn as_f32(row: &mut [u8]) -> &mut [f32] {
    // SAFETY: every bit pattern of four bytes is an `f32`.
    let (before, elements, after) = unsafe { row.align_to_mut::<f32>() };
    assert!(before.is_empty() && after.is_empty(), "a float32 row must start and end at a multiple of 4 bytes");
    elements
}
