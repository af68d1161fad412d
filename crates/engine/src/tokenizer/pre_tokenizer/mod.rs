//! Pre-tokenizers: they split normalized text into the pieces that the model tokenizes.

mod bert;
mod block_splitter;
mod byte_level;
mod contraction;
mod deep_seek;
mod pattern;
mod splitter;
#[cfg(test)]
mod tests;
mod tiktoken;
mod white_space;

pub(super) use bert::{Bounds, PADDING, Words, add_words, pad, separate, split};
pub(super) use block_splitter::{BlockSplitter, Starts};
pub(super) use pattern::Pattern;
pub(super) use splitter::{Behavior, Splitter};
