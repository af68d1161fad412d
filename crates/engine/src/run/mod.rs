//! Many texts over the pool of threads.

pub(crate) mod batch;
pub(crate) mod workers;
