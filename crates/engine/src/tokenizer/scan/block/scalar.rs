//! The classes of a block without vectors: the fallback of other CPUs, and what the vectors must
//! equal.

use crate::tokenizer::scan::window::BLOCK_BYTES;

/// 64 bytes.
#[derive(Debug, Clone, Copy)]
pub(in crate::tokenizer) struct Block([u8; BLOCK_BYTES]);

impl Block {
    #[inline(always)]
    pub(in crate::tokenizer) fn load(bytes: &[u8; BLOCK_BYTES]) -> Self {
        Self(*bytes)
    }

    /// ASCII letters.
    #[inline(always)]
    pub(in crate::tokenizer) fn letters(&self) -> u64 {
        self.bits(|byte| byte.is_ascii_alphabetic())
    }

    /// ASCII digits.
    #[inline(always)]
    pub(in crate::tokenizer) fn digits(&self) -> u64 {
        self.bits(|byte| byte.is_ascii_digit())
    }

    /// ASCII white space, as Unicode defines it.
    #[inline(always)]
    pub(in crate::tokenizer) fn spaces(&self) -> u64 {
        self.bits(|byte| matches!(byte, 9..=13 | b' '))
    }

    /// Non-ASCII bytes.
    #[inline(always)]
    pub(in crate::tokenizer) fn high(&self) -> u64 {
        self.bits(|byte| !byte.is_ascii())
    }

    /// Bytes that equal `wanted`.
    #[inline(always)]
    pub(in crate::tokenizer) fn equal(&self, wanted: u8) -> u64 {
        self.bits(|byte| byte == wanted)
    }

    /// Bytes that are one of the `count` values from `first` on.
    #[inline(always)]
    pub(in crate::tokenizer) fn among(&self, first: u8, count: u8) -> u64 {
        self.bits(|byte| byte.wrapping_sub(first) < count)
    }

    #[inline(always)]
    fn bits(&self, is_set: impl Fn(u8) -> bool) -> u64 {
        (0..).zip(self.0).fold(0, |bits, (place, byte)| bits | u64::from(is_set(byte)) << place)
    }
}
