//! Text that is expected to be plain ASCII, and what a kernel finds in a block of it.

use super::byte_set::ByteSet;

/// A text in UTF-16 that is expected to be plain ASCII, and how to read it.
#[derive(Debug, Clone, Copy)]
pub(in crate::tokenizer) struct PlainText<'a> {
    /// The UTF-16 units of the text, followed by any other units up to the end of the last block.
    pub(in crate::tokenizer) units: &'a [u16],
    /// How many of the units are the text.
    pub(in crate::tokenizer) len: usize,
    /// Whether to lower-case it.
    pub(in crate::tokenizer) lower: bool,
    /// The bytes to look for.
    pub(in crate::tokenizer) marks: &'a ByteSet,
}

/// A block of plain text: one bit per byte, the lowest for the first byte.
#[cfg_attr(not(any(target_arch = "x86_64", target_arch = "aarch64")), allow(dead_code))]
#[derive(Debug, Clone, Copy)]
pub(super) struct PlainBlock {
    pub(super) space: u64,
    pub(super) punctuation: u64,
    /// Bytes that are not plain.
    pub(super) stop: u64,
    /// Bytes that the text's `marks` have, or may have.
    pub(super) marked: u64,
}
