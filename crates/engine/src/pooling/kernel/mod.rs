//! The arithmetic of pooling: one file per instruction set, chosen once when a model is loaded.
//!
//! All instruction sets give the same bits, which are numpy's:
//!
//! - Sums over rows are vertical: every column is summed on its own, in the order of the row ids,
//!   so the width of a register does not matter.
//! - Sums use no fused multiply-add, because numpy uses none there.
//! - Division is correctly rounded, as numpy's is, so it may be computed in any way (`divide.rs`).
//!
//! # How to add a kernel or an instruction set
//!
//! Kernels are chosen in the same way everywhere: [`Kernels`] and [`Converters`] here,
//! `NearestKernel` in `table/cluster/nearest.rs`, and `Kernels` in `tokenizer/scan/scanner.rs` are
//! structs of function pointers. `SCALAR` has a function for each that every CPU can run. `of(isa)`
//! gives the functions of an instruction set, and those of `SCALAR` where it has no faster one. So
//! a new instruction set can begin with one kernel.
//!
//! - A kernel: write it in `scalar.rs`, add a field and a safe method to the struct, and the field
//!   to `SCALAR`. Then write it for the instruction sets, with `#[target_feature]`, and name it in
//!   `of`. Loops that differ only by register type belong in `blocks.rs`; the macro in `define.rs`
//!   makes a kernel from them in the file of each instruction set.
//! - An instruction set: add it to `isa.rs` (the enum, `name`, and `available` with every CPU feature
//!   that its kernels enable), add a file here, and name its kernels in `of`.
//! - `tests.rs` compares every kernel of every instruction set that this CPU has with the scalar one,
//!   bit by bit: add the new kernel there. Run `M2V_REQUIRE_ISA=avx512 cargo test -p
//!   model2vec-engine --lib -- isa kernel`, which fails on a CPU without that instruction set.
//! - To run anything else with another instruction set than the best one, set `M2V_ISA=avx2`. A
//!   name that this CPU does not have is ignored, without a message.
//!
//! Instructions that every CPU of an architecture has (prefetches in `pooling/prefetch.rs`,
//! and `nontemporal.rs`) are chosen at compile time instead.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod blocks;
mod convert;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod define;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod divide;
#[cfg(target_arch = "aarch64")]
mod neon;
mod nontemporal;
mod scalar;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod squares;
#[cfg(test)]
mod tests;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod unit_mean;

pub(crate) use convert::Converters;
pub(crate) use nontemporal::{NonTemporal, write_non_temporally};

use crate::isa::{InstructionSet, Isa};

/// Adds the rows `row_ids` of a row-major table of `dim` columns, in order, to `sums`: one sum per
/// column, for the first `sums.len()` columns, at most `dim`.
type AddRows<T, S> = unsafe fn(table: &[T], dim: usize, row_ids: &[u32], sums: &mut [S]);

/// The kernels for one instruction set. A value proves that this CPU can run them.
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
    /// Portable kernels: the fallback on every CPU, and the reference that the others are tested
    /// against.
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

    /// The best kernels for `isa`: those of its file, where it has them, and the scalar ones.
    pub(crate) fn of(isa: Isa) -> Self {
        let mut kernels = Self { isa, ..Self::SCALAR };
        macro_rules! take {
            ($file:ident: $($kernel:ident),+) => {{ $(kernels.$kernel = $file::$kernel;)+ }};
        }
        match isa.set() {
            InstructionSet::Scalar => {}
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx2 => {
                take!(avx2: add_rows_f32, add_rows_f16, add_rows_f64, add_rows_i8, divide, normalize, unit_mean_f32);
            }
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx512 => {
                take!(avx512: add_rows_f32, add_rows_f16, add_rows_f64, add_rows_i8, divide, normalize, unit_mean_f32);
            }
            #[cfg(target_arch = "aarch64")]
            InstructionSet::Neon => {
                take!(neon: add_rows_f32, add_rows_f16, add_rows_f64, add_rows_i8, divide, normalize, unit_mean_f32);
            }
        }
        kernels
    }

    /// The instruction set of these kernels.
    pub(crate) fn isa(&self) -> Isa {
        self.isa
    }

    /// Adds single-precision rows to `sums`; see [`AddRows`].
    #[inline]
    pub(crate) fn add_rows_f32(&self, table: &[f32], dim: usize, row_ids: &[u32], sums: &mut [f32]) {
        // SAFETY: a kernel is portable or was put here by `of`, whose argument proves that this CPU
        // has the kernel's instruction set.
        unsafe { (self.add_rows_f32)(table, dim, row_ids, sums) }
    }

    /// Adds half-precision rows, whose elements are widened to single precision first.
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

    /// Adds int8 rows, at most 2^24 of them per call, from sums of 0: more could overflow the sums.
    #[inline]
    pub(crate) fn add_rows_i8(&self, table: &[i8], dim: usize, row_ids: &[u32], sums: &mut [i32]) {
        debug_assert!(row_ids.len() <= 1 << 24);
        // SAFETY: as in `add_rows_f32`.
        unsafe { (self.add_rows_i8)(table, dim, row_ids, sums) }
    }

    /// Divides every dimension by `divisor`, correctly rounded.
    #[inline]
    pub(crate) fn divide(&self, vector: &mut [f32], divisor: f32) {
        // SAFETY: as in `add_rows_f32`.
        unsafe { (self.divide)(vector, divisor) }
    }

    /// Divides `vector` by its Euclidean norm plus [`EPSILON`](crate::pooling::norm::EPSILON), with
    /// numpy's bits.
    #[inline]
    pub(crate) fn normalize(&self, vector: &mut [f32]) {
        // SAFETY: as in `add_rows_f32`.
        unsafe { (self.normalize)(vector) }
    }

    /// Writes the mean of single-precision rows, divided by its norm as by
    /// [`normalize`](Self::normalize), into `vector`: a shortcut with the bits of
    /// [`add_rows_f32`](Self::add_rows_f32) to zeros, [`divide`](Self::divide) and `normalize`.
    ///
    /// Returns false when the shortcut does not apply: `vector` then holds no result, and the
    /// caller has to take these steps. It does not apply when a dimension of the mean is 0 or
    /// nearly 0, when the norm is very large or NaN, without rows or with too many (`unit_mean.rs`
    /// has the limits), and with the scalar kernels.
    #[inline]
    pub(crate) fn unit_mean_f32(&self, table: &[f32], dim: usize, row_ids: &[u32], vector: &mut [f32]) -> bool {
        // SAFETY: as in `add_rows_f32`.
        unsafe { (self.unit_mean_f32)(table, dim, row_ids, vector) }
    }
}
