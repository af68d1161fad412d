//! Pools the rows of token ids into one vector, with numpy's number types, order of summation and
//! rounding.

pub(crate) mod kernel;
pub(crate) mod norm;
pub(crate) mod pool;
pub(crate) mod prefetch;
mod product;
