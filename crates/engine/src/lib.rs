//! Model2Vec inference, equal in every bit to Python `model2vec` 0.10.0.
//!
//! Data flows one way: files → [`EmbeddingTable`] and [`Tokenizer`] → token ids → rows → vector.
//! This crate knows no JavaScript, no network and no async: `crates/node` binds it to Node.

#[cfg(target_endian = "big")]
compile_error!("the table is read as little-endian memory: big-endian targets are not supported");

mod chunks;
mod dtype;
mod error;
mod files;
mod float16;
mod fused;
mod growth;
mod head;
mod interrupt;
mod isa;
mod load_control;
mod model;
mod numbers;
mod parquet;
mod pooling;
mod rows;
mod run;
mod search;
mod sync;
mod table;
mod texts;
mod threads;
mod tokenizer;

pub use chunks::{Chunk, ChunkOptions};
pub use dtype::Dtype;
pub use error::LoadError;
pub use head::{Activation, HEAD_FILE, Head, HeadOutput, LEGACY_HEAD_FILE};
pub use interrupt::Interrupt;
pub use load_control::LoadControl;
pub use model::layout::{LAYOUTS, Layout, source_files};
pub use model::{EncodeOptions, LoadOptions, SaveError, Scratch, StaticModel, TextStats};
pub use numbers::{
    LineHeads, Member, Utf8Values, VectorText, json_row_bound, lines_bound, write_base64, write_json_row,
    write_json_rows, write_lines,
};
pub use parquet::{Column, ColumnPages, PageTooLarge, PhysicalType, ValueRun, write_pages};
pub use rows::Rows;
pub use run::batch::Batch;
pub use run::fault;
pub use run::outcome::{BatchError, Left};
pub use run::slice::{IdLists, Input, RowBuffer, Slice};
pub use run::tasks::Tasks;
pub use run::work::Work;
pub use search::{
    Dropped, Duplicates, Filter, FirstMatches, Hits, Metric, NewRows, Search, SearchError, SearchOptions, SearchScratch,
};
pub use table::cluster::MAX_ITERATIONS;
pub use table::{ElementType, Elements, EmbeddingTable, MemoryMode, Reduction, Weights};
pub use texts::Texts;
pub use texts::lines::{Ids, LineColumns, LineFormat, LineLimits, LinesRead, RecordFormat, Utf8Column, read_lines};
pub use texts::values::{ValueLimits, ValuesRead, read_values};
pub use threads::default_threads;
pub use tokenizer::{EncodeError, Tokenizer, TokenizerScratch};
