//! NEON kernels: a panel is four registers.

use std::arch::aarch64::{
    float32x4_t, float64x2_t, vaddq_f32, vaddq_f64, vdupq_n_f32, vdupq_n_f64, vfmaq_f32, vld1q_f32, vld1q_f64,
    vmulq_f32, vmulq_f64, vst1q_f32, vst1q_f64,
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
