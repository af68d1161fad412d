//! The units in which a text is scanned.

/// How many bytes of a text are scanned before their words are looked up.
pub(in crate::tokenizer) const WINDOW_BYTES: usize = 4096;

/// How many bytes become one word of bits: a window is a number of whole blocks.
pub(in crate::tokenizer) const BLOCK_BYTES: usize = 64;

/// How many bytes after the copied ones `Scanner::copy_ascii` may overwrite.
pub(in crate::tokenizer) const COPY_SLACK: usize = 2 * BLOCK_BYTES;

/// The size in bytes of the whole blocks that hold `len` bytes and at least one byte after them,
/// where the last word ends.
pub(in crate::tokenizer) fn whole_blocks(len: usize) -> usize {
    (len / BLOCK_BYTES + 1) * BLOCK_BYTES
}
