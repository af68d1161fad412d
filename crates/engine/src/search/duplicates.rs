//! Near-duplicates, greedily in the order of the rows: a row is dropped when an earlier row that
//! was kept is near enough to it.
//!
//! New rows are taken a block at a time. All of them are compared with the rows that are kept, by
//! the kernel for many queries, in any number of slices and on any number of threads; then with
//! each other, and decided in their order. The result is the same however that was cut up.

use std::ops::Range;
use std::sync::atomic::AtomicBool;

use super::allowed::Allowed;
use super::best::List;
use super::compare::Slice;
use super::kernel::Kernels;
use super::{Metric, Search, SearchError, SearchOptions, SearchScratch};
use crate::dtype::Dtype;
use crate::isa::Isa;
use crate::rows::Rows;

/// A row that was dropped.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dropped {
    /// The row.
    pub index: u32,
    /// The first kept row that is near enough to it.
    pub of: u32,
    /// How near.
    pub score: f32,
}

/// A search for near-duplicates: what was decided so far.
#[derive(Debug)]
pub struct Duplicates {
    kernels: Kernels,
    metric: Metric,
    dtype: Dtype,
    /// The key of the threshold.
    least: f32,
    kept: Vec<u32>,
    dropped: Vec<Dropped>,
}

/// A block of new rows, prepared to be compared with the kept ones.
#[derive(Debug)]
pub struct NewRows {
    indices: Vec<u32>,
    search: Search,
}

/// For each new row, the first kept row that is near enough to it.
#[derive(Debug, Clone)]
pub struct FirstMatches(Vec<First>);

/// The first of the rows whose key is at least `least`, and its key.
#[derive(Debug, Clone, Copy)]
struct First {
    least: f32,
    found: Option<(u32, f32)>,
}

impl List for First {
    #[inline]
    fn least(&self) -> f32 {
        self.least
    }

    #[inline]
    fn offer(&mut self, key: f32, index: u32) {
        if self.found.is_none_or(|(first, _)| index < first) {
            self.found = Some((index, key));
        }
    }
}

/// All rows whose key is at least `least`, in rising order.
struct Near {
    least: f32,
    rows: Vec<(u32, f32)>,
}

impl List for Near {
    fn least(&self) -> f32 {
        self.least
    }

    fn offer(&mut self, key: f32, index: u32) {
        self.rows.push((index, key));
    }
}

impl FirstMatches {
    /// Adds what other slices of the kept rows gave for the same new rows.
    pub fn merge(&mut self, other: &Self) {
        for (first, other) in self.0.iter_mut().zip(&other.0) {
            if let Some((index, key)) = other.found {
                first.offer(key, index);
            }
        }
    }
}

impl NewRows {
    /// No matches yet.
    #[must_use]
    pub fn matches(&self, of: &Duplicates) -> FirstMatches {
        FirstMatches(vec![First { least: of.least, found: None }; self.indices.len()])
    }
}

impl Duplicates {
    /// Nothing decided yet. Rows of `dtype` are duplicates when their score is at least
    /// `threshold`, or their distance at most that.
    ///
    /// # Errors
    /// [`SearchError::Metric`] when the type can't be compared by the metric,
    /// [`SearchError::Bound`] when the threshold is NaN.
    pub fn new(dtype: Dtype, metric: Metric, threshold: f32) -> Result<Self, SearchError> {
        Self::with_kernels(Kernels::of(Isa::detect()), dtype, metric, threshold)
    }

    pub(super) fn with_kernels(
        kernels: Kernels,
        dtype: Dtype,
        metric: Metric,
        threshold: f32,
    ) -> Result<Self, SearchError> {
        if threshold.is_nan() {
            return Err(SearchError::Bound);
        }
        if (dtype == Dtype::Binary) != (metric == Metric::Hamming) {
            return Err(SearchError::Metric { metric, queries: dtype, rows: dtype });
        }
        Ok(Self { kernels, metric, dtype, least: metric.key(threshold), kept: Vec::new(), dropped: Vec::new() })
    }

    /// The rows that are kept so far, in rising order.
    #[must_use]
    pub fn kept(&self) -> &[u32] {
        &self.kept
    }

    /// The rows that were dropped so far, in rising order.
    #[must_use]
    pub fn dropped(&self) -> &[Dropped] {
        &self.dropped
    }

    /// Both lists.
    #[must_use]
    pub fn into_lists(self) -> (Vec<u32>, Vec<Dropped>) {
        (self.kept, self.dropped)
    }

    /// How many rows should be taken at a time, for rows of `dim` dimensions.
    #[must_use]
    pub fn block_rows(dim: usize) -> usize {
        super::scan::block_queries(dim)
    }

    /// Prepares rows of the corpus to be decided next: they come after all rows before, in rising
    /// order. Rows that are known to be duplicates, as their texts are equal, are left out by the
    /// caller.
    ///
    /// # Panics
    /// When the corpus has another type or has not these rows, or when they don't rise.
    #[must_use]
    pub fn new_rows(&self, corpus: Rows<'_>, indices: &[u32]) -> NewRows {
        self.new_rows_of(corpus, 0, indices)
    }

    /// As [`new_rows`](Self::new_rows), of a slice of the corpus whose first row is row
    /// `first_row`.
    ///
    /// # Panics
    /// As there, and when a row is not in the slice.
    #[must_use]
    pub fn new_rows_of(&self, slice: Rows<'_>, first_row: usize, indices: &[u32]) -> NewRows {
        let last = self.kept.last().max(self.dropped.last().map(|row| &row.index));
        assert!(indices.is_sorted_by(|a, b| a < b) && indices.first() > last, "rows come in rising order");
        assert_eq!(slice.dtype(), self.dtype, "the corpus has one type");
        let options = SearchOptions { metric: self.metric, ..SearchOptions::default() };
        let places = indices.iter().map(|&index| index as usize - first_row);
        let search = Search::of_rows(self.kernels, slice, places, self.dtype, options).expect("a metric of the type");
        NewRows { indices: indices.to_vec(), search }
    }

    /// Compares the new rows with the kept rows of a range of [`kept`](Self::kept). False when
    /// `cancelled` became true.
    ///
    /// # Panics
    /// When the range is not one of the kept rows, or the corpus is another one than before.
    pub fn scan(
        &self,
        new: &NewRows,
        matches: &mut FirstMatches,
        corpus: Rows<'_>,
        kept: Range<usize>,
        scratch: &mut SearchScratch,
        cancelled: &AtomicBool,
    ) -> bool {
        let rows = Allowed::List(&self.kept[kept]);
        new.search.compare(0, &mut matches.0, Slice { rows: corpus, first: 0 }, rows, scratch, cancelled)
    }

    /// As [`scan`](Self::scan), with the kept rows of a slice of the corpus, whose first row is row
    /// `first_row`. The first `skip` kept rows are left out.
    ///
    /// # Panics
    /// When the slice is of another type than the corpus.
    #[allow(clippy::too_many_arguments, reason = "those of `scan`, and where the slice begins")]
    pub fn scan_slice(
        &self,
        new: &NewRows,
        matches: &mut FirstMatches,
        slice: Rows<'_>,
        first_row: usize,
        skip: usize,
        scratch: &mut SearchScratch,
        cancelled: &AtomicBool,
    ) -> bool {
        let kept = &self.kept[skip..];
        let from = kept.partition_point(|&row| (row as usize) < first_row);
        let to = kept.partition_point(|&row| (row as usize) < first_row + slice.len());
        let rows = Allowed::List(&kept[from..to]);
        new.search.compare(0, &mut matches.0, Slice { rows: slice, first: first_row }, rows, scratch, cancelled)
    }

    /// Decides the new rows, once they were compared with all kept rows.
    ///
    /// # Panics
    /// When the corpus is another one than before.
    pub fn decide(&mut self, new: &NewRows, matches: &FirstMatches, corpus: Rows<'_>, scratch: &mut SearchScratch) {
        self.decide_in(new, matches, corpus, 0, scratch);
    }

    /// As [`decide`](Self::decide), with a slice of the corpus that has the new rows, whose first
    /// row is row `first_row`.
    ///
    /// # Panics
    /// When a new row is not in the slice.
    pub fn decide_in(
        &mut self,
        new: &NewRows,
        matches: &FirstMatches,
        slice: Rows<'_>,
        first_row: usize,
        scratch: &mut SearchScratch,
    ) {
        let mut near: Vec<Near> = new.indices.iter().map(|_| Near { least: self.least, rows: Vec::new() }).collect();
        let never = AtomicBool::new(false);
        let slice = Slice { rows: slice, first: first_row };
        new.search.compare(0, &mut near, slice, Allowed::List(&new.indices), scratch, &never);
        let first_new = self.kept.len();
        for ((&index, first), near) in new.indices.iter().zip(&matches.0).zip(&near) {
            let is_kept = |row: u32| self.kept[first_new..].binary_search(&row).is_ok();
            let found = first.found.or_else(|| {
                near.rows.iter().copied().take_while(|&(row, _)| row < index).find(|&(row, _)| is_kept(row))
            });
            match found {
                Some((of, key)) => self.dropped.push(Dropped { index, of, score: self.metric.score(key) }),
                None => self.kept.push(index),
            }
        }
    }
}
