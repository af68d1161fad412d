//! Reading the files of a model: what all of them have in common, and safetensors files, which hold
//! the table and the head.

pub(crate) mod foreign_file;
pub(crate) mod python_json;
pub(crate) mod safetensors;
pub(crate) mod source_file;
