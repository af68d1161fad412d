//! Kernels over a text: copying and lower-casing plain ASCII (of UTF-8 or UTF-16), finding where
//! words start and end, and finding the first byte of a set, such as one with which an added token
//! can begin.
//!
//! Each instruction set has a file with its kernels; they share the loops of `vectors.rs`. The
//! kernels of `scalar.rs` run on every CPU, and the others must give the same results. `scanner.rs`
//! chooses the set once, when the tokenizer is read. `block/` is apart from that choice: it needs
//! only what every CPU of the architecture has, and is inlined.

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
