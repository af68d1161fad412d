//! AVX2 kernels, with F16C and FMA: the instructions for the loops in `blocks.rs`, `unit_mean.rs`
//! and `squares.rs`, which all instruction sets share.
//!
//! A block is eight registers of eight sums (of four for a table of doubles). So single-precision
//! rows of 256 columns take four passes.

use std::arch::x86_64::{
    __m256, __m256d, __m256i, _mm_loadl_epi64, _mm_loadu_si128, _mm256_add_epi32, _mm256_add_pd, _mm256_add_ps,
    _mm256_andnot_ps, _mm256_cvtepi8_epi32, _mm256_cvtph_ps, _mm256_fmadd_ps, _mm256_loadu_pd, _mm256_loadu_ps,
    _mm256_loadu_si256, _mm256_min_ps, _mm256_mul_ps, _mm256_set1_ps, _mm256_storeu_pd, _mm256_storeu_ps,
    _mm256_storeu_si256,
};

use super::blocks::lanes;
use super::define::kernels;
use super::squares::eight;
use super::unit_mean::quotients;
use crate::float16;

lanes!(
    F32x8, __m256, f32 => f32, 8,
    _mm256_loadu_ps, |row| _mm256_loadu_ps(row), _mm256_storeu_ps, _mm256_add_ps, |element: f32| element
);
lanes!(
    F16x8, __m256, u16 => f32, 8,
    _mm256_loadu_ps, |row: *const u16| _mm256_cvtph_ps(_mm_loadu_si128(row.cast())), _mm256_storeu_ps, _mm256_add_ps,
    float16::to_f32
);
lanes!(
    F64x4, __m256d, f64 => f64, 4,
    _mm256_loadu_pd, |row| _mm256_loadu_pd(row), _mm256_storeu_pd, _mm256_add_pd, |element: f64| element
);
lanes!(
    I8x8, __m256i, i8 => i32, 8,
    _mm256_loadu_si256, |row: *const i8| _mm256_cvtepi8_epi32(_mm_loadl_epi64(row.cast())), _mm256_storeu_si256,
    _mm256_add_epi32, i32::from
);

quotients!(F32x8, _mm256_set1_ps, _mm256_mul_ps, _mm256_fmadd_ps, |values, least| _mm256_min_ps(
    _mm256_andnot_ps(_mm256_set1_ps(-0.0), values),
    least
));

eight!(Eight, __m256, 1, _mm256_loadu_ps, _mm256_storeu_ps, _mm256_mul_ps, _mm256_add_ps);

kernels!(
    "avx2,f16c,fma", 8, Eight, F32x8,
    add_rows_f32: F32x8, f32 => f32;
    add_rows_f16: F16x8, u16 => f32;
    add_rows_f64: F64x4, f64 => f64;
    add_rows_i8: I8x8, i8 => i32;
);
