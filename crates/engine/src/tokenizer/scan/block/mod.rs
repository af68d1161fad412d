//! The classes of 64 bytes, one bit per byte, the lowest for the first byte. The splitters of
//! `pre_tokenizer/block_splitter.rs` work on these bits.
//!
//! SSE2 is part of x86-64 and NEON of 64-bit ARM, so the CPU need not be asked, and everything is
//! inlined. `vectors.rs` has the classes once; `sse2.rs` and `neon.rs` have the few operations that
//! differ.

#[cfg(target_arch = "aarch64")]
mod neon;
#[cfg(any(test, not(any(target_arch = "x86_64", target_arch = "aarch64"))))]
mod scalar;
#[cfg(target_arch = "x86_64")]
mod sse2;
#[cfg(test)]
mod tests;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod vectors;

/// 64 bytes.
#[cfg(target_arch = "aarch64")]
pub(in crate::tokenizer) type Block = vectors::VectorBlock<neon::Vector>;
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
pub(in crate::tokenizer) use scalar::Block;
/// 64 bytes.
#[cfg(target_arch = "x86_64")]
pub(in crate::tokenizer) type Block = vectors::VectorBlock<sse2::Vector>;
