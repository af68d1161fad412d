//! Model2Vec inference, equal in every bit to Python `model2vec` 0.10.0.
//!
//! Data flows one way: files → [`EmbeddingTable`] and [`Tokenizer`] → token ids → rows → vector. No JavaScript, no network,
//! no async: `crates/node` binds this crate to Node.

#[cfg(target_endian = "big")]
compile_error!("the table is read as little-endian memory: big-endian targets are not supported");

mod config;
mod error;
mod layout;
mod table;
mod tokenizer;

pub use error::LoadError;
pub use table::{Elements, EmbeddingTable, MemoryMode, Weights};
pub use tokenizer::{EncodeError, Tokenizer, TokenizerScratch};
