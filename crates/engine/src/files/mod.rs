//! Reading the files of a model: what all of them have in common.

pub(crate) mod foreign_file;
pub(crate) mod python_json;
pub(crate) mod source_file;
