//! What 64 bytes are, a bit each, the first byte's lowest: what the splitters of the other kinds than BERT's look at.
//!
//! SSE2 and NEON are part of x86-64 and of 64-bit ARM, so nothing has to be asked of the CPU, and all is inlined.

#[cfg(target_arch = "aarch64")]
mod neon;
#[cfg(any(test, not(any(target_arch = "x86_64", target_arch = "aarch64"))))]
mod scalar;
#[cfg(target_arch = "x86_64")]
mod sse2;
#[cfg(test)]
mod tests;

use super::BLOCK_BYTES;

#[cfg(target_arch = "aarch64")]
pub(in crate::tokenizer) use neon::Block;
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
pub(in crate::tokenizer) use scalar::Block;
#[cfg(target_arch = "x86_64")]
pub(in crate::tokenizer) use sse2::Block;
