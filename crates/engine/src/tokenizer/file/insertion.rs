//! How long the strings may be that a tokenizer puts into texts.
//!
//! A normalizer `Replace` puts its string in the place of each match, and a BPE model its prefix before
//! each character but the first of a word, its suffix after the last. With strings of any length a file
//! of 1 MB makes gigabytes of a line of text.

use super::unsupported::Unsupported;

/// In bytes. Those of real files have up to some dozen.
pub(in crate::tokenizer) const LONGEST_INSERTION: usize = 4096;
/// The bytes that all added tokens may become when they are normalized, which happens in the load.
pub(in crate::tokenizer) const MOST_ADDED: usize = 1 << 24;

/// # Errors
/// If the string is longer. The file is then left to the reference path, which refuses it.
pub(in crate::tokenizer) fn check_insertion(name: &str, string: &str) -> Result<(), Unsupported> {
    if string.len() <= LONGEST_INSERTION {
        return Ok(());
    }
    Err(Unsupported::new(format!("`{name}` has {} bytes, more than {LONGEST_INSERTION}", string.len())))
}
