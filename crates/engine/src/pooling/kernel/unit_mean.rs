//! The mean of rows, scaled to length 1, in one go: sums become means while they are in registers, and both divisions need fewer
//! steps than [`divide`](super::divide), for magnitudes that are all far from the ends of single precision.
//!
//! `reciprocal` is 1 / divisor, rounded, and `rest` what it lacks: together they are exact to a relative 2^-46. Of a mean, the quotient by
//! both is rounded right at once: the divisor is an integer of at most 20 bits, so the true quotient is either a float or a relative 2^-45
//! away from where rounding turns. A norm can be any float: there the quotient is within one unit of the true one, and corrected by its
//! remainder it is rounded right (Markstein, as in `divide.rs`).

use super::blocks::{Lanes, sum_block};

/// The most rows: their number has 20 bits.
const MOST_ROWS: usize = (1 << 20) - 1;

/// No mean may be smaller, and the norm not larger: nothing on the way leaves the normal numbers then. The smallest is a mean times `rest`,
/// which is 0 or at least 2^-47 of the reciprocal: 2^-30 × 2^-47 × 2^-48.
const SMALLEST: f32 = 1.0 / (1 << 30) as f32;
const LARGEST: f32 = (1_u64 << 48) as f32;

/// Lanes that can be divided.
pub(super) trait Quotients: Lanes<Sum = f32> {
    fn splat(value: f32) -> Self;
    fn multiply(self, factor: Self) -> Self;
    /// `self × factor + summand`, rounded once.
    fn multiply_add(self, factor: Self, summand: Self) -> Self;
    /// In each lane the smaller one of the magnitude and `least`.
    fn least(self, least: Self) -> Self;
}

/// [`Quotients`] of a [`lanes`](super::blocks::lanes) type.
macro_rules! quotients {
    ($name:ident, $splat:expr, $multiply:expr, $multiply_add:expr, $least:expr) => {
        impl $crate::pooling::kernel::unit_mean::Quotients for $name {
            #[inline(always)]
            fn splat(value: f32) -> Self {
                // SAFETY: the CPU has the instruction: lanes are made only in the kernels of their file, which have its target features.
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

/// 1 / `divisor`, rounded, and what it lacks.
#[inline(always)]
fn reciprocal(divisor: f32) -> (f32, f32) {
    let reciprocal = 1.0 / divisor;
    (reciprocal, (-reciprocal).mul_add(divisor, 1.0) * reciprocal)
}

/// Puts the means of the rows into `vector`. False where there are too many rows, or a mean is too small: then the means may be wrong.
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
    // One that is no number is never the least: the norm tells.
    all.into_iter().fold(f32::MAX, f32::min) >= SMALLEST
}

/// The means of `REGISTERS × LANES` columns, from `column` on. `parts` are the reciprocal of the number of rows, and its rest. Returns
/// the smaller one of `least` and the magnitudes.
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

/// Whether means that are not too small can be divided by a norm like this.
#[inline(always)]
pub(super) fn is_divisor(norm: f32) -> bool {
    norm <= LARGEST
}

/// Divides the means by their norm, a little more or less.
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
