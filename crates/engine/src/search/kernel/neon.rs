//! NEON kernels: four lanes a register, so that the rows are gone over four times.

use std::arch::aarch64::{
    float32x4_t, int8x16_t, int32x4_t, uint8x16_t, vaddlvq_s8, vaddlvq_u8, vaddvq_s32, vcntq_u8, vdupq_n_f32,
    vdupq_n_s32, veorq_u8, vfmaq_f32, vget_low_s8, vld1q_f32, vld1q_s8, vld1q_u8, vmull_high_s8, vmull_s8, vpadalq_s16,
    vst1q_f32, vsubq_f32,
};

use super::block::{BLOCK, Block, Sums};
use super::tiles::{Product, SquaredDifference, Vector, block_squares, block_sums, block_sums_and_squares};

#[derive(Clone, Copy)]
struct F32x4(float32x4_t);

impl Vector for F32x4 {
    const LANES: usize = 4;
    #[inline(always)]
    fn zero() -> Self {
        // SAFETY: every 64-bit ARM has NEON.
        Self(unsafe { vdupq_n_f32(0.0) })
    }
    #[inline(always)]
    unsafe fn load(elements: *const f32) -> Self {
        // SAFETY: as in `zero`; the caller has seen to the elements, whose alignment is enough.
        Self(unsafe { vld1q_f32(elements) })
    }
    #[inline(always)]
    unsafe fn load_some(elements: *const f32, count: usize) -> Self {
        let mut some = [0.0; 4];
        // SAFETY: the caller has seen to the elements, of which there are at most four.
        unsafe { std::ptr::copy_nonoverlapping(elements, some.as_mut_ptr(), count) };
        // SAFETY: as in `load`.
        Self(unsafe { vld1q_f32(some.as_ptr()) })
    }
    #[inline(always)]
    fn subtract(self, other: Self) -> Self {
        // SAFETY: as in `zero`.
        Self(unsafe { vsubq_f32(self.0, other.0) })
    }
    #[inline(always)]
    fn add_product(self, a: Self, b: Self) -> Self {
        // SAFETY: as in `zero`.
        Self(unsafe { vfmaq_f32(self.0, a.0, b.0) })
    }
    #[inline(always)]
    fn store(self, lanes: &mut [f32]) {
        let lanes: &mut [f32; 4] = lanes.try_into().expect("four lanes");
        // SAFETY: as in `zero`; the array has four floats.
        unsafe { vst1q_f32(lanes.as_mut_ptr(), self.0) }
    }
}

#[target_feature(enable = "neon")]
pub(super) unsafe fn products(queries: &[f32], rows: &Block<'_, f32>, sums: &mut [Sums<f32>]) {
    // SAFETY: the caller has checked the lengths.
    unsafe { block_sums::<F32x4, Product, 4, 4, 16>(queries, rows, sums) }
}

#[target_feature(enable = "neon")]
pub(super) unsafe fn squared_differences(queries: &[f32], rows: &Block<'_, f32>, sums: &mut [Sums<f32>]) {
    // SAFETY: the caller has checked the lengths.
    unsafe { block_sums::<F32x4, SquaredDifference, 4, 4, 16>(queries, rows, sums) }
}

#[target_feature(enable = "neon")]
pub(super) unsafe fn product_and_squares(
    query: &[f32],
    rows: &Block<'_, f32>,
    sums: &mut Sums<f32>,
    squares: &mut Sums<f32>,
) {
    // SAFETY: the caller has checked the lengths.
    unsafe { block_sums_and_squares::<F32x4, Product>(query, rows, sums, squares) }
}

#[target_feature(enable = "neon")]
pub(super) unsafe fn squared_difference_and_squares(
    query: &[f32],
    rows: &Block<'_, f32>,
    sums: &mut Sums<f32>,
    squares: &mut Sums<f32>,
) {
    // SAFETY: the caller has checked the lengths.
    unsafe { block_sums_and_squares::<F32x4, SquaredDifference>(query, rows, sums, squares) }
}

#[target_feature(enable = "neon")]
pub(super) unsafe fn squares(rows: &Block<'_, f32>, sums: &mut Sums<f32>) {
    // SAFETY: the caller has checked the lengths.
    unsafe { block_squares::<F32x4, 16>(rows, sums) }
}

#[target_feature(enable = "neon")]
#[inline]
fn load_i8(bytes: &[i8; 16]) -> int8x16_t {
    // SAFETY: the array has sixteen bytes.
    unsafe { vld1q_s8(bytes.as_ptr()) }
}

#[target_feature(enable = "neon")]
#[inline]
fn load_u8(bytes: &[u8; 16]) -> uint8x16_t {
    // SAFETY: the array has sixteen bytes.
    unsafe { vld1q_u8(bytes.as_ptr()) }
}

#[target_feature(enable = "neon")]
#[inline]
fn add_products(lanes: int32x4_t, a: int8x16_t, b: int8x16_t) -> int32x4_t {
    vpadalq_s16(vpadalq_s16(lanes, vmull_s8(vget_low_s8(a), vget_low_s8(b))), vmull_high_s8(a, b))
}

#[target_feature(enable = "neon")]
pub(super) fn i8_products(query: &[i8], rows: &[i8], _: &Sums<i32>, sums: &mut Sums<i32>) {
    let dim = query.len();
    let (query, query_rest) = query.as_chunks::<16>();
    for (row, sum) in rows.chunks_exact(dim).zip(sums) {
        let (row, row_rest) = row.as_chunks::<16>();
        let mut lanes = vdupq_n_s32(0);
        for (a, b) in query.iter().zip(row) {
            lanes = add_products(lanes, load_i8(a), load_i8(b));
        }
        let rest: i32 = query_rest.iter().zip(row_rest).map(|(&a, &b)| i32::from(a) * i32::from(b)).sum();
        *sum = vaddvq_s32(lanes) + rest;
    }
}

#[target_feature(enable = "neon")]
pub(super) fn i8_row_sums(rows: &[i8], elements: &mut Sums<i32>, squares: &mut Sums<i32>) {
    for (row, (sum, square_sum)) in rows.chunks_exact(rows.len() / BLOCK).zip(elements.iter_mut().zip(squares)) {
        let (row, rest) = row.as_chunks::<16>();
        let mut squares = vdupq_n_s32(0);
        *sum = rest.iter().map(|&element| i32::from(element)).sum();
        for bytes in row {
            let bytes = load_i8(bytes);
            *sum += i32::from(vaddlvq_s8(bytes));
            squares = add_products(squares, bytes, bytes);
        }
        *square_sum = vaddvq_s32(squares) + rest.iter().map(|&e| i32::from(e) * i32::from(e)).sum::<i32>();
    }
}

#[target_feature(enable = "neon")]
pub(super) fn differing_bits(query: &[u8], rows: &[u8], counts: &mut Sums<u32>) {
    let width = query.len();
    let (query, query_rest) = query.as_chunks::<16>();
    for (row, count) in rows.chunks_exact(width).zip(counts) {
        let (row, row_rest) = row.as_chunks::<16>();
        *count = query_rest.iter().zip(row_rest).map(|(a, b)| (a ^ b).count_ones()).sum();
        for (a, b) in query.iter().zip(row) {
            *count += u32::from(vaddlvq_u8(vcntq_u8(veorq_u8(load_u8(a), load_u8(b)))));
        }
    }
}
