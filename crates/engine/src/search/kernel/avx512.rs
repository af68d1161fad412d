//! AVX-512 kernels: the sixteen lanes of a pair are one register, and the sums of sixteen pairs are
//! made together.

use std::arch::x86_64::{
    __m512, _mm512_add_ps, _mm512_fmadd_ps, _mm512_loadu_ps, _mm512_maskz_loadu_ps, _mm512_setzero_ps,
    _mm512_storeu_ps, _mm512_sub_ps,
};

use super::block::{Block, Sums};
use super::tiles::{Product, SquaredDifference, Vector, block_squares, block_sums, block_sums_and_squares};

/// The sums of the sixteen lanes of sixteen registers, in the registers' order. `$register` is
/// register `$i`; `$add` adds lanes.
///
/// Every step adds two registers' halves, quarters, pairs or neighbors, and leaves half as many
/// registers. The registers are taken in an order that makes their sums come out in place.
macro_rules! sixteen_sums {
    (|$i:ident| $register:expr, $add:expr) => {{
        use std::arch::x86_64::{_mm512_setzero_ps, _mm512_shuffle_f32x4};
        let mut halves = [_mm512_setzero_ps(); 8];
        for i in 0..8 {
            let $i = 4 * (2 * i % 4) + i / 2;
            let a = $register;
            let $i = $i + 4;
            let b = $register;
            halves[i] = $add(_mm512_shuffle_f32x4::<0x44>(a, b), _mm512_shuffle_f32x4::<0xee>(a, b));
        }
        $crate::search::kernel::avx512::sums_of_halves!(halves, $add)
    }};
}
pub(super) use sixteen_sums;

/// The sums of the eight lanes of each half of eight registers: those of the halves 0, 4, 8, 12,
/// then 1, 5, 9, 13, and so on.
macro_rules! sums_of_halves {
    ($halves:expr, $add:expr) => {{
        use std::arch::x86_64::{
            _mm512_castpd_ps, _mm512_castps_pd, _mm512_setzero_ps, _mm512_shuffle_f32x4, _mm512_shuffle_ps,
            _mm512_unpackhi_pd, _mm512_unpacklo_pd,
        };
        let mut quarters = [_mm512_setzero_ps(); 4];
        for i in 0..4 {
            let (a, b) = ($halves[2 * i], $halves[2 * i + 1]);
            quarters[i] = $add(_mm512_shuffle_f32x4::<0x88>(a, b), _mm512_shuffle_f32x4::<0xdd>(a, b));
        }
        let mut pairs = [_mm512_setzero_ps(); 2];
        for i in 0..2 {
            let (a, b) = (_mm512_castps_pd(quarters[2 * i]), _mm512_castps_pd(quarters[2 * i + 1]));
            pairs[i] = $add(_mm512_castpd_ps(_mm512_unpacklo_pd(a, b)), _mm512_castpd_ps(_mm512_unpackhi_pd(a, b)));
        }
        $add(_mm512_shuffle_ps::<0x88>(pairs[0], pairs[1]), _mm512_shuffle_ps::<0xdd>(pairs[0], pairs[1]))
    }};
}
pub(super) use sums_of_halves;

#[derive(Clone, Copy)]
struct F32x16(__m512);

impl Vector for F32x16 {
    const LANES: usize = 16;
    #[inline(always)]
    fn zero() -> Self {
        // SAFETY: the CPU has AVX-512: the methods are called only in the kernels of this file,
        // which have its target features.
        Self(unsafe { _mm512_setzero_ps() })
    }
    #[inline(always)]
    unsafe fn load(elements: *const f32) -> Self {
        // SAFETY: as in `zero`; the caller has seen to the elements, and the load needs no
        // alignment.
        Self(unsafe { _mm512_loadu_ps(elements) })
    }
    #[inline(always)]
    unsafe fn load_some(elements: *const f32, count: usize) -> Self {
        // SAFETY: as in `load`; lanes beyond `count` are not read.
        Self(unsafe { _mm512_maskz_loadu_ps(((1_u32 << count) - 1) as u16, elements) })
    }
    #[inline(always)]
    fn subtract(self, other: Self) -> Self {
        // SAFETY: as in `zero`.
        Self(unsafe { _mm512_sub_ps(self.0, other.0) })
    }
    #[inline(always)]
    fn add_product(self, a: Self, b: Self) -> Self {
        // SAFETY: as in `zero`.
        Self(unsafe { _mm512_fmadd_ps(a.0, b.0, self.0) })
    }
    #[inline(always)]
    fn store(self, lanes: &mut [f32]) {
        let lanes: &mut [f32; 16] = lanes.try_into().expect("sixteen lanes");
        // SAFETY: as in `zero`; the array has sixteen floats, and the store needs no alignment.
        unsafe { _mm512_storeu_ps(lanes.as_mut_ptr(), self.0) }
    }
    const SUMS_SIXTEEN: bool = true;
    #[inline(always)]
    fn sixteen_sums(registers: [Self; 16]) -> [f32; 16] {
        let mut found = [0.0; 16];
        // SAFETY: as in `zero`; the array has sixteen floats, and the store needs no alignment.
        unsafe { _mm512_storeu_ps(found.as_mut_ptr(), sixteen_sums!(|i| registers[i].0, _mm512_add_ps)) };
        found
    }
}

#[target_feature(enable = "avx512f")]
pub(super) unsafe fn products(queries: &[f32], rows: &Block<'_, f32>, sums: &mut [Sums<f32>]) {
    // SAFETY: the caller has checked the lengths.
    unsafe { block_sums::<F32x16, Product, 4, 4, 16>(queries, rows, sums) }
}

#[target_feature(enable = "avx512f")]
pub(super) unsafe fn squared_differences(queries: &[f32], rows: &Block<'_, f32>, sums: &mut [Sums<f32>]) {
    // SAFETY: the caller has checked the lengths.
    unsafe { block_sums::<F32x16, SquaredDifference, 4, 4, 16>(queries, rows, sums) }
}

#[target_feature(enable = "avx512f")]
pub(super) unsafe fn product_and_squares(
    query: &[f32],
    rows: &Block<'_, f32>,
    sums: &mut Sums<f32>,
    squares: &mut Sums<f32>,
) {
    // SAFETY: the caller has checked the lengths.
    unsafe { block_sums_and_squares::<F32x16, Product>(query, rows, sums, squares) }
}

#[target_feature(enable = "avx512f")]
pub(super) unsafe fn squared_difference_and_squares(
    query: &[f32],
    rows: &Block<'_, f32>,
    sums: &mut Sums<f32>,
    squares: &mut Sums<f32>,
) {
    // SAFETY: the caller has checked the lengths.
    unsafe { block_sums_and_squares::<F32x16, SquaredDifference>(query, rows, sums, squares) }
}

#[target_feature(enable = "avx512f")]
pub(super) unsafe fn squares(rows: &Block<'_, f32>, sums: &mut Sums<f32>) {
    // SAFETY: the caller has checked the lengths.
    unsafe { block_squares::<F32x16, 16>(rows, sums) }
}
