//! Pre-tokenizers: normalized text to the pieces that the model sees.

mod bert;

pub(super) use bert::{Words, pad, separate, split};
