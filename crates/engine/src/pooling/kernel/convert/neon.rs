//! The NEON conversion to float16: single to half precision, four dimensions at a time.

use std::arch::aarch64::{float32x4_t, uint16x4_t, vld1q_f32, vst1_u16};
use std::arch::asm;

use super::scalar;

#[target_feature(enable = "neon")]
pub(super) fn write_float16(vector: &[f32], row: &mut [u8]) {
    let (fours, rest) = vector.as_chunks::<4>();
    let (halves, rest_row) = row.as_chunks_mut::<8>();
    for (half, four) in halves.iter_mut().zip(fours) {
        // SAFETY: the array has the four floats that are loaded; the load needs no more alignment
        // than they have.
        let four = unsafe { vld1q_f32(four.as_ptr()) };
        // SAFETY: the array has the eight bytes that are stored, and ST1 of this form needs no
        // alignment.
        unsafe { vst1_u16(half.as_mut_ptr().cast(), narrow(four)) };
    }
    scalar::write_float16(rest, rest_row);
}

/// Converts to half precision. It rounds to nearest, ties to even, which is the rounding mode of
/// every Rust thread. It is assembly because the intrinsic needs a type for half precision that
/// stable Rust doesn't have yet.
#[target_feature(enable = "neon")]
#[inline]
fn narrow(singles: float32x4_t) -> uint16x4_t {
    let halves;
    // SAFETY: FCVTN is part of the floating point that every 64-bit ARM has; it reads one register
    // and writes another.
    unsafe {
        asm!("fcvtn {halves:v}.4h, {singles:v}.4s", halves = lateout(vreg) halves, singles = in(vreg) singles,
            options(pure, nomem, nostack, preserves_flags));
    }
    halves
}
