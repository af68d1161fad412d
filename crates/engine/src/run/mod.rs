//! Runs large calls on several threads. (A "run" of texts, whose ids are found before their rows
//! are summed, is something else: see `model/rows.rs`.)
//!
//! The caller cuts its texts into slices (`slice.rs`) and puts them into the call's batch
//! (`batch.rs`). Threads take one slice at a time: the threads of the pool, which all calls of the
//! process share (`workers.rs`), and the calling thread, if it helps. `work.rs` computes a slice,
//! and `outcome.rs` says how a batch ended. `fault.rs` injects panics for tests, here and into
//! loads.

pub(crate) mod batch;
pub mod fault;
pub(crate) mod outcome;
pub(crate) mod slice;
pub(crate) mod tasks;
#[cfg(test)]
mod tests_of_stops;
pub(crate) mod work;
pub(crate) mod workers;
