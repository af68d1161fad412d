//! Model2Vec inference, equal in every bit to Python `model2vec` 0.10.0.
//!
//! Data flows one way: files → [`EmbeddingTable`] and [`Tokenizer`] → token ids → rows → vector. No JavaScript, no network,
//! no async: `crates/node` binds this crate to Node.

#[cfg(target_endian = "big")]
compile_error!("the table is read as little-endian memory: big-endian targets are not supported");

mod batch;
mod cluster;
mod config;
mod dtype;
mod error;
mod float16;
mod foreign_file;
mod isa;
mod kernel;
mod layout;
mod lines;
mod model;
mod norm;
mod output;
mod pool;
mod prefetch;
mod python_json;
mod save;
mod source_file;
mod table;
mod texts;
mod tokenizer;
mod utf16;
mod workers;

pub use batch::{Batch, BatchError, Input, Left, Part, RowBuffer, Work, fault};
pub use cluster::{MAX_ITERATIONS, Watch};
pub use dtype::Dtype;
pub use error::LoadError;
pub use lines::{LineFormat, LineLimits, LinesRead, read_lines};
pub use model::{EncodeOptions, LoadOptions, Scratch, StaticModel, TextStats};
pub use save::SaveError;
pub use table::{ElementType, Elements, EmbeddingTable, MemoryMode, Reduction, Weights};
pub use texts::Texts;
pub use tokenizer::{EncodeError, Tokenizer, TokenizerScratch};
pub use workers::default_threads;
