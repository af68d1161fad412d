//! NEON, which is part of 64-bit ARM.

use std::arch::aarch64::{
    uint8x16_t, vandq_u8, vceqq_u8, vcgeq_u8, vcltq_u8, vdupq_n_u8, vgetq_lane_u64, vld1q_u8, vorrq_u8, vpaddq_u8,
    vreinterpretq_u64_u8, vsubq_u8,
};

use super::vectors::{ByteVector, VECTOR_BYTES};

#[derive(Debug, Clone, Copy)]
pub(in crate::tokenizer) struct Vector(uint8x16_t);

impl ByteVector for Vector {
    #[inline(always)]
    fn load(bytes: &[u8; VECTOR_BYTES]) -> Self {
        // SAFETY: NEON is part of 64-bit ARM. The array has the 16 bytes that are read; bytes need no alignment.
        Self(unsafe { vld1q_u8(bytes.as_ptr()) })
    }

    #[inline(always)]
    fn splat(byte: u8) -> Self {
        // SAFETY: NEON is part of 64-bit ARM.
        Self(unsafe { vdupq_n_u8(byte) })
    }

    #[inline(always)]
    fn or(self, other: Self) -> Self {
        // SAFETY: NEON is part of 64-bit ARM.
        Self(unsafe { vorrq_u8(self.0, other.0) })
    }

    #[inline(always)]
    fn equals(self, other: Self) -> Self {
        // SAFETY: NEON is part of 64-bit ARM.
        Self(unsafe { vceqq_u8(self.0, other.0) })
    }

    #[inline(always)]
    fn is_among(self, first: u8, count: u8) -> Self {
        let (first, count) = (Self::splat(first), Self::splat(count));
        // SAFETY: NEON is part of 64-bit ARM.
        Self(unsafe { vcltq_u8(vsubq_u8(self.0, first.0), count.0) })
    }

    #[inline(always)]
    fn is_high(self) -> Self {
        let first = Self::splat(0x80);
        // SAFETY: NEON is part of 64-bit ARM.
        Self(unsafe { vcgeq_u8(self.0, first.0) })
    }

    /// Each byte keeps the bit of its place among eight; three pairwise sums then combine the
    /// eight.
    #[inline(always)]
    fn bits(vectors: [Self; 4]) -> u64 {
        let place = Self::load(&[1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128]);
        // SAFETY: NEON is part of 64-bit ARM.
        unsafe {
            let [first, second, third, fourth] = vectors.map(|vector| vandq_u8(vector.0, place.0));
            let sums = vpaddq_u8(vpaddq_u8(first, second), vpaddq_u8(third, fourth));
            vgetq_lane_u64::<0>(vreinterpretq_u64_u8(vpaddq_u8(sums, sums)))
        }
    }
}
