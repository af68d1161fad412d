//! The rows of token ids pooled into one vector, in numpy's number types, order of sums and rounding.

pub(crate) mod kernel;
pub(crate) mod norm;
pub(crate) mod pool;
pub(crate) mod prefetch;
