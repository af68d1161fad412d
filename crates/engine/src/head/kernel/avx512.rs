//! AVX-512 kernels: a panel is a register.

use std::arch::x86_64::{
    __m512, __m512d, _mm512_add_pd, _mm512_add_ps, _mm512_fmadd_ps, _mm512_loadu_pd, _mm512_loadu_ps, _mm512_mul_pd,
    _mm512_mul_ps, _mm512_set1_pd, _mm512_set1_ps, _mm512_setzero_pd, _mm512_setzero_ps, _mm512_storeu_pd,
    _mm512_storeu_ps,
};

use crate::head::kernel::numbers::Inputs;
use crate::head::kernel::tiles::{multiply, register};

/// float32, by fused multiply-adds.
#[derive(Clone, Copy)]
struct Single(__m512);
register!(Single, f32, 16, _mm512_setzero_ps(), _mm512_set1_ps, _mm512_loadu_ps, _mm512_storeu_ps, |sum, a, b| {
    _mm512_fmadd_ps(a, b, sum)
});

/// float16, held as float32.
#[derive(Clone, Copy)]
struct Half(__m512);
register!(Half, f32, 16, _mm512_setzero_ps(), _mm512_set1_ps, _mm512_loadu_ps, _mm512_storeu_ps, |sum, a, b| {
    _mm512_add_ps(sum, _mm512_mul_ps(a, b))
});

/// float64.
#[derive(Clone, Copy)]
struct Double(__m512d);
register!(Double, f64, 8, _mm512_setzero_pd(), _mm512_set1_pd, _mm512_loadu_pd, _mm512_storeu_pd, |sum, a, b| {
    _mm512_add_pd(sum, _mm512_mul_pd(a, b))
});

#[target_feature(enable = "avx512f")]
pub(super) unsafe fn single(inputs: Inputs<'_, f32>, panels: &[f32], results: &mut [f32]) {
    // SAFETY: the caller has checked the lengths.
    unsafe { multiply::<Single, 12, 2, 8>(inputs, panels, results) }
}

#[target_feature(enable = "avx512f")]
pub(super) unsafe fn half(inputs: Inputs<'_, f32>, panels: &[f32], results: &mut [f32]) {
    // SAFETY: the caller has checked the lengths.
    unsafe { multiply::<Half, 12, 2, 8>(inputs, panels, results) }
}

#[target_feature(enable = "avx512f")]
pub(super) unsafe fn double(inputs: Inputs<'_, f64>, panels: &[f64], results: &mut [f64]) {
    // SAFETY: the caller has checked the lengths.
    unsafe { multiply::<Double, 12, 2, 8>(inputs, panels, results) }
}
