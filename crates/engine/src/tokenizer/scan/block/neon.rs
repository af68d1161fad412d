//! Four registers of sixteen bytes.

use std::arch::aarch64::{
    uint8x16_t, vandq_u8, vceqq_u8, vcgeq_u8, vcltq_u8, vdupq_n_u8, vgetq_lane_u64, vld1q_u8, vorrq_u8, vpaddq_u8,
    vreinterpretq_u64_u8, vsubq_u8,
};

use super::BLOCK_BYTES;

const VECTOR_BYTES: usize = 16;

type Vectors = [uint8x16_t; BLOCK_BYTES / VECTOR_BYTES];

/// 64 bytes.
#[derive(Debug, Clone, Copy)]
pub(in crate::tokenizer) struct Block(Vectors);

impl Block {
    #[inline(always)]
    pub(in crate::tokenizer) fn load(bytes: &[u8; BLOCK_BYTES]) -> Self {
        let (vectors, _) = bytes.as_chunks::<VECTOR_BYTES>();
        // SAFETY: NEON is part of 64-bit ARM.
        Self(std::array::from_fn(|index| unsafe { load(&vectors[index]) }))
    }

    /// ASCII letters.
    #[inline(always)]
    pub(in crate::tokenizer) fn letters(&self) -> u64 {
        // SAFETY: as in `load`.
        unsafe { letters(self.0) }
    }

    /// ASCII digits.
    #[inline(always)]
    pub(in crate::tokenizer) fn digits(&self) -> u64 {
        // SAFETY: as in `load`.
        unsafe { digits(self.0) }
    }

    /// ASCII white space, as Unicode has it.
    #[inline(always)]
    pub(in crate::tokenizer) fn spaces(&self) -> u64 {
        // SAFETY: as in `load`.
        unsafe { spaces(self.0) }
    }

    /// Bytes beyond ASCII.
    #[inline(always)]
    pub(in crate::tokenizer) fn high(&self) -> u64 {
        // SAFETY: as in `load`.
        unsafe { high(self.0) }
    }

    /// Bytes that are this one.
    #[inline(always)]
    pub(in crate::tokenizer) fn equal(&self, wanted: u8) -> u64 {
        // SAFETY: as in `load`.
        unsafe { equal(self.0, wanted) }
    }

    /// Bytes that are one of `count` from `first` on.
    #[inline(always)]
    pub(in crate::tokenizer) fn among(&self, first: u8, count: u8) -> u64 {
        // SAFETY: as in `load`.
        unsafe { among(self.0, first, count) }
    }
}

#[inline]
#[target_feature(enable = "neon")]
fn letters(vectors: Vectors) -> u64 {
    // With the case bit, letters are in lower case, and no other byte becomes a letter.
    bits(vectors.map(|bytes| is_among(vorrq_u8(bytes, vdupq_n_u8(0x20)), b'a', 26)))
}

#[inline]
#[target_feature(enable = "neon")]
fn digits(vectors: Vectors) -> u64 {
    bits(vectors.map(|bytes| is_among(bytes, b'0', 10)))
}

#[inline]
#[target_feature(enable = "neon")]
fn spaces(vectors: Vectors) -> u64 {
    bits(vectors.map(|bytes| vorrq_u8(is_among(bytes, b'\t', 5), vceqq_u8(bytes, vdupq_n_u8(b' ')))))
}

#[inline]
#[target_feature(enable = "neon")]
fn high(vectors: Vectors) -> u64 {
    bits(vectors.map(|bytes| vcgeq_u8(bytes, vdupq_n_u8(0x80))))
}

#[inline]
#[target_feature(enable = "neon")]
fn among(vectors: Vectors, first: u8, count: u8) -> u64 {
    bits(vectors.map(|bytes| is_among(bytes, first, count)))
}

#[inline]
#[target_feature(enable = "neon")]
fn equal(vectors: Vectors, wanted: u8) -> u64 {
    bits(vectors.map(|bytes| vceqq_u8(bytes, vdupq_n_u8(wanted))))
}

/// A bit of each byte, which is 0 or 255: each keeps the bit of its place in eight, and three pairwise sums bring the eight together.
#[inline]
#[target_feature(enable = "neon")]
fn bits(vectors: Vectors) -> u64 {
    let place = load(&[1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128]);
    let [first, second, third, fourth] = vectors.map(|marks| vandq_u8(marks, place));
    let sums = vpaddq_u8(vpaddq_u8(first, second), vpaddq_u8(third, fourth));
    vgetq_lane_u64::<0>(vreinterpretq_u64_u8(vpaddq_u8(sums, sums)))
}

#[inline]
#[target_feature(enable = "neon")]
fn load(bytes: &[u8; VECTOR_BYTES]) -> uint8x16_t {
    // SAFETY: the array has the 16 bytes that are read, and bytes need no alignment.
    unsafe { vld1q_u8(bytes.as_ptr()) }
}

/// Whether each byte is one of `count` from `first` on.
#[inline]
#[target_feature(enable = "neon")]
fn is_among(bytes: uint8x16_t, first: u8, count: u8) -> uint8x16_t {
    vcltq_u8(vsubq_u8(bytes, vdupq_n_u8(first)), vdupq_n_u8(count))
}
