//! AVX2 and FMA kernels: eight lanes a register, so that the rows are gone over twice.

use std::arch::x86_64::{
    __m256, __m256i, _mm_add_epi32, _mm_cvtsi128_si32, _mm_loadu_si128, _mm_shuffle_epi32, _mm256_add_epi8,
    _mm256_add_epi32, _mm256_add_epi64, _mm256_and_si256, _mm256_castsi256_si128, _mm256_cvtepi8_epi16,
    _mm256_extracti128_si256, _mm256_fmadd_ps, _mm256_loadu_ps, _mm256_loadu_si256, _mm256_madd_epi16, _mm256_sad_epu8,
    _mm256_set1_epi8, _mm256_set1_epi16, _mm256_setr_epi8, _mm256_setzero_ps, _mm256_setzero_si256,
    _mm256_shuffle_epi8, _mm256_srli_epi16, _mm256_storeu_ps, _mm256_sub_ps, _mm256_xor_si256,
};

use super::block::{BLOCK, Block, Sums};
use super::tiles::{Product, SquaredDifference, Vector, block_squares, block_sums, block_sums_and_squares};

#[derive(Clone, Copy)]
struct F32x8(__m256);

impl Vector for F32x8 {
    const LANES: usize = 8;
    #[inline(always)]
    fn zero() -> Self {
        // SAFETY: the CPU has AVX2 and FMA: the methods are called only in the kernels of this
        // file, which have these target features.
        Self(unsafe { _mm256_setzero_ps() })
    }
    #[inline(always)]
    unsafe fn load(elements: *const f32) -> Self {
        // SAFETY: as in `zero`; the caller has seen to the elements, and the load needs no
        // alignment.
        Self(unsafe { _mm256_loadu_ps(elements) })
    }
    #[inline(always)]
    unsafe fn load_some(elements: *const f32, count: usize) -> Self {
        let mut some = [0.0; 8];
        // SAFETY: the caller has seen to the elements, of which there are at most eight.
        unsafe { std::ptr::copy_nonoverlapping(elements, some.as_mut_ptr(), count) };
        // SAFETY: as in `load`.
        Self(unsafe { _mm256_loadu_ps(some.as_ptr()) })
    }
    #[inline(always)]
    fn subtract(self, other: Self) -> Self {
        // SAFETY: as in `zero`.
        Self(unsafe { _mm256_sub_ps(self.0, other.0) })
    }
    #[inline(always)]
    fn add_product(self, a: Self, b: Self) -> Self {
        // SAFETY: as in `zero`.
        Self(unsafe { _mm256_fmadd_ps(a.0, b.0, self.0) })
    }
    #[inline(always)]
    fn store(self, lanes: &mut [f32]) {
        let lanes: &mut [f32; 8] = lanes.try_into().expect("eight lanes");
        // SAFETY: as in `zero`; the array has eight floats, and the store needs no alignment.
        unsafe { _mm256_storeu_ps(lanes.as_mut_ptr(), self.0) }
    }
}

#[target_feature(enable = "avx2,fma")]
pub(super) unsafe fn products(queries: &[f32], rows: &Block<'_, f32>, sums: &mut [Sums<f32>]) {
    // SAFETY: the caller has checked the lengths.
    unsafe { block_sums::<F32x8, Product, 6, 2, 8>(queries, rows, sums) }
}

#[target_feature(enable = "avx2,fma")]
pub(super) unsafe fn squared_differences(queries: &[f32], rows: &Block<'_, f32>, sums: &mut [Sums<f32>]) {
    // SAFETY: the caller has checked the lengths.
    unsafe { block_sums::<F32x8, SquaredDifference, 6, 2, 8>(queries, rows, sums) }
}

#[target_feature(enable = "avx2,fma")]
pub(super) unsafe fn product_and_squares(
    query: &[f32],
    rows: &Block<'_, f32>,
    sums: &mut Sums<f32>,
    squares: &mut Sums<f32>,
) {
    // SAFETY: the caller has checked the lengths.
    unsafe { block_sums_and_squares::<F32x8, Product>(query, rows, sums, squares) }
}

#[target_feature(enable = "avx2,fma")]
pub(super) unsafe fn squared_difference_and_squares(
    query: &[f32],
    rows: &Block<'_, f32>,
    sums: &mut Sums<f32>,
    squares: &mut Sums<f32>,
) {
    // SAFETY: the caller has checked the lengths.
    unsafe { block_sums_and_squares::<F32x8, SquaredDifference>(query, rows, sums, squares) }
}

#[target_feature(enable = "avx2,fma")]
pub(super) unsafe fn squares(rows: &Block<'_, f32>, sums: &mut Sums<f32>) {
    // SAFETY: the caller has checked the lengths.
    unsafe { block_squares::<F32x8, 8>(rows, sums) }
}

/// Sixteen bytes as sixteen-bit integers.
#[target_feature(enable = "avx2")]
#[inline]
fn widen(bytes: &[i8; 16]) -> __m256i {
    // SAFETY: the array has sixteen bytes, and the load needs no alignment.
    _mm256_cvtepi8_epi16(unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) })
}

#[target_feature(enable = "avx2")]
#[inline]
fn sum_of_i32(lanes: __m256i) -> i32 {
    let four = _mm_add_epi32(_mm256_castsi256_si128(lanes), _mm256_extracti128_si256::<1>(lanes));
    let two = _mm_add_epi32(four, _mm_shuffle_epi32::<0b00_00_11_10>(four));
    _mm_cvtsi128_si32(_mm_add_epi32(two, _mm_shuffle_epi32::<1>(two)))
}

#[target_feature(enable = "avx2")]
pub(super) fn i8_products(query: &[i8], rows: &[i8], _: &Sums<i32>, sums: &mut Sums<i32>) {
    let dim = query.len();
    let (query, query_rest) = query.as_chunks::<16>();
    for (row, sum) in rows.chunks_exact(dim).zip(sums) {
        let (row, row_rest) = row.as_chunks::<16>();
        let mut lanes = _mm256_setzero_si256();
        for (a, b) in query.iter().zip(row) {
            lanes = _mm256_add_epi32(lanes, _mm256_madd_epi16(widen(a), widen(b)));
        }
        let rest: i32 = query_rest.iter().zip(row_rest).map(|(&a, &b)| i32::from(a) * i32::from(b)).sum();
        *sum = sum_of_i32(lanes) + rest;
    }
}

#[target_feature(enable = "avx2")]
pub(super) fn i8_row_sums(rows: &[i8], elements: &mut Sums<i32>, squares: &mut Sums<i32>) {
    for (row, (sum, square_sum)) in rows.chunks_exact(rows.len() / BLOCK).zip(elements.iter_mut().zip(squares)) {
        let (row, rest) = row.as_chunks::<16>();
        let (mut sums, mut squares) = (_mm256_setzero_si256(), _mm256_setzero_si256());
        for bytes in row {
            let wide = widen(bytes);
            sums = _mm256_add_epi32(sums, _mm256_madd_epi16(wide, _mm256_set1_epi16(1)));
            squares = _mm256_add_epi32(squares, _mm256_madd_epi16(wide, wide));
        }
        *sum = sum_of_i32(sums) + rest.iter().map(|&element| i32::from(element)).sum::<i32>();
        *square_sum = sum_of_i32(squares) + rest.iter().map(|&e| i32::from(e) * i32::from(e)).sum::<i32>();
    }
}

/// Bits are counted by a table of the sixteen half bytes.
#[target_feature(enable = "avx2")]
pub(super) fn differing_bits(query: &[u8], rows: &[u8], counts: &mut Sums<u32>) {
    #[rustfmt::skip]
    let table = _mm256_setr_epi8(
        0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4,
        0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4,
    );
    let low = _mm256_set1_epi8(15);
    // SAFETY: the array has 32 bytes, and the load needs no alignment.
    let load = |bytes: &[u8; 32]| unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) };
    let width = query.len();
    let (query, query_rest) = query.as_chunks::<32>();
    for (row, count) in rows.chunks_exact(width).zip(counts) {
        let (row, row_rest) = row.as_chunks::<32>();
        let mut lanes = _mm256_setzero_si256();
        for (a, b) in query.iter().zip(row) {
            let bits = _mm256_xor_si256(load(a), load(b));
            let lower = _mm256_shuffle_epi8(table, _mm256_and_si256(bits, low));
            let upper = _mm256_shuffle_epi8(table, _mm256_and_si256(_mm256_srli_epi16::<4>(bits), low));
            lanes = _mm256_add_epi64(lanes, _mm256_sad_epu8(_mm256_add_epi8(lower, upper), _mm256_setzero_si256()));
        }
        let rest: u32 = query_rest.iter().zip(row_rest).map(|(a, b)| (a ^ b).count_ones()).sum();
        // Each 64-bit lane has less than 2^32 in it.
        *count = sum_of_i32(lanes) as u32 + rest;
    }
}
