//! The element types of a result, and a model's vectors as rows of one of them.

use crate::kernel::Converters;
use crate::model::{EncodeOptions, Scratch, StaticModel, TextStats};
use crate::tokenizer::EncodeError;

/// The element type of a result, whatever the table's. All are made from the single-precision vector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dtype {
    /// The vector itself.
    #[default]
    Float32,
    /// IEEE half precision, rounded to nearest, ties to even: what Python gives for a float16 table, in every bit.
    Float16,
    /// The upper half of a float32, rounded to nearest, ties to even.
    BFloat16,
    /// `127 · clamp(x, -1, 1)` rounded to nearest, ties to even. For vectors of length 1; NaN is 0.
    Int8,
    /// A bit an element, `x > 0`, the first in the highest bit as `numpy.packbits` has them; the last byte is filled up with zeros.
    Binary,
}

impl Dtype {
    /// The bytes of a row of `columns` elements.
    #[must_use]
    pub fn row_bytes(self, columns: usize) -> usize {
        match self {
            Self::Float32 => columns * size_of::<f32>(),
            Self::Float16 | Self::BFloat16 => columns * size_of::<u16>(),
            Self::Int8 => columns,
            Self::Binary => columns.div_ceil(8),
        }
    }

    fn convert(self, converters: &Converters, vector: &[f32], row: &mut [u8]) {
        match self {
            Self::Float32 => as_f32(row).copy_from_slice(vector),
            Self::Float16 => converters.write_float16(vector, row),
            Self::BFloat16 => converters.write_bfloat16(vector, row),
            Self::Int8 => converters.write_int8(vector, row),
            Self::Binary => converters.write_binary(vector, row),
        }
    }
}

impl StaticModel {
    /// The bytes of a row under these options.
    #[must_use]
    pub fn row_bytes(&self, options: EncodeOptions) -> usize {
        options.dtype.row_bytes(self.columns(options))
    }

    /// Writes the row of a text in UTF-16 into `row`, which has [`row_bytes`](Self::row_bytes) bytes, and for float32 starts at
    /// a multiple of 4. A lone surrogate is U+FFFD.
    ///
    /// # Errors
    /// When the tokenizer file has no answer for this text.
    pub fn encode_row(
        &self,
        units: &[u16],
        options: EncodeOptions,
        scratch: &mut Scratch,
        row: &mut [u8],
    ) -> Result<TextStats, EncodeError> {
        if options.dtype == Dtype::Float32 {
            return self.encode_utf16(units, options, scratch, as_f32(row));
        }
        let mut vector = std::mem::take(&mut scratch.vector);
        vector.resize(self.columns(options), 0.0);
        let outcome = self.encode_utf16(units, options, scratch, &mut vector);
        options.dtype.convert(self.converters(), &vector, row);
        scratch.vector = vector;
        outcome
    }

    /// Writes the row of one token id, with its weight, into `row`, which is as in [`encode_row`](Self::encode_row).
    ///
    /// # Panics
    /// When `id` is not below the table's `id_count()`.
    pub fn gather_row(&self, id: u32, options: EncodeOptions, scratch: &mut Scratch, row: &mut [u8]) {
        if options.dtype == Dtype::Float32 {
            return self.row(id, options, as_f32(row));
        }
        scratch.vector.resize(self.columns(options), 0.0);
        self.row(id, options, &mut scratch.vector);
        options.dtype.convert(self.converters(), &scratch.vector, row);
    }
}

/// The elements of a float32 row.
fn as_f32(row: &mut [u8]) -> &mut [f32] {
    // SAFETY: every four bytes are a float.
    let (before, elements, after) = unsafe { row.align_to_mut::<f32>() };
    assert!(before.is_empty() && after.is_empty(), "a float32 row starts and ends at a multiple of 4 bytes");
    elements
}
