//! `tokenizer.json`: reading the file, and what our own modules can run of it.

pub(super) mod insertion;
mod json_cursor;
pub(super) mod large_values;
pub(super) mod model_spec;
pub(super) mod prepared;
pub(super) mod read;
pub(super) mod spec;
pub(super) mod unsupported;
pub(super) mod vocabulary;
