//! Model2Vec inference, equal in every bit to Python `model2vec` 0.10.0.
//!
//! Data flows one way: files → [`EmbeddingTable`] and [`Tokenizer`] → token ids → rows → vector. No JavaScript, no network,
//! no async: `crates/node` binds this crate to Node.

#[cfg(target_endian = "big")]
compile_error!("the table is read as little-endian memory: big-endian targets are not supported");

mod dtype;
mod error;
mod files;
mod float16;
mod isa;
mod model;
mod numbers;
mod pooling;
mod rows;
mod run;
mod save;
mod search;
mod table;
mod texts;
mod tokenizer;

pub use dtype::Dtype;
pub use error::LoadError;
pub use model::{EncodeOptions, LoadOptions, Scratch, StaticModel, TextStats};
pub use numbers::{base64_length, json_row_bound, write_base64, write_json_row, write_json_rows};
pub use rows::Rows;
pub use run::batch::{Batch, BatchError, Input, Left, Part, RowBuffer, Work, fault};
pub use run::workers::default_threads;
pub use save::SaveError;
pub use search::{
    Dropped, Duplicates, Filter, FirstMatches, Hits, Metric, NewRows, Search, SearchError, SearchOptions,
    SearchResults, SearchScratch,
};
pub use table::cluster::{MAX_ITERATIONS, Watch};
pub use table::{ElementType, Elements, EmbeddingTable, MemoryMode, Reduction, Weights};
pub use texts::Texts;
pub use texts::lines::{LineFormat, LineLimits, LinesRead, read_lines};
pub use tokenizer::{EncodeError, Tokenizer, TokenizerScratch};
