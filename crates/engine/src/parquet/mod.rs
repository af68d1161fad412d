//! The pages of a Parquet column, put together from values as they are in memory. Where the values
//! repeat, they are written once, in a dictionary.
//!
//! Source of the rules: <https://parquet.apache.org/docs/file-format/data-pages/>.

mod dictionary;
mod header;
mod hybrid;
mod pages;
mod values;

pub use pages::{ColumnPages, PageTooLarge, write_pages};
pub use values::{Column, PhysicalType, ValueRun};
