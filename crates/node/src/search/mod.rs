//! Nearest neighbors and near-duplicates. JavaScript drives a search step by step, so that the
//! event loop keeps its turns; this room has the steps.
//!
//! The corpus is memory that user code can transfer or shrink at any moment, so threads never read
//! it while JavaScript runs. Each step is one of these:
//!
//! - rows are compared on the JavaScript thread (few queries: reading them once is all the work)
//! - rows are copied, some hundred kilobytes at a time, and threads compare the copies (many
//!   queries: copying takes a small part of the time)
//! - threads read the memory itself, while a synchronous call holds JavaScript, or where it is a
//!   SharedArrayBuffer, which can't be taken away

mod chunk;
mod duplicates;
mod flow;
mod neighbors;

pub(crate) use duplicates::{begin_group, compare_kept, create_duplicates, decide_group};
pub(crate) use neighbors::{create_search, rescore, scan_copied, scan_direct, scan_here, write_results};
