//! Single-precision vectors to rows of the other element types, one file an instruction set.
//!
//! Halves are rounded to nearest, ties to even, as numpy and ml_dtypes do. An int8 is `127 · clamp(x, -1, 1)`, rounded to nearest,
//! ties to even; NaN, for which numpy has no defined answer, is 0. A bit is `x > 0`, in the order of `numpy.packbits`: the first
//! element is the highest bit, and the bits that a last byte has too many are 0.
//!
//! On aarch64 only float16 has instructions of its own: vectors of four are part of every such CPU, and rustc makes the others
//! from `scalar.rs`.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "aarch64")]
mod neon;
mod scalar;
#[cfg(test)]
mod tests;

use super::Kernels;
use crate::isa::InstructionSet;

/// Writes `vector` as a row that has room for just its elements.
type Convert = unsafe fn(vector: &[f32], row: &mut [u8]);

/// The conversions of one instruction set. Holding a value proves that this CPU supports it.
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

    /// The conversions of the instruction set that the pooling kernels use.
    pub(crate) fn like(kernels: &Kernels) -> Self {
        match kernels.isa().set() {
            InstructionSet::Scalar => Self::SCALAR,
            // A row is converted in the time of a plain copy: wider vectors would not be felt.
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx2 | InstructionSet::Avx512 => Self {
                write_float16: avx2::write_float16,
                write_bfloat16: avx2::write_bfloat16,
                write_int8: avx2::write_int8,
                write_binary: avx2::write_binary,
            },
            #[cfg(target_arch = "aarch64")]
            InstructionSet::Neon => Self { write_float16: neon::write_float16, ..Self::SCALAR },
        }
    }

    /// Half-precision bits, two bytes an element in the machine's order.
    pub(crate) fn write_float16(&self, vector: &[f32], row: &mut [u8]) {
        assert_eq!(row.len(), vector.len() * 2, "a row has two bytes an element");
        // SAFETY: `like` took the instruction set from kernels, which prove that this CPU has it.
        unsafe { (self.write_float16)(vector, row) }
    }

    /// bfloat16 bits, two bytes an element in the machine's order.
    pub(crate) fn write_bfloat16(&self, vector: &[f32], row: &mut [u8]) {
        assert_eq!(row.len(), vector.len() * 2, "a row has two bytes an element");
        // SAFETY: as in `write_float16`.
        unsafe { (self.write_bfloat16)(vector, row) }
    }

    /// One signed byte an element.
    pub(crate) fn write_int8(&self, vector: &[f32], row: &mut [u8]) {
        assert_eq!(row.len(), vector.len(), "a row has a byte an element");
        // SAFETY: as in `write_float16`.
        unsafe { (self.write_int8)(vector, row) }
    }

    /// One bit an element.
    pub(crate) fn write_binary(&self, vector: &[f32], row: &mut [u8]) {
        assert_eq!(row.len(), vector.len().div_ceil(8), "a row has a bit an element");
        // SAFETY: as in `write_float16`.
        unsafe { (self.write_binary)(vector, row) }
    }
}
