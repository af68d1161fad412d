//! Runs large calls: a call is a batch of slices, which the threads of the pool share.

pub(crate) mod batch;
pub mod fault;
pub(crate) mod outcome;
pub(crate) mod slice;
pub(crate) mod tasks;
pub(crate) mod work;
pub(crate) mod workers;
