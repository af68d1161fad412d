//! NEON kernels: a panel is four registers.

use std::arch::aarch64::{
    float32x4_t, float64x2_t, vaddq_f32, vaddq_f64, vdupq_n_f32, vdupq_n_f64, vfmaq_f32, vld1q_f32, vld1q_f64,
    vmulq_f32, vmulq_f64, vst1q_f32, vst1q_f64,
};

use crate::head::kernel::numbers::Inputs;
use crate::head::kernel::tiles::{multiply, register};

/// float32, by fused multiply-adds.
#[derive(Clone, Copy)]
struct Single(float32x4_t);
register!(Single, f32, 4, vdupq_n_f32(0.0), vdupq_n_f32, vld1q_f32, vst1q_f32, |sum, a, b| vfmaq_f32(sum, a, b));

/// float16, held as float32.
#[derive(Clone, Copy)]
struct Half(float32x4_t);
register!(Half, f32, 4, vdupq_n_f32(0.0), vdupq_n_f32, vld1q_f32, vst1q_f32, |sum, a, b| vaddq_f32(
    sum,
    vmulq_f32(a, b)
));

/// float64.
#[derive(Clone, Copy)]
struct Double(float64x2_t);
register!(Double, f64, 2, vdupq_n_f64(0.0), vdupq_n_f64, vld1q_f64, vst1q_f64, |sum, a, b| vaddq_f64(
    sum,
    vmulq_f64(a, b)
));

#[target_feature(enable = "neon")]
pub(super) unsafe fn single(inputs: Inputs<'_, f32>, panels: &[f32], results: &mut [f32]) {
    // SAFETY: the caller has checked the lengths.
    unsafe { multiply::<Single, 6, 4, 8>(inputs, panels, results) }
}

#[target_feature(enable = "neon")]
pub(super) unsafe fn half(inputs: Inputs<'_, f32>, panels: &[f32], results: &mut [f32]) {
    // SAFETY: the caller has checked the lengths.
    unsafe { multiply::<Half, 6, 4, 8>(inputs, panels, results) }
}

#[target_feature(enable = "neon")]
pub(super) unsafe fn double(inputs: Inputs<'_, f64>, panels: &[f64], results: &mut [f64]) {
    // SAFETY: the caller has checked the lengths.
    unsafe { multiply::<Double, 6, 4, 8>(inputs, panels, results) }
}
