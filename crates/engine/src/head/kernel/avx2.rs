//! AVX2 and FMA kernels: a panel is two registers.

use std::arch::x86_64::{
    __m256, __m256d, _mm256_add_pd, _mm256_add_ps, _mm256_fmadd_ps, _mm256_loadu_pd, _mm256_loadu_ps, _mm256_mul_pd,
    _mm256_mul_ps, _mm256_set1_pd, _mm256_set1_ps, _mm256_setzero_pd, _mm256_setzero_ps, _mm256_storeu_pd,
    _mm256_storeu_ps,
};

use crate::head::kernel::numbers::Inputs;
use crate::head::kernel::tiles::{Register, multiply};

/// Implements [`Register`] for a type around a register of this file's instruction set.
macro_rules! register {
    ($name:ident, $number:ty, $lanes:literal, $zero:expr, $splat:ident, $load:ident, $store:ident,
     |$sum:ident, $a:ident, $b:ident| $sum_of_all:expr) => {
        impl Register for $name {
            type Number = $number;
            const LANES: usize = $lanes;
            #[inline(always)]
            fn zero() -> Self {
                // SAFETY: the CPU has the instructions: the methods are called only in the kernels of this file, which have its target features.
                Self(unsafe { $zero })
            }
            #[inline(always)]
            fn splat(number: $number) -> Self {
                // SAFETY: as in `zero`.
                Self(unsafe { $splat(number) })
            }
            #[inline(always)]
            unsafe fn load(numbers: *const $number) -> Self {
                // SAFETY: as in `zero`; the caller has seen to the numbers, and the load needs no alignment.
                Self(unsafe { $load(numbers) })
            }
            #[inline(always)]
            unsafe fn store(self, numbers: *mut $number) {
                // SAFETY: as in `load`.
                unsafe { $store(numbers, self.0) }
            }
            #[inline(always)]
            fn add_product(self, a: Self, b: Self) -> Self {
                let ($sum, $a, $b) = (self.0, a.0, b.0);
                // SAFETY: as in `zero`.
                Self(unsafe { $sum_of_all })
            }
        }
    };
}

/// float32, by fused multiply-adds.
#[derive(Clone, Copy)]
struct Single(__m256);
register!(Single, f32, 8, _mm256_setzero_ps(), _mm256_set1_ps, _mm256_loadu_ps, _mm256_storeu_ps, |sum, a, b| {
    _mm256_fmadd_ps(a, b, sum)
});

/// float16, held as float32.
#[derive(Clone, Copy)]
struct Half(__m256);
register!(Half, f32, 8, _mm256_setzero_ps(), _mm256_set1_ps, _mm256_loadu_ps, _mm256_storeu_ps, |sum, a, b| {
    _mm256_add_ps(sum, _mm256_mul_ps(a, b))
});

/// float64.
#[derive(Clone, Copy)]
struct Double(__m256d);
register!(Double, f64, 4, _mm256_setzero_pd(), _mm256_set1_pd, _mm256_loadu_pd, _mm256_storeu_pd, |sum, a, b| {
    _mm256_add_pd(sum, _mm256_mul_pd(a, b))
});

#[target_feature(enable = "avx2,fma")]
pub(super) unsafe fn single(inputs: Inputs<'_, f32>, panels: &[f32], results: &mut [f32]) {
    // SAFETY: the caller has checked the lengths.
    unsafe { multiply::<Single, 6, 2, 8>(inputs, panels, results) }
}

#[target_feature(enable = "avx2,fma")]
pub(super) unsafe fn half(inputs: Inputs<'_, f32>, panels: &[f32], results: &mut [f32]) {
    // SAFETY: the caller has checked the lengths.
    unsafe { multiply::<Half, 6, 2, 8>(inputs, panels, results) }
}

#[target_feature(enable = "avx2,fma")]
pub(super) unsafe fn double(inputs: Inputs<'_, f64>, panels: &[f64], results: &mut [f64]) {
    // SAFETY: the caller has checked the lengths.
    unsafe { multiply::<Double, 6, 2, 8>(inputs, panels, results) }
}
