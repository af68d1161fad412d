//! The mean of rows, scaled to length 1, in one pass: sums become means while they are still in
//! registers, and both divisions take fewer steps than [`divide`](super::divide). It works for
//! magnitudes that are far from the ends of single precision.
//!
//! `reciprocal` is 1 / divisor, rounded, and `rest` is its rounding error, so that their sum is
//! exact to a relative 2^-46.
//!
//! - A mean is divided by the number of rows, an integer of at most 20 bits. The true quotient is
//!   either a float or at least a relative 2^-45 away from every point where rounding changes
//!   direction, so multiplying by `reciprocal + rest` rounds correctly at once.
//! - A norm can be any float. The product is within one unit in the last place of the true
//!   quotient; correcting it by its remainder rounds it correctly (Markstein, as in `divide.rs`).

use super::blocks::{Lanes, sum_block};

/// The most rows, so that their number has at most 20 bits.
const MOST_ROWS: usize = (1 << 20) - 1;

/// No mean may be smaller than `SMALLEST`, and the norm not larger than `LARGEST`: then every
/// intermediate result is a normal number. The smallest one is a mean times `rest`, which is 0 or
/// at least 2^-47 of the reciprocal: 2^-30 × 2^-47 × 2^-48.
const SMALLEST: f32 = 1.0 / (1 << 30) as f32;
const LARGEST: f32 = (1_u64 << 48) as f32;

/// Single-precision lanes with the operations of both divisions.
pub(super) trait Quotients: Lanes<Sum = f32> {
    fn splat(value: f32) -> Self;
    fn multiply(self, factor: Self) -> Self;
    /// `self × factor + summand`, rounded once.
    fn multiply_add(self, factor: Self, summand: Self) -> Self;
    /// In each lane, the smaller of the magnitude of `self` and `least`.
    fn least(self, least: Self) -> Self;
}

/// Implements [`Quotients`] for a [`lanes`](super::blocks::lanes) type.
macro_rules! quotients {
    ($name:ident, $splat:expr, $multiply:expr, $multiply_add:expr, $least:expr) => {
        impl $crate::pooling::kernel::unit_mean::Quotients for $name {
            #[inline(always)]
            fn splat(value: f32) -> Self {
                // SAFETY: the CPU has the instruction, because lanes are made only in the kernels
                // of their file, which have its target features.
                Self(unsafe { $splat(value) })
            }
            #[inline(always)]
            fn multiply(self, factor: Self) -> Self {
                // SAFETY: as in `splat`.
                Self(unsafe { $multiply(self.0, factor.0) })
            }
            #[inline(always)]
            fn multiply_add(self, factor: Self, summand: Self) -> Self {
                // SAFETY: as in `splat`.
                Self(unsafe { $multiply_add(self.0, factor.0, summand.0) })
            }
            #[inline(always)]
            fn least(self, least: Self) -> Self {
                // SAFETY: as in `splat`.
                Self(unsafe { $least(self.0, least.0) })
            }
        }
    };
}
pub(super) use quotients;

/// 1 / `divisor`, rounded, and its rounding error.
#[inline(always)]
fn reciprocal(divisor: f32) -> (f32, f32) {
    let reciprocal = 1.0 / divisor;
    (reciprocal, (-reciprocal).mul_add(divisor, 1.0) * reciprocal)
}

/// Writes the means of the rows into `vector`. Returns false, and leaves means that may be wrong,
/// if there are too many rows or a mean is too small.
#[inline(always)]
pub(super) fn means<L: Quotients, const REGISTERS: usize>(
    table: &[L::Element],
    dim: usize,
    row_ids: &[u32],
    vector: &mut [f32],
) -> bool {
    if row_ids.is_empty() || row_ids.len() > MOST_ROWS {
        return false;
    }
    let (columns, divisor) = (vector.len(), row_ids.len() as f32);
    let (reciprocal, rest) = reciprocal(divisor);
    let parts = (L::splat(reciprocal), L::splat(rest));
    let (mut least, mut column) = (L::splat(f32::MAX), 0);
    while column + REGISTERS * L::LANES <= columns {
        least = mean_block::<L, REGISTERS>(table, dim, row_ids, column, parts, least, vector);
        column += REGISTERS * L::LANES;
    }
    while column + L::LANES <= columns {
        least = mean_block::<L, 1>(table, dim, row_ids, column, parts, least, vector);
        column += L::LANES;
    }
    let mut all = [f32::MAX; 16];
    least.store(&mut all);
    for column in column..columns {
        let sum = row_ids.iter().fold(0.0, |sum, &id| L::add_one(sum, table[id as usize * dim + column]));
        vector[column] = sum / divisor;
        all[0] = all[0].min(vector[column].abs());
    }
    // A NaN is never the least here, but it makes the norm NaN, which `is_divisor` refuses.
    all.into_iter().fold(f32::MAX, f32::min) >= SMALLEST
}

/// Writes the means of the block of `REGISTERS × LANES` columns that starts at `column`, given the
/// reciprocal of the number of rows and its rest. Returns, per lane, the smaller of `least` and the
/// magnitudes.
#[inline(always)]
fn mean_block<L: Quotients, const REGISTERS: usize>(
    table: &[L::Element],
    dim: usize,
    row_ids: &[u32],
    column: usize,
    (reciprocal, rest): (L, L),
    mut least: L,
    vector: &mut [f32],
) -> L {
    let sums = sum_block::<L, REGISTERS>(table, dim, row_ids, column, [L::splat(0.0); REGISTERS]);
    for (r, sum) in sums.into_iter().enumerate() {
        let mean = sum.multiply_add(reciprocal, sum.multiply(rest));
        least = mean.least(least);
        mean.store(&mut vector[column + r * L::LANES..]);
    }
    least
}

/// Whether [`divide`] is exact for this norm, of means of which none is too small.
#[inline(always)]
pub(super) fn is_divisor(norm: f32) -> bool {
    norm <= LARGEST
}

/// Divides the means by `norm` (epsilon included), correctly rounded.
#[inline(always)]
pub(super) fn divide<L: Quotients>(means: &mut [f32], norm: f32) {
    let (reciprocal, rest) = reciprocal(norm);
    let (reciprocal, rest, negated) = (L::splat(reciprocal), L::splat(rest), L::splat(-norm));
    let mut lanes = means.chunks_exact_mut(L::LANES);
    for means in &mut lanes {
        let mean = L::load_sums(means);
        let quotient = mean.multiply_add(reciprocal, mean.multiply(rest));
        let remainder = quotient.multiply_add(negated, mean);
        remainder.multiply_add(reciprocal, quotient).store(means);
    }
    for mean in lanes.into_remainder() {
        *mean /= norm;
    }
}
