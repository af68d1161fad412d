//! Pre-tokenizers: normalized text to the pieces that the model sees.

mod bert;
mod byte_level;
mod class;
mod class_table;
mod contraction;
mod deep_seek;
mod pattern;
mod splitter;
mod starts;
#[cfg(test)]
mod tests;
mod tiktoken;
mod white_space;

pub(super) use bert::{Bounds, PADDING, Words, add_words, pad, separate, split};
pub(super) use pattern::Pattern;
pub(super) use splitter::{Behavior, Splitter};
pub(super) use starts::{BlockSplitter, Starts};
