//! AVX2 and FMA kernels: a panel is two registers.

use std::arch::x86_64::{
    __m256, __m256d, _mm256_add_pd, _mm256_add_ps, _mm256_fmadd_ps, _mm256_loadu_pd, _mm256_loadu_ps, _mm256_mul_pd,
    _mm256_mul_ps, _mm256_set1_pd, _mm256_set1_ps, _mm256_setzero_pd, _mm256_setzero_ps, _mm256_storeu_pd,
    _mm256_storeu_ps,
};

use crate::head::kernel::numbers::Inputs;
use crate::head::kernel::tiles::{multiply, register};

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
