//! The portable conversions, written without branches where that lets the compiler vectorize them.
//! `mod.rs` has the rules of rounding and the layout of the rows.
//!
//! They are always inlined, so that the compiler vectorizes them again in the kernels of an
//! instruction set that call them.

use crate::float16;

#[inline(always)]
pub(super) fn write_float16(vector: &[f32], row: &mut [u8]) {
    for (bytes, &value) in row.as_chunks_mut::<2>().0.iter_mut().zip(vector) {
        *bytes = float16::from_f32(value).to_ne_bytes();
    }
}

#[inline(always)]
pub(super) fn write_bfloat16(vector: &[f32], row: &mut [u8]) {
    for (bytes, &value) in row.as_chunks_mut::<2>().0.iter_mut().zip(vector) {
        *bytes = bfloat16(value).to_ne_bytes();
    }
}

#[inline(always)]
pub(super) fn write_int8(vector: &[f32], row: &mut [u8]) {
    for (byte, &value) in row.iter_mut().zip(vector) {
        *byte = int8(value).cast_unsigned();
    }
}

#[inline(always)]
pub(super) fn write_binary(vector: &[f32], row: &mut [u8]) {
    for (byte, eight) in row.iter_mut().zip(vector.chunks(8)) {
        *byte = eight.iter().enumerate().fold(0, |bits, (at, &value)| bits | (u8::from(value > 0.0) << (7 - at)));
    }
}

/// The upper half of the bits, rounded to nearest, ties to even. NaN becomes the NaN that ml_dtypes
/// gives: rounding the bits of a NaN could carry into the sign.
#[inline(always)]
fn bfloat16(value: f32) -> u16 {
    let bits = value.to_bits();
    let rounded = bits.wrapping_add(0x7fff + ((bits >> 16) & 1));
    let nan = (bits & 0x8000_0000) | 0x7fc0_0000;
    ((if value.is_nan() { nan } else { rounded }) >> 16) as u16
}

/// 1.5 × 2^23. From 2^23 to 2^24, single precision has integers only. So adding this to a small
/// number rounds that to an integer, ties to even, and the low bits of the sum hold the integer.
/// With the factor 1.5 the sum stays in this range for negative numbers too.
const ROUNDER: f32 = 12_582_912.0;

#[inline(always)]
fn int8(value: f32) -> i8 {
    let clamped = if value.is_nan() { 0.0 } else { value.clamp(-1.0, 1.0) };
    (127.0 * clamped + ROUNDER).to_bits() as i8
}
