//! What is searched for: the options, and the queries as the kernels read them.

use super::Metric;
use super::allowed::Filter;
use super::exact::Range;
use super::kernel::{Kernels, Sums};
use super::prepared::AlignedFloats;
use crate::dtype::Dtype;

/// What is searched for.
#[derive(Debug, Clone)]
pub struct SearchOptions {
    /// How vectors are compared.
    pub metric: Metric,
    /// How many rows are found for each query, at most.
    pub k: usize,
    /// The least similarity, or the largest distance, of what is found.
    pub bound: Option<f32>,
    /// Where the queries are rows of the corpus, the index of the first: none finds itself.
    pub first_self: Option<u32>,
    /// Which rows may be found.
    pub filter: Option<Filter>,
}

impl Default for SearchOptions {
    fn default() -> Self {
        Self { metric: Metric::Cosine, k: 10, bound: None, first_self: None, filter: None }
    }
}

/// A query's share in every key: a factor for the cosine, else zero; NaN for one that is not
/// compared in float32.
#[derive(Debug)]
pub(super) struct QueryTerms {
    pub(super) term: Vec<f32>,
    pub(super) range: Vec<Range>,
}

/// Queries as the kernels read them.
#[derive(Debug)]
pub(super) enum Queries {
    Floats(AlignedFloats, QueryTerms),
    /// The queries, and the sum of squares of each.
    Int8(Vec<i8>, Vec<i32>),
    Bits(Vec<u8>),
}

/// Queries, prepared to be compared with any number of slices of a corpus, on any number of
/// threads.
#[derive(Debug)]
pub struct Search {
    pub(super) kernels: Kernels,
    pub(super) options: SearchOptions,
    pub(super) queries: Queries,
    pub(super) count: usize,
    pub(super) dim: usize,
    pub(super) corpus_dtype: Dtype,
    /// The key of [`SearchOptions::bound`], or the lowest of all.
    pub(super) least: f32,
}

/// Memory of a thread, used again for every slice.
#[derive(Debug, Default)]
pub struct SearchScratch {
    pub(super) decoded: AlignedFloats,
    pub(super) gathered: Vec<u8>,
    pub(super) sums: Vec<Sums<f32>>,
}

/// A vector's share in the keys of its pairs.
pub(super) fn float_term(metric: Metric, squares: f32) -> f32 {
    if metric == Metric::Cosine { 1.0 / squares.sqrt() } else { 0.0 }
}
