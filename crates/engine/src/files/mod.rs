//! What reading any of a model's files needs.

pub(crate) mod foreign_file;
pub(crate) mod python_json;
pub(crate) mod source_file;
