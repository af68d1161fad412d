//! AVX-512 kernels: a block is sixteen registers of sixteen single-precision sums, so a row of 256
//! columns is read in one pass.

use std::arch::x86_64::{
    __m256, __m512, __m512d, __m512i, _mm_loadu_si128, _mm256_add_ps, _mm256_loadu_ps, _mm256_loadu_si256,
    _mm256_mul_ps, _mm256_storeu_ps, _mm512_abs_ps, _mm512_add_epi32, _mm512_add_pd, _mm512_add_ps,
    _mm512_cvtepi8_epi32, _mm512_cvtph_ps, _mm512_fmadd_ps, _mm512_loadu_pd, _mm512_loadu_ps, _mm512_loadu_si512,
    _mm512_min_ps, _mm512_mul_ps, _mm512_set1_ps, _mm512_storeu_pd, _mm512_storeu_ps, _mm512_storeu_si512,
};

use super::blocks::lanes;
use super::define::kernels;
use super::squares::eight;
use super::unit_mean::quotients;
use crate::float16;

lanes!(
    F32x16, __m512, f32 => f32, 16,
    _mm512_loadu_ps, |row| _mm512_loadu_ps(row), _mm512_storeu_ps, _mm512_add_ps, |element: f32| element
);
lanes!(
    F16x16, __m512, u16 => f32, 16,
    _mm512_loadu_ps, |row: *const u16| _mm512_cvtph_ps(_mm256_loadu_si256(row.cast())), _mm512_storeu_ps,
    _mm512_add_ps, float16::to_f32
);
lanes!(
    F64x8, __m512d, f64 => f64, 8,
    _mm512_loadu_pd, |row| _mm512_loadu_pd(row), _mm512_storeu_pd, _mm512_add_pd, |element: f64| element
);
lanes!(
    I8x16, __m512i, i8 => i32, 16,
    _mm512_loadu_si512, |row: *const i8| _mm512_cvtepi8_epi32(_mm_loadu_si128(row.cast())), _mm512_storeu_si512,
    _mm512_add_epi32, i32::from
);

quotients!(F32x16, _mm512_set1_ps, _mm512_mul_ps, _mm512_fmadd_ps, |values, least| _mm512_min_ps(
    _mm512_abs_ps(values),
    least
));

eight!(Eight, __m256, 1, _mm256_loadu_ps, _mm256_storeu_ps, _mm256_mul_ps, _mm256_add_ps);

kernels!(
    "avx512f,avx512bw,avx512vl,avx2,f16c,fma", 16, Eight, F32x16,
    add_rows_f32: F32x16, f32 => f32;
    add_rows_f16: F16x16, u16 => f32;
    add_rows_f64: F64x8, f64 => f64;
    add_rows_i8: I8x16, i8 => i32;
);
