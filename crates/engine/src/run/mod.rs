//! Many texts over the pool of threads.

pub(crate) mod batch;
pub mod fault;
pub(crate) mod workers;
