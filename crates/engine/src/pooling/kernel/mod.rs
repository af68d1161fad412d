//! The arithmetic of pooling, one file an instruction set, chosen once when a model is loaded.
//!
//! Sums over rows are vertical: every column is added on its own, in token order, so every vector width gives the same bits.
//! Sums have no fused multiply-add: numpy has none there. Division is numpy's in every bit, however it is computed (`divide.rs`).

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod blocks;
mod convert;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod divide;
#[cfg(target_arch = "aarch64")]
mod neon;
mod scalar;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod squares;
mod stream;
#[cfg(test)]
mod tests;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod unit_mean;

pub(crate) use convert::Converters;
pub(crate) use stream::{Stream, past_caches};

use crate::isa::{InstructionSet, Isa};

/// Adds the rows `row_ids` of a row-major table of `dim` columns, in order, to `sums`: one sum a column, for the first
/// `sums.len()` columns, of which there are at most `dim`.
type AddRows<T, S> = unsafe fn(table: &[T], dim: usize, row_ids: &[u32], sums: &mut [S]);

/// The kernels of one instruction set. Holding a value proves that this CPU supports it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kernels {
    isa: Isa,
    add_rows_f32: AddRows<f32, f32>,
    add_rows_f16: AddRows<u16, f32>,
    add_rows_f64: AddRows<f64, f64>,
    add_rows_i8: AddRows<i8, i32>,
    divide: unsafe fn(vector: &mut [f32], divisor: f32),
    normalize: unsafe fn(vector: &mut [f32]),
    unit_mean_f32: unsafe fn(table: &[f32], dim: usize, row_ids: &[u32], vector: &mut [f32]) -> bool,
}

impl Kernels {
    /// The fallback of every CPU, and what the others are compared with.
    pub(crate) const SCALAR: Self = Self {
        isa: Isa::SCALAR,
        add_rows_f32: scalar::add_rows_f32,
        add_rows_f16: scalar::add_rows_f16,
        add_rows_f64: scalar::add_rows_f64,
        add_rows_i8: scalar::add_rows_i8,
        divide: scalar::divide,
        normalize: scalar::normalize,
        unit_mean_f32: |_, _, _, _| false,
    };

    /// The kernels of one instruction set.
    pub(crate) fn of(isa: Isa) -> Self {
        macro_rules! kernels_of {
            ($file:ident) => {
                Self {
                    isa,
                    add_rows_f32: $file::add_rows_f32,
                    add_rows_f16: $file::add_rows_f16,
                    add_rows_f64: $file::add_rows_f64,
                    add_rows_i8: $file::add_rows_i8,
                    divide: $file::divide,
                    normalize: $file::normalize,
                    unit_mean_f32: $file::unit_mean_f32,
                }
            };
        }
        match isa.set() {
            InstructionSet::Scalar => Self::SCALAR,
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx2 => kernels_of!(avx2),
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx512 => kernels_of!(avx512),
            #[cfg(target_arch = "aarch64")]
            InstructionSet::Neon => kernels_of!(neon),
        }
    }

    /// The instruction set of these kernels.
    pub(crate) fn isa(&self) -> Isa {
        self.isa
    }

    /// Adds single-precision rows.
    #[inline]
    pub(crate) fn add_rows_f32(&self, table: &[f32], dim: usize, row_ids: &[u32], sums: &mut [f32]) {
        // SAFETY: `of` builds the kernels of an instruction set, and its argument proves that this CPU has it.
        unsafe { (self.add_rows_f32)(table, dim, row_ids, sums) }
    }

    /// Adds half-precision rows, each widened to single precision first.
    #[inline]
    pub(crate) fn add_rows_f16(&self, table: &[u16], dim: usize, row_ids: &[u32], sums: &mut [f32]) {
        // SAFETY: as in `add_rows_f32`.
        unsafe { (self.add_rows_f16)(table, dim, row_ids, sums) }
    }

    /// Adds double-precision rows.
    #[inline]
    pub(crate) fn add_rows_f64(&self, table: &[f64], dim: usize, row_ids: &[u32], sums: &mut [f64]) {
        // SAFETY: as in `add_rows_f32`.
        unsafe { (self.add_rows_f64)(table, dim, row_ids, sums) }
    }

    /// Adds byte rows. At most 2^24 rows a call: more could overflow the sums.
    #[inline]
    pub(crate) fn add_rows_i8(&self, table: &[i8], dim: usize, row_ids: &[u32], sums: &mut [i32]) {
        debug_assert!(row_ids.len() <= 1 << 24);
        // SAFETY: as in `add_rows_f32`.
        unsafe { (self.add_rows_i8)(table, dim, row_ids, sums) }
    }

    /// Divides every element, rounding as division does.
    #[inline]
    pub(crate) fn divide(&self, vector: &mut [f32], divisor: f32) {
        // SAFETY: as in `add_rows_f32`.
        unsafe { (self.divide)(vector, divisor) }
    }

    /// Divides `vector` by its Euclidean norm plus 1e-32, with numpy's bits.
    #[inline]
    pub(crate) fn normalize(&self, vector: &mut [f32]) {
        // SAFETY: as in `add_rows_f32`.
        unsafe { (self.normalize)(vector) }
    }

    /// Puts the mean of single-precision rows, divided by its norm as [`normalize`](Self::normalize) does, into `vector`. False where
    /// that has to be done step by step: for magnitudes, or numbers of rows, that are out of the ordinary, and by the scalar kernels;
    /// then `vector` is undefined.
    #[inline]
    pub(crate) fn unit_mean_f32(&self, table: &[f32], dim: usize, row_ids: &[u32], vector: &mut [f32]) -> bool {
        // SAFETY: as in `add_rows_f32`.
        unsafe { (self.unit_mean_f32)(table, dim, row_ids, vector) }
    }
}
