//! A search: queries that are compared with slices of a corpus.

use std::ops::Range as Span;
use std::sync::atomic::{AtomicBool, Ordering};

use super::allowed::{Allowed, Filter};
use super::best::{Best, Hits, List, SearchResults};
use super::exact::{self, Range};
use super::kernel::{BLOCK, Kernels, MAX_I8_DIM, Sums, padded};
use super::prepared::{AlignedFloats, as_i8, byte_block, decode_all, float_block};
use super::{Metric, SearchError};
use crate::dtype::Dtype;
use crate::isa::Isa;
use crate::rows::Rows;

/// The most queries that are compared with a block of rows before the next one: they stay in the second-level cache.
const BLOCK_QUERIES: usize = 64;
const BLOCK_QUERY_FLOATS: usize = 1 << 16;

/// From this many queries on, float32 rows are copied before they are compared.
const COPY_FROM: usize = 2;

/// A scan looks whether it is cancelled each time it has added this many products: every fraction of a millisecond.
const CHECK_EVERY: usize = 1 << 22;

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

/// A query's share in every key: a factor for the cosine, else zero; NaN for one that is not compared in float32.
#[derive(Debug)]
pub(super) struct QueryTerms {
    term: Vec<f32>,
    range: Vec<Range>,
}

/// Queries as the kernels read them.
#[derive(Debug)]
pub(super) enum Queries {
    Floats(AlignedFloats, QueryTerms),
    /// The queries, and the sum of squares of each.
    Int8(Vec<i8>, Vec<i32>),
    Bits(Vec<u8>),
}

/// Queries, prepared to be compared with any number of slices of a corpus, on any number of threads.
#[derive(Debug)]
pub struct Search {
    pub(super) kernels: Kernels,
    pub(super) options: SearchOptions,
    pub(super) queries: Queries,
    count: usize,
    pub(super) dim: usize,
    corpus_dtype: Dtype,
    /// The key of [`SearchOptions::bound`], or the lowest of all.
    least: f32,
}

/// Memory of a thread, used again for every slice.
#[derive(Debug, Default)]
pub struct SearchScratch {
    decoded: AlignedFloats,
    gathered: Vec<u8>,
    sums: Vec<Sums<f32>>,
}

impl Search {
    /// Prepares a copy of `queries` to be compared with rows of type `corpus`.
    ///
    /// # Errors
    /// [`SearchError::Metric`] when the types can't be compared by the metric, [`SearchError::Bound`].
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

    /// How many queries a block has: they are compared with a part of the corpus together. The last block may have fewer.
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

    /// Compares the queries of `hits` with a slice of the corpus, whose first row is row `first_row` of the corpus. Slices may come in any
    /// order, and several lists of hits of the same queries may be merged: the results are the same. False when `cancelled` became true:
    /// then the hits are of no use.
    ///
    /// # Errors
    /// [`SearchError::Dimensions`].
    ///
    /// # Panics
    /// When the rows are of another type than the search is for, or the slice ends beyond 2^32 - 1 rows.
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

    /// Writes the results of a block of queries to their places.
    ///
    /// # Panics
    /// When the results have no room for all queries.
    pub fn write(&self, hits: Hits, results: &mut SearchResults<'_>) {
        results.write(hits, self.options.metric, self.options.k);
    }

    /// Offers rows of a slice to the lists of as many queries. False when `cancelled` became true.
    pub(super) fn compare(
        &self,
        first_query: usize,
        lists: &mut [impl List],
        slice: Slice<'_>,
        mut rows: Allowed<'_>,
        scratch: &mut SearchScratch,
        cancelled: &AtomicBool,
    ) -> bool {
        let queries = first_query..first_query + lists.len();
        let mut ids = [0; BLOCK];
        let mut unchecked = 0;
        loop {
            let count = rows.next_block(&mut ids);
            if count == 0 {
                return true;
            }
            unchecked += BLOCK * self.dim * lists.len();
            if unchecked >= CHECK_EVERY {
                unchecked = 0;
                if cancelled.load(Ordering::Relaxed) {
                    return false;
                }
            }
            let block = RowBlock { slice: &slice.rows, ids, count, indices: ids.map(|id| id as usize - slice.first) };
            match &self.queries {
                Queries::Floats(floats, terms) => {
                    self.compare_floats(floats.floats(), terms, queries.clone(), lists, &block, scratch);
                }
                Queries::Int8(elements, squares) => {
                    self.compare_i8(elements, squares, queries.clone(), lists, &block, &mut scratch.gathered);
                }
                Queries::Bits(bytes) => self.compare_bits(bytes, queries.clone(), lists, &block, &mut scratch.gathered),
            }
        }
    }

    fn compare_floats(
        &self,
        floats: &[f32],
        terms: &QueryTerms,
        queries: Span<usize>,
        lists: &mut [impl List],
        block: &RowBlock<'_>,
        SearchScratch { decoded, sums, .. }: &mut SearchScratch,
    ) {
        let (metric, pitch) = (self.options.metric, padded(self.dim));
        // Rows that are compared with several queries are copied: they then come from memory in the order in which they lie there, and no
        // register is loaded from two lines of the cache.
        let rows = float_block(block.slice, &block.indices, block.count, decoded, queries.len() >= COPY_FROM);
        let wanted = &floats[queries.start * pitch..queries.end * pitch];
        sums.resize(queries.len(), [0.0; BLOCK]);
        let squares = match (metric, &mut sums[..]) {
            (Metric::Euclidean, [one]) => {
                let squares;
                (*one, squares) = self.kernels.squared_difference_and_squares(wanted, &rows);
                squares
            }
            (_, [one]) => {
                let squares;
                (*one, squares) = self.kernels.product_and_squares(wanted, &rows);
                squares
            }
            (Metric::Euclidean, sums) => {
                self.kernels.squared_differences(wanted, &rows, sums);
                self.kernels.squares(&rows)
            }
            (_, sums) => {
                self.kernels.products(wanted, &rows, sums);
                self.kernels.squares(&rows)
            }
        };
        let mut is_wide = [false; BLOCK];
        let mut row_terms = [f32::NAN; BLOCK];
        for r in 0..block.count {
            match Range::of(metric, squares[r], rows[r]) {
                Range::Ordinary => row_terms[r] = float_term(metric, squares[r]),
                Range::Wide => is_wide[r] = true,
                Range::LeftOut => {}
            }
        }
        for ((query, list), sums) in queries.clone().zip(&mut *lists).zip(sums) {
            let term = terms.term[query];
            let keys = match metric {
                Metric::Cosine => cosine_keys(sums, term, &row_terms),
                Metric::Dot => std::array::from_fn(|r| sums[r] + (term + row_terms[r])),
                _ => std::array::from_fn(|r| 0.0 - (sums[r] + (term + row_terms[r])).sqrt()),
            };
            self.offer(list, query, &keys, block);
        }
        if is_wide.contains(&true) || queries.clone().any(|query| terms.range[query] == Range::Wide) {
            for (query, list) in queries.zip(lists) {
                let vector = &floats[query * pitch..][..self.dim];
                let keys = std::array::from_fn(|r| {
                    let is_comparable = terms.range[query] != Range::LeftOut && (is_wide[r] || !row_terms[r].is_nan());
                    let is_done = terms.range[query] == Range::Ordinary && !is_wide[r];
                    if is_comparable && !is_done { exact::key(metric, vector, rows[r]) } else { f32::NAN }
                });
                self.offer(list, query, &keys, block);
            }
        }
    }

    fn compare_i8(
        &self,
        elements: &[i8],
        query_squares: &[i32],
        queries: Span<usize>,
        lists: &mut [impl List],
        block: &RowBlock<'_>,
        gathered: &mut Vec<u8>,
    ) {
        let rows = as_i8(byte_block(block.slice, &block.indices, block.count, gathered));
        let (element_sums, squares) = self.kernels.i8_row_sums(rows);
        let is_row: [f32; BLOCK] = std::array::from_fn(|r| if r < block.count { 0.0 } else { f32::NAN });
        let metric = self.options.metric;
        let factors: [f32; BLOCK] = std::array::from_fn(|r| int8_factor(squares[r]) + is_row[r]);
        for (query, list) in queries.zip(lists) {
            let products = self.kernels.i8_products(&elements[query * self.dim..][..self.dim], rows, &element_sums);
            let sums = products.map(|product| product as f32);
            let keys = match metric {
                Metric::Cosine => cosine_keys(&sums, int8_factor(query_squares[query]), &factors),
                Metric::Dot => std::array::from_fn(|r| sums[r] + is_row[r]),
                // Below 2^32 for as many dimensions as there may be.
                _ => std::array::from_fn(|r| {
                    let sum = (query_squares[query] as u32).wrapping_add(squares[r] as u32);
                    let square = sum.wrapping_sub((products[r] as u32).wrapping_mul(2));
                    0.0 - ((square as f32).sqrt() + is_row[r])
                }),
            };
            self.offer(list, query, &keys, block);
        }
    }

    fn compare_bits(
        &self,
        bytes: &[u8],
        queries: Span<usize>,
        lists: &mut [impl List],
        block: &RowBlock<'_>,
        gathered: &mut Vec<u8>,
    ) {
        let rows = byte_block(block.slice, &block.indices, block.count, gathered);
        let width = block.slice.row_bytes();
        let is_row: [f32; BLOCK] = std::array::from_fn(|r| if r < block.count { 0.0 } else { f32::NAN });
        for (query, list) in queries.zip(lists) {
            let counts = self.kernels.differing_bits(&bytes[query * width..][..width], rows);
            let keys = std::array::from_fn(|r| is_row[r] - counts[r] as i32 as f32);
            self.offer(list, query, &keys, block);
        }
    }

    /// Offers the rows of a block to a query's list. A NaN is no key.
    #[inline]
    fn offer(&self, list: &mut impl List, query: usize, keys: &[f32; BLOCK], block: &RowBlock<'_>) {
        let least = list.least();
        let mut is_any = false;
        for &key in keys {
            is_any |= key >= least;
        }
        if is_any {
            self.offer_some(list, query, keys, block);
        }
    }

    #[cold]
    fn offer_some(&self, list: &mut impl List, query: usize, keys: &[f32; BLOCK], block: &RowBlock<'_>) {
        let own = self.options.first_self.map(|first| u64::from(first) + query as u64);
        for (&key, &id) in keys.iter().zip(&block.ids) {
            if key >= list.least() && own != Some(u64::from(id)) {
                list.offer(key, id);
            }
        }
    }
}

/// How many queries of a number of dimensions make a block.
pub(super) fn block_queries(dim: usize) -> usize {
    (BLOCK_QUERY_FLOATS / padded(dim) / 4 * 4).clamp(4, BLOCK_QUERIES)
}

/// Rows of a corpus, and which of them is the first.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slice<'a> {
    pub(super) rows: Rows<'a>,
    pub(super) first: usize,
}

/// Rows that are compared at once.
struct RowBlock<'a> {
    slice: &'a Rows<'a>,
    /// Their indices in the corpus.
    ids: [u32; BLOCK],
    /// Their indices in the slice.
    indices: [usize; BLOCK],
    /// How many of them count; the others repeat the last one.
    count: usize,
}

/// A vector's share in the keys of its pairs.
fn float_term(metric: Metric, squares: f32) -> f32 {
    if metric == Metric::Cosine { 1.0 / squares.sqrt() } else { 0.0 }
}

/// The share of an int8 vector in its cosines: NaN for zeros, which have no direction.
fn int8_factor(squares: i32) -> f32 {
    if squares == 0 { f32::NAN } else { 1.0 / (squares as f32).sqrt() }
}

#[inline]
fn cosine_keys(products: &Sums<f32>, query: f32, rows: &[f32; BLOCK]) -> [f32; BLOCK] {
    std::array::from_fn(|r| {
        let cosine = products[r] * (query * rows[r]);
        // Comparisons that leave NaN as it is; -0 becomes +0.
        let cosine = if cosine > 1.0 { 1.0 } else { cosine };
        (if cosine < -1.0 { -1.0 } else { cosine }) + 0.0
    })
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
