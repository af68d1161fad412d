//! Kernels over the bytes of a text: lower-casing plain ASCII, and finding where words start and end.
//!
//! One file per instruction set over the loops of `vectors.rs`; `scalar.rs` is what the others must
//! equal. `scanner.rs` picks the set once, when the tokenizer is read.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
pub(super) mod block;
mod byte_set;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod classes;
#[cfg(target_arch = "aarch64")]
mod neon;
mod plain_text;
mod scalar;
mod scanner;
#[cfg(test)]
mod tests;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod vectors;
mod window;
mod word_bounds;

pub(super) use byte_set::ByteSet;
pub(super) use plain_text::PlainText;
pub(super) use scanner::Scanner;
pub(super) use window::{BLOCK_BYTES, COPY_SLACK, WINDOW_BYTES, whole_blocks};
pub(super) use word_bounds::WordBounds;
