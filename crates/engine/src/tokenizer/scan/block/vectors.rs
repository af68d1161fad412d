//! The classes of a block, over vectors of 16 bytes.

use crate::tokenizer::scan::window::BLOCK_BYTES;

pub(super) const VECTOR_BYTES: usize = 16;

const VECTORS: usize = BLOCK_BYTES / VECTOR_BYTES;

/// What an instruction set does with 16 bytes. A comparison gives 255 for true and 0 for false.
pub(in crate::tokenizer) trait ByteVector: Copy {
    fn load(bytes: &[u8; VECTOR_BYTES]) -> Self;
    fn splat(byte: u8) -> Self;
    fn or(self, other: Self) -> Self;
    fn equals(self, other: Self) -> Self;
    /// Whether each byte is one of the `count` values from `first` on.
    fn is_among(self, first: u8, count: u8) -> Self;
    /// Whether each byte is not ASCII.
    fn is_high(self) -> Self;
    /// One bit for each byte that is true or false, the lowest for the first byte.
    fn bits(vectors: [Self; VECTORS]) -> u64;
}

/// 64 bytes in four registers.
#[derive(Debug, Clone, Copy)]
pub(in crate::tokenizer) struct VectorBlock<V>([V; VECTORS]);

impl<V: ByteVector> VectorBlock<V> {
    #[inline(always)]
    pub(in crate::tokenizer) fn load(bytes: &[u8; BLOCK_BYTES]) -> Self {
        let (vectors, _) = bytes.as_chunks::<VECTOR_BYTES>();
        Self(std::array::from_fn(|index| V::load(&vectors[index])))
    }

    /// ASCII letters.
    #[inline(always)]
    pub(in crate::tokenizer) fn letters(&self) -> u64 {
        // Setting the case bit makes letters lower case, and makes no other byte a letter.
        self.bits(|bytes| bytes.or(V::splat(0x20)).is_among(b'a', 26))
    }

    /// ASCII digits.
    #[inline(always)]
    pub(in crate::tokenizer) fn digits(&self) -> u64 {
        self.among(b'0', 10)
    }

    /// ASCII white space, as Unicode defines it.
    #[inline(always)]
    pub(in crate::tokenizer) fn spaces(&self) -> u64 {
        self.bits(|bytes| bytes.is_among(b'\t', 5).or(bytes.equals(V::splat(b' '))))
    }

    /// Non-ASCII bytes.
    #[inline(always)]
    pub(in crate::tokenizer) fn high(&self) -> u64 {
        self.bits(V::is_high)
    }

    /// Bytes that equal `wanted`.
    #[inline(always)]
    pub(in crate::tokenizer) fn equal(&self, wanted: u8) -> u64 {
        self.bits(|bytes| bytes.equals(V::splat(wanted)))
    }

    /// Bytes that are one of the `count` values from `first` on.
    #[inline(always)]
    pub(in crate::tokenizer) fn among(&self, first: u8, count: u8) -> u64 {
        self.bits(|bytes| bytes.is_among(first, count))
    }

    #[inline(always)]
    fn bits(&self, class: impl Fn(V) -> V) -> u64 {
        V::bits(self.0.map(class))
    }
}
