//! AVX2 and F16C conversions, eight dimensions at a time. For bfloat16 and int8 the compiler
//! vectorizes the portable code.

use std::arch::x86_64::{
    __m256, _CMP_GT_OQ, _MM_FROUND_TO_NEAREST_INT, _mm_storeu_si128, _mm256_cmp_ps, _mm256_cvtps_ph, _mm256_loadu_ps,
    _mm256_movemask_ps, _mm256_setzero_ps,
};

use super::scalar;

#[target_feature(enable = "avx2,f16c")]
pub(super) fn write_float16(vector: &[f32], row: &mut [u8]) {
    let (eights, rest) = vector.as_chunks::<8>();
    let (halves, rest_row) = row.as_chunks_mut::<16>();
    for (half_f16x8, eight) in halves.iter_mut().zip(eights) {
        let bits = _mm256_cvtps_ph::<_MM_FROUND_TO_NEAREST_INT>(load(eight));
        // SAFETY: the array has the 16 bytes that are stored; the store needs no alignment.
        unsafe { _mm_storeu_si128(half_f16x8.as_mut_ptr().cast(), bits) };
    }
    scalar::write_float16(rest, rest_row);
}

#[target_feature(enable = "avx2")]
pub(super) fn write_bfloat16(vector: &[f32], row: &mut [u8]) {
    scalar::write_bfloat16(vector, row);
}

#[target_feature(enable = "avx2")]
pub(super) fn write_int8(vector: &[f32], row: &mut [u8]) {
    scalar::write_int8(vector, row);
}

#[target_feature(enable = "avx2")]
pub(super) fn write_binary(vector: &[f32], row: &mut [u8]) {
    let (eights, rest) = vector.as_chunks::<8>();
    let (whole, rest_row) = row.split_at_mut(eights.len());
    for (byte, eight) in whole.iter_mut().zip(eights) {
        let positive_f32x8 = _mm256_cmp_ps::<_CMP_GT_OQ>(load(eight), _mm256_setzero_ps());
        // The mask has the first dimension in the lowest bit.
        *byte = (_mm256_movemask_ps(positive_f32x8) as u8).reverse_bits();
    }
    scalar::write_binary(rest, rest_row);
}

#[target_feature(enable = "avx2")]
#[inline]
fn load(eight: &[f32; 8]) -> __m256 {
    // SAFETY: the array has the eight floats that are loaded; the load needs no alignment.
    unsafe { _mm256_loadu_ps(eight.as_ptr()) }
}
