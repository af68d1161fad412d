//! SSE2, which is part of x86-64.

use std::arch::x86_64::{
    __m128i, _mm_add_epi8, _mm_cmpeq_epi8, _mm_cmpgt_epi8, _mm_loadu_si128, _mm_movemask_epi8, _mm_or_si128,
    _mm_set1_epi8,
};

use super::vectors::{ByteVector, VECTOR_BYTES};

#[derive(Debug, Clone, Copy)]
pub(in crate::tokenizer) struct Vector(__m128i);

impl ByteVector for Vector {
    #[inline(always)]
    fn load(bytes: &[u8; VECTOR_BYTES]) -> Self {
        // SAFETY: SSE2 is part of x86-64. The array has the 16 bytes that are read; the load needs no alignment.
        Self(unsafe { _mm_loadu_si128(bytes.as_ptr().cast::<__m128i>()) })
    }

    #[inline(always)]
    fn splat(byte: u8) -> Self {
        // SAFETY: SSE2 is part of x86-64.
        Self(unsafe { _mm_set1_epi8(byte.cast_signed()) })
    }

    #[inline(always)]
    fn or(self, other: Self) -> Self {
        // SAFETY: SSE2 is part of x86-64.
        Self(unsafe { _mm_or_si128(self.0, other.0) })
    }

    #[inline(always)]
    fn equals(self, other: Self) -> Self {
        // SAFETY: SSE2 is part of x86-64.
        Self(unsafe { _mm_cmpeq_epi8(self.0, other.0) })
    }

    #[inline(always)]
    fn is_among(self, first: u8, count: u8) -> Self {
        let (offset, end) = (Self::splat(0x80_u8.wrapping_sub(first)), Self::splat(0x80_u8.wrapping_add(count)));
        // `first` moves to the lowest signed number, so one signed comparison is enough.
        // SAFETY: SSE2 is part of x86-64.
        Self(unsafe { _mm_cmpgt_epi8(end.0, _mm_add_epi8(self.0, offset.0)) })
    }

    /// [`bits`](Self::bits) looks at nothing but the highest bit of each byte.
    #[inline(always)]
    fn is_high(self) -> Self {
        self
    }

    #[inline(always)]
    fn bits(vectors: [Self; 4]) -> u64 {
        // SAFETY: SSE2 is part of x86-64.
        let bits = |vector: Self| u64::from(unsafe { _mm_movemask_epi8(vector.0) }.cast_unsigned());
        let [first, second, third, fourth] = vectors.map(bits);
        first | second << 16 | third << 32 | fourth << 48
    }
}
