//! Four registers of sixteen bytes.

use std::arch::x86_64::{
    __m128i, _mm_add_epi8, _mm_cmpeq_epi8, _mm_cmpgt_epi8, _mm_loadu_si128, _mm_movemask_epi8, _mm_or_si128,
    _mm_set1_epi8,
};

use super::BLOCK_BYTES;

const VECTOR_BYTES: usize = 16;

type Vectors = [__m128i; BLOCK_BYTES / VECTOR_BYTES];

/// 64 bytes.
#[derive(Debug, Clone, Copy)]
pub(in crate::tokenizer) struct Block(Vectors);

impl Block {
    #[inline(always)]
    pub(in crate::tokenizer) fn load(bytes: &[u8; BLOCK_BYTES]) -> Self {
        let (vectors, _) = bytes.as_chunks::<VECTOR_BYTES>();
        // SAFETY: SSE2 is part of x86-64.
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
#[target_feature(enable = "sse2")]
fn letters(vectors: Vectors) -> u64 {
    // With the case bit, letters are in lower case, and no other byte becomes a letter.
    bits(vectors.map(|bytes| is_among(_mm_or_si128(bytes, set(0x20)), b'a', 26)))
}

#[inline]
#[target_feature(enable = "sse2")]
fn digits(vectors: Vectors) -> u64 {
    bits(vectors.map(|bytes| is_among(bytes, b'0', 10)))
}

#[inline]
#[target_feature(enable = "sse2")]
fn spaces(vectors: Vectors) -> u64 {
    bits(vectors.map(|bytes| _mm_or_si128(is_among(bytes, b'\t', 5), _mm_cmpeq_epi8(bytes, set(b' ')))))
}

#[inline]
#[target_feature(enable = "sse2")]
fn high(vectors: Vectors) -> u64 {
    bits(vectors)
}

#[inline]
#[target_feature(enable = "sse2")]
fn among(vectors: Vectors, first: u8, count: u8) -> u64 {
    bits(vectors.map(|bytes| is_among(bytes, first, count)))
}

#[inline]
#[target_feature(enable = "sse2")]
fn equal(vectors: Vectors, wanted: u8) -> u64 {
    bits(vectors.map(|bytes| _mm_cmpeq_epi8(bytes, set(wanted))))
}

/// The highest bit of each byte.
#[inline]
#[target_feature(enable = "sse2")]
fn bits(vectors: Vectors) -> u64 {
    let [first, second, third, fourth] = vectors.map(|bytes| u64::from(_mm_movemask_epi8(bytes).cast_unsigned()));
    first | second << 16 | third << 32 | fourth << 48
}

#[inline]
#[target_feature(enable = "sse2")]
fn load(bytes: &[u8; VECTOR_BYTES]) -> __m128i {
    // SAFETY: the array has the 16 bytes that are read, and the load needs no alignment.
    unsafe { _mm_loadu_si128(bytes.as_ptr().cast::<__m128i>()) }
}

#[inline]
#[target_feature(enable = "sse2")]
fn set(byte: u8) -> __m128i {
    _mm_set1_epi8(byte.cast_signed())
}

/// Whether each byte is one of `count` from `first` on.
#[inline]
#[target_feature(enable = "sse2")]
fn is_among(bytes: __m128i, first: u8, count: u8) -> __m128i {
    // Moved to the lowest of signed numbers, so that one comparison is enough.
    let moved = _mm_add_epi8(bytes, set(0x80_u8.wrapping_sub(first)));
    _mm_cmpgt_epi8(set(0x80_u8.wrapping_add(count)), moved)
}
