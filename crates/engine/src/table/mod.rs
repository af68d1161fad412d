//! The embedding table: rows of one element type, with the optional weights and row mapping of
//! vocabulary quantization.

mod bytes;
pub(crate) mod cluster;
mod embedding_table;
mod finite;
mod number_types;
mod per_token;
mod quantize;
mod table_memory;
#[cfg(test)]
mod tests;
mod vocabulary_quantization;

pub use bytes::MemoryMode;
pub use embedding_table::EmbeddingTable;
pub(crate) use number_types::MappingType;
pub use number_types::{ElementType, Elements, Weights};
pub use quantize::Reduction;
