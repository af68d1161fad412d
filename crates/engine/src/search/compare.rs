//! Comparing a block of rows with a block of queries, and offering what is near enough to the
//! queries' lists.

use std::ops::Range as Span;
use std::sync::atomic::{AtomicBool, Ordering};

use super::Metric;
use super::allowed::Allowed;
use super::best::List;
use super::exact::{self, Range};
use super::kernel::{BLOCK, Sums, padded};
use super::prepared::{as_i8, byte_block, float_block};
use super::query::{Queries, QueryTerms, Search, SearchScratch, float_term};
use crate::rows::Rows;

/// From this many queries on, float32 rows are copied before they are compared.
const COPY_FROM: usize = 2;

/// A scan looks whether it is cancelled each time it has added this many products: every fraction
/// of a millisecond.
const CHECK_EVERY: usize = 1 << 22;

impl Search {
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
        // Rows that are compared with several queries are copied: they then come from memory in the
        // order in which they lie there, and no register is loaded from two lines of the cache.
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

/// The share of an int8 vector in its cosines: NaN for zeros, which have no direction.
fn int8_factor(squares: i32) -> f32 {
    if squares == 0 { f32::NAN } else { 1.0 / (squares as f32).sqrt() }
}

/// Cosines above this are 1. The cosine of equal vectors can be off by six roundings of 2⁻²⁴ each:
/// it has to be 1 all the same, so that a bound of 1 finds them.
const ONE: f32 = 1.0 - 1.0 / (1 << 21) as f32;

#[inline]
fn cosine_keys(products: &Sums<f32>, query: f32, rows: &[f32; BLOCK]) -> [f32; BLOCK] {
    std::array::from_fn(|r| {
        let cosine = products[r] * (query * rows[r]);
        // Comparisons that leave NaN as it is; -0 becomes +0.
        let cosine = if cosine > ONE { 1.0 } else { cosine };
        (if cosine < -ONE { -1.0 } else { cosine }) + 0.0
    })
}
