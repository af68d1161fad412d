//! NEON kernels: a block is sixteen registers of four single-precision sums.

use std::arch::aarch64::{
    float32x4_t, float64x2_t, int32x4_t, uint16x4_t, vabsq_f32, vaddq_f32, vaddq_f64, vaddq_s32, vcreate_s8,
    vdupq_n_f32, vfmaq_f32, vget_low_s16, vld1_u16, vld1q_f32, vld1q_f64, vld1q_s32, vminq_f32, vmovl_s8, vmovl_s16,
    vmulq_f32, vst1q_f32, vst1q_f64, vst1q_s32,
};
use std::arch::asm;

use super::blocks::lanes;
use super::define::kernels;
use super::squares::eight;
use super::unit_mean::quotients;
use crate::float16;

lanes!(
    F32x4, float32x4_t, f32 => f32, 4,
    vld1q_f32, |row| vld1q_f32(row), vst1q_f32, vaddq_f32, |element: f32| element
);
lanes!(F16x4, float32x4_t, u16 => f32, 4, vld1q_f32, |row| widen(vld1_u16(row)), vst1q_f32, vaddq_f32, float16::to_f32);
lanes!(
    F64x2, float64x2_t, f64 => f64, 2,
    vld1q_f64, |row| vld1q_f64(row), vst1q_f64, vaddq_f64, |element: f64| element
);
lanes!(
    I8x4, int32x4_t, i8 => i32, 4,
    vld1q_s32, |row: *const i8| vmovl_s16(vget_low_s16(vmovl_s8(vcreate_s8(u64::from(row.cast::<u32>().read_unaligned()))))),
    vst1q_s32, vaddq_s32, i32::from
);

quotients!(
    F32x4,
    vdupq_n_f32,
    vmulq_f32,
    |values, factors, summands| vfmaq_f32(summands, values, factors),
    |values, least| vminq_f32(vabsq_f32(values), least)
);

eight!(Eight, float32x4_t, 2, vld1q_f32, vst1q_f32, vmulq_f32, vaddq_f32);

kernels!(
    "neon", 16, Eight, F32x4,
    add_rows_f32: F32x4, f32 => f32;
    add_rows_f16: F16x4, u16 => f32;
    add_rows_f64: F64x2, f64 => f64;
    add_rows_i8: I8x4, i8 => i32;
);

/// Half precision to single, exactly. The intrinsic needs a type that stable Rust doesn't have yet.
#[target_feature(enable = "neon")]
#[inline]
fn widen(halves: uint16x4_t) -> float32x4_t {
    let singles;
    // SAFETY: FCVTL is part of the floating point that every 64-bit ARM has; it reads one register
    // and writes another.
    unsafe {
        asm!("fcvtl {singles:v}.4s, {halves:v}.4h", singles = lateout(vreg) singles, halves = in(vreg) halves,
            options(pure, nomem, nostack, preserves_flags));
    }
    singles
}
