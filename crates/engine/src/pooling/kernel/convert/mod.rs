//! Converts single-precision vectors to result rows of the other element types, one file per
//! instruction set. See [`Dtype`](crate::dtype::Dtype), whose `convert` calls these functions.
//!
//! float16 and bfloat16 are rounded to nearest, ties to even, as numpy and ml_dtypes do. An int8 is
//! `127 · clamp(x, -1, 1)`, rounded to nearest, ties to even; NaN, for which numpy has no defined
//! result, is 0. A bit is `x > 0`, in the order of `numpy.packbits`: the first dimension is the
//! highest bit, and unused bits of the last byte are 0.
//!
//! On aarch64 only float16 has its own kernel. Every 64-bit ARM CPU has vectors of four floats, so
//! rustc vectorizes the portable code in `scalar.rs` for the other types.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "aarch64")]
mod neon;
mod scalar;
#[cfg(test)]
mod tests;

use crate::isa::{InstructionSet, Isa};

/// Writes `vector` to `row`, whose length is exactly the bytes that the dimensions take.
type Convert = unsafe fn(vector: &[f32], row: &mut [u8]);

/// The conversions for one instruction set. A value proves that this CPU can run them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Converters {
    write_float16: Convert,
    write_bfloat16: Convert,
    write_int8: Convert,
    write_binary: Convert,
}

impl Converters {
    const SCALAR: Self = Self {
        write_float16: scalar::write_float16,
        write_bfloat16: scalar::write_bfloat16,
        write_int8: scalar::write_int8,
        write_binary: scalar::write_binary,
    };

    /// The best conversions for `isa`.
    pub(crate) fn of(isa: Isa) -> Self {
        let mut converters = Self::SCALAR;
        match isa.set() {
            InstructionSet::Scalar => {}
            // AVX-512 uses those of AVX2: they are as fast as a plain copy already.
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx2 | InstructionSet::Avx512 => {
                converters.write_float16 = avx2::write_float16;
                converters.write_bfloat16 = avx2::write_bfloat16;
                converters.write_int8 = avx2::write_int8;
                converters.write_binary = avx2::write_binary;
            }
            #[cfg(target_arch = "aarch64")]
            InstructionSet::Neon => converters.write_float16 = neon::write_float16,
        }
        converters
    }

    /// Writes float16: two bytes per dimension in the machine's byte order.
    pub(crate) fn write_float16(&self, vector: &[f32], row: &mut [u8]) {
        assert_eq!(row.len(), vector.len() * 2, "a row must have two bytes per dimension");
        // SAFETY: a conversion is portable or was put here by `of`, whose argument proves that this
        // CPU has the conversion's instruction set.
        unsafe { (self.write_float16)(vector, row) }
    }

    /// Writes bfloat16: two bytes per dimension in the machine's byte order.
    pub(crate) fn write_bfloat16(&self, vector: &[f32], row: &mut [u8]) {
        assert_eq!(row.len(), vector.len() * 2, "a row must have two bytes per dimension");
        // SAFETY: as in `write_float16`.
        unsafe { (self.write_bfloat16)(vector, row) }
    }

    /// Writes int8: one signed byte per dimension.
    pub(crate) fn write_int8(&self, vector: &[f32], row: &mut [u8]) {
        assert_eq!(row.len(), vector.len(), "a row must have one byte per dimension");
        // SAFETY: as in `write_float16`.
        unsafe { (self.write_int8)(vector, row) }
    }

    /// Writes binary: one bit per dimension, in whole bytes.
    pub(crate) fn write_binary(&self, vector: &[f32], row: &mut [u8]) {
        assert_eq!(row.len(), vector.len().div_ceil(8), "a row must have one bit per dimension");
        // SAFETY: as in `write_float16`.
        unsafe { (self.write_binary)(vector, row) }
    }
}
