//! A search: queries that are compared with slices of a corpus.

use std::sync::atomic::AtomicBool;

use super::allowed::Allowed;
use super::best::{Best, Hits};
use super::compare::Slice;
use super::exact::Range;
use super::kernel::{BLOCK, Kernels, MAX_I8_DIM, padded};
use super::prepared::{AlignedFloats, decode_all};
use super::query::{Queries, QueryTerms, Search, SearchOptions, SearchScratch, float_term};
use super::{Metric, SearchError};
use crate::dtype::Dtype;
use crate::isa::Isa;
use crate::rows::Rows;

/// The most queries that are compared with a block of rows before the next one: they stay in the
/// second-level cache.
const BLOCK_QUERIES: usize = 64;
const BLOCK_QUERY_FLOATS: usize = 1 << 16;

impl Search {
    /// Prepares a copy of `queries` to be compared with rows of type `corpus`.
    ///
    /// # Errors
    /// [`SearchError::Metric`] when the types can't be compared by the metric,
    /// [`SearchError::Bound`].
    pub fn new(queries: Rows<'_>, corpus: Dtype, options: SearchOptions) -> Result<Self, SearchError> {
        Self::with_kernels(Kernels::of(Isa::detect()), queries, corpus, options)
    }

    pub(super) fn with_kernels(
        kernels: Kernels,
        queries: Rows<'_>,
        corpus: Dtype,
        options: SearchOptions,
    ) -> Result<Self, SearchError> {
        Self::of_rows(kernels, queries, 0..queries.len(), corpus, options)
    }

    /// The rows `indices` of `queries` are the queries.
    pub(super) fn of_rows(
        kernels: Kernels,
        queries: Rows<'_>,
        indices: impl ExactSizeIterator<Item = usize> + Clone,
        corpus: Dtype,
        options: SearchOptions,
    ) -> Result<Self, SearchError> {
        let metric = options.metric;
        let is_binary = |dtype| dtype == Dtype::Binary;
        let is_hamming = metric == Metric::Hamming;
        if is_binary(queries.dtype()) != is_hamming || is_binary(corpus) != is_hamming {
            return Err(SearchError::Metric { metric, queries: queries.dtype(), rows: corpus });
        }
        let least = match options.bound {
            None => f32::NEG_INFINITY,
            Some(bound) if bound.is_nan() => return Err(SearchError::Bound),
            Some(bound) => metric.key(bound),
        };
        let (count, dim) = (indices.len(), queries.dim());
        let prepared = if is_hamming {
            Queries::Bits(indices.flat_map(|index| queries.row(index)).copied().collect())
        } else if queries.dtype() == Dtype::Int8 && corpus == Dtype::Int8 && dim <= MAX_I8_DIM {
            let squares = |row: &[i8]| row.iter().map(|&element| i32::from(element) * i32::from(element)).sum();
            let rows = indices.map(|index| queries.row_i8(index));
            Queries::Int8(rows.clone().flatten().copied().collect(), rows.map(squares).collect())
        } else {
            let floats = decode_all(&queries, indices);
            let terms = query_terms(&kernels, metric, &floats, count, dim);
            Queries::Floats(floats, terms)
        };
        Ok(Self { kernels, options, queries: prepared, count, dim, corpus_dtype: corpus, least })
    }

    /// How many queries there are.
    #[must_use]
    pub fn query_count(&self) -> usize {
        self.count
    }

    /// How many queries a block has: they are compared with a part of the corpus together. The last
    /// block may have fewer.
    #[must_use]
    pub fn block_queries(&self) -> usize {
        block_queries(self.dim)
    }

    /// How many blocks of queries there are.
    #[must_use]
    pub fn query_blocks(&self) -> usize {
        self.count.div_ceil(self.block_queries())
    }

    /// No hits yet, for the queries of a block.
    ///
    /// # Panics
    /// When there is no such block.
    #[must_use]
    pub fn hits(&self, block: usize) -> Hits {
        let first_query = block * self.block_queries();
        assert!(first_query < self.count, "there is such a block");
        let queries = self.block_queries().min(self.count - first_query);
        Hits { first_query, lists: vec![Best::new(self.options.k, self.least); queries] }
    }

    /// Compares the queries of `hits` with a slice of the corpus, whose first row is row
    /// `first_row` of the corpus. Slices may come in any order, and be divided among several hits
    /// of the same queries: the results are the same. False when `cancelled` became true:
    /// then the hits are of no use.
    ///
    /// # Errors
    /// [`SearchError::Dimensions`].
    ///
    /// # Panics
    /// When the rows are of another type than the search is for, or the slice ends beyond 2^32 - 1
    /// rows.
    pub fn scan(
        &self,
        hits: &mut Hits,
        slice: Rows<'_>,
        first_row: usize,
        scratch: &mut SearchScratch,
        cancelled: &AtomicBool,
    ) -> Result<bool, SearchError> {
        self.check_slice(&slice)?;
        let end = u32::try_from(first_row + slice.len()).expect("indices of 32 bits");
        let rows = Allowed::of(self.options.filter.as_ref(), first_row as u32..end);
        let first_query = hits.first_query;
        let slice = Slice { rows: slice, first: first_row };
        Ok(self.compare(first_query, &mut hits.lists, slice, rows, scratch, cancelled))
    }

    pub(super) fn check_slice(&self, slice: &Rows<'_>) -> Result<(), SearchError> {
        assert_eq!(slice.dtype(), self.corpus_dtype, "the rows are of the search's type");
        if slice.dim() == self.dim {
            Ok(())
        } else {
            Err(SearchError::Dimensions { queries: self.dim, rows: slice.dim() })
        }
    }

    /// Writes the results of one query: the best of what several hits of its block know, best
    /// first. Returns how many there are; places beyond them get the index `u32::MAX` and the score
    /// 0. A score is a similarity or a distance.
    ///
    /// # Panics
    /// When hits are of another block, or there are fewer places than results.
    pub fn write(&self, query: usize, found: &[&Hits], indices: &mut [u32], scores: &mut [f32]) -> usize {
        let mut best = Best::new(self.options.k, self.least);
        for hits in found {
            best.merge(hits.list(query));
        }
        let best = best.into_sorted();
        let count = best.len();
        for (place, (key, index)) in best.enumerate() {
            (indices[place], scores[place]) = (index, self.options.metric.score(key));
        }
        indices[count..].fill(u32::MAX);
        scores[count..].fill(0.0);
        count
    }
}

/// How many queries of a number of dimensions make a block.
pub(super) fn block_queries(dim: usize) -> usize {
    (BLOCK_QUERY_FLOATS / padded(dim) / 4 * 4).clamp(4, BLOCK_QUERIES)
}

fn query_terms(kernels: &Kernels, metric: Metric, floats: &AlignedFloats, count: usize, dim: usize) -> QueryTerms {
    let row = |index: usize| &floats.floats()[index * padded(dim)..][..dim];
    let mut terms = QueryTerms { term: Vec::with_capacity(count), range: Vec::with_capacity(count) };
    for first in (0..count).step_by(BLOCK) {
        let squares = kernels.squares(&std::array::from_fn(|r| row((first + r).min(count - 1))));
        for (index, squares) in (first..count).zip(squares) {
            let range = Range::of(metric, squares, row(index));
            terms.range.push(range);
            terms.term.push(if range == Range::Ordinary { float_term(metric, squares) } else { f32::NAN });
        }
    }
    terms
}
