//! AVX2 (and F16C) kernels.
//!
//! Sums stay in registers: a block of columns is as wide as eight 256-bit registers, and all rows are added to it before the
//! next block. A table of 256 single-precision columns takes four passes over the row ids; the rows of one text stay in the
//! second-level cache meanwhile. Blocks of one register take what is left, then single columns.

use std::arch::x86_64::{
    __m256, __m256d, __m256i, _mm_loadl_epi64, _mm_loadu_si128, _mm256_add_epi32, _mm256_add_pd, _mm256_add_ps,
    _mm256_cvtepi8_epi32, _mm256_cvtph_ps, _mm256_loadu_pd, _mm256_loadu_ps, _mm256_loadu_si256, _mm256_storeu_pd,
    _mm256_storeu_ps, _mm256_storeu_si256,
};

use crate::norm::{EPSILON, FEW, halves, sum_of_few};

/// Eight or four lanes of sums, and how a row's elements become such lanes.
trait Lanes: Copy {
    type Element;
    type Sum;
    const LANES: usize;
    fn load_sums(sums: &[Self::Sum]) -> Self;
    fn load_elements(elements: &[Self::Element]) -> Self;
    fn store(self, sums: &mut [Self::Sum]);
    fn add(self, other: Self) -> Self;
}

macro_rules! lanes {
    ($name:ident, $register:ty, $element:ty, $sum:ty, $lanes:literal, $load:expr, $load_elements:expr, $store:expr, $add:expr) => {
        #[derive(Clone, Copy)]
        struct $name($register);
        impl Lanes for $name {
            type Element = $element;
            type Sum = $sum;
            const LANES: usize = $lanes;
            #[inline(always)]
            fn load_sums(sums: &[$sum]) -> Self {
                let sums: &[$sum; $lanes] = sums[..$lanes].try_into().expect("as many sums as lanes");
                // SAFETY: the array holds as many sums as the register has lanes; the load needs no alignment. AVX2 is
                // there: the functions of this file that make lanes have that target feature.
                Self(unsafe { $load(sums.as_ptr().cast()) })
            }
            #[inline(always)]
            fn load_elements(elements: &[$element]) -> Self {
                let elements: &[$element; $lanes] = elements[..$lanes].try_into().expect("as many elements as lanes");
                // SAFETY: as in `load_sums`, for the elements.
                Self(unsafe { $load_elements(elements.as_ptr()) })
            }
            #[inline(always)]
            fn store(self, sums: &mut [$sum]) {
                let sums: &mut [$sum; $lanes] = (&mut sums[..$lanes]).try_into().expect("as many sums as lanes");
                // SAFETY: as in `load_sums`.
                unsafe { $store(sums.as_mut_ptr().cast(), self.0) }
            }
            #[inline(always)]
            fn add(self, other: Self) -> Self {
                // SAFETY: as in `load_sums`.
                Self(unsafe { $add(self.0, other.0) })
            }
        }
    };
}

lanes!(F32x8, __m256, f32, f32, 8, _mm256_loadu_ps, |p| _mm256_loadu_ps(p), _mm256_storeu_ps, _mm256_add_ps);
lanes!(
    F16x8,
    __m256,
    u16,
    f32,
    8,
    _mm256_loadu_ps,
    |p: *const u16| _mm256_cvtph_ps(_mm_loadu_si128(p.cast())),
    _mm256_storeu_ps,
    _mm256_add_ps
);
lanes!(F64x4, __m256d, f64, f64, 4, _mm256_loadu_pd, |p| _mm256_loadu_pd(p), _mm256_storeu_pd, _mm256_add_pd);
lanes!(
    I8x8,
    __m256i,
    i8,
    i32,
    8,
    _mm256_loadu_si256,
    |p: *const i8| _mm256_cvtepi8_epi32(_mm_loadl_epi64(p.cast())),
    _mm256_storeu_si256,
    _mm256_add_epi32
);

/// Adds `REGISTERS × LANES` columns, from `column` on, of all rows.
#[inline(always)]
fn add_block<L: Lanes, const REGISTERS: usize>(
    table: &[L::Element],
    dim: usize,
    row_ids: &[u32],
    column: usize,
    sums: &mut [L::Sum],
) {
    let mut registers: [L; REGISTERS] = std::array::from_fn(|r| L::load_sums(&sums[column + r * L::LANES..]));
    for &row_id in row_ids {
        let block = &table[row_id as usize * dim + column..][..REGISTERS * L::LANES];
        for (r, register) in registers.iter_mut().enumerate() {
            *register = register.add(L::load_elements(&block[r * L::LANES..]));
        }
    }
    for (r, register) in registers.iter().enumerate() {
        register.store(&mut sums[column + r * L::LANES..]);
    }
}

/// Adds all whole registers of columns; says how many columns that were.
#[inline(always)]
fn add_rows<L: Lanes>(table: &[L::Element], dim: usize, row_ids: &[u32], sums: &mut [L::Sum]) -> usize {
    let columns = sums.len();
    let mut column = 0;
    while column + 8 * L::LANES <= columns {
        add_block::<L, 8>(table, dim, row_ids, column, sums);
        column += 8 * L::LANES;
    }
    while column + L::LANES <= columns {
        add_block::<L, 1>(table, dim, row_ids, column, sums);
        column += L::LANES;
    }
    column
}

macro_rules! kernel {
    ($name:ident, $lanes:ident, $element:ty, $sum:ty, $widen:expr) => {
        #[target_feature(enable = "avx2,f16c")]
        pub(super) fn $name(table: &[$element], dim: usize, row_ids: &[u32], sums: &mut [$sum]) {
            let columns = sums.len();
            let column = add_rows::<$lanes>(table, dim, row_ids, sums);
            if column < columns {
                for &row_id in row_ids {
                    let row = &table[row_id as usize * dim..][..columns];
                    for (sum, element) in sums[column..].iter_mut().zip(&row[column..]) {
                        *sum += $widen(*element);
                    }
                }
            }
        }
    };
}

kernel!(add_rows_f32, F32x8, f32, f32, |element: f32| element);
kernel!(add_rows_f16, F16x8, u16, f32, crate::float16::to_f32);
kernel!(add_rows_f64, F64x4, f64, f64, |element: f64| element);
kernel!(add_rows_i8, I8x8, i8, i32, i32::from);

/// See [`Kernels::divide`](super::Kernels::divide).
#[target_feature(enable = "avx2")]
pub(super) fn divide(vector: &mut [f32], divisor: f32) {
    super::scalar::divide(vector, divisor);
}

/// See [`Kernels::normalize`](super::Kernels::normalize).
#[target_feature(enable = "avx2")]
pub(super) fn normalize(vector: &mut [f32]) {
    let norm = sum_of_squares(vector).sqrt();
    divide(vector, norm + EPSILON);
}

/// The eight accumulators of numpy's sum are one register: what the compiler makes of the scalar code with this instruction set.
#[target_feature(enable = "avx2")]
fn sum_of_squares(values: &[f32]) -> f32 {
    if values.len() <= FEW {
        return sum_of_few(values, &|element| element * element);
    }
    let (low, high) = halves(values);
    sum_of_squares(low) + sum_of_squares(high)
}
