//! What near means, and why a search can't be made.

use std::fmt;

use crate::dtype::Dtype;

/// How two vectors are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Metric {
    /// The cosine of the angle between them, −1 to 1.
    #[default]
    Cosine,
    /// The sum of the products of their elements.
    Dot,
    /// The length of their difference.
    Euclidean,
    /// In how many bits they differ: for binary rows, and those only.
    Hamming,
}

impl Metric {
    /// Whether a lower score is nearer.
    #[must_use]
    pub fn is_distance(self) -> bool {
        matches!(self, Self::Euclidean | Self::Hamming)
    }

    /// What is used for rows of a type unless another metric is asked for.
    #[must_use]
    pub fn default_for(dtype: Dtype) -> Self {
        if dtype == Dtype::Binary { Self::Hamming } else { Self::Cosine }
    }

    /// The name in options and messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Cosine => "cosine",
            Self::Dot => "dot",
            Self::Euclidean => "euclidean",
            Self::Hamming => "hamming",
        }
    }

    /// The score that stands behind a key, which is higher for what is nearer.
    pub(super) fn score(self, key: f32) -> f32 {
        // A distance of zero is +0.
        if self.is_distance() { 0.0 - key } else { key }
    }

    /// The key of a score.
    pub(super) fn key(self, score: f32) -> f32 {
        if self.is_distance() { 0.0 - score } else { score + 0.0 }
    }
}

/// Why a search can't be made.
#[derive(Debug, Clone, PartialEq)]
pub enum SearchError {
    /// Queries have another number of dimensions than the rows.
    Dimensions {
        /// Those of the queries.
        queries: usize,
        /// Those of the rows.
        rows: usize,
    },
    /// Element types that can't be compared by this metric.
    Metric {
        /// The metric.
        metric: Metric,
        /// The type of the queries.
        queries: Dtype,
        /// The type of the rows.
        rows: Dtype,
    },
    /// A bound or threshold is not a number.
    Bound,
    /// A filter's list does not rise.
    FilterOrder {
        /// The place in the list.
        place: usize,
        /// What is there.
        row: u32,
        /// What comes before it.
        before: u32,
    },
    /// A filter lists a row that is not there.
    FilterRow {
        /// The place in the list.
        place: usize,
        /// What is there.
        row: u32,
        /// How many rows there are.
        rows: usize,
    },
    /// A filter's mask has another length than there are rows.
    FilterMask {
        /// The length of the mask.
        mask: usize,
        /// How many rows there are.
        rows: usize,
    },
}

impl SearchError {
    /// The stable code, the same string that JavaScript sees in `error.code`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Dimensions { .. } => "ERR_SHAPE_MISMATCH",
            Self::Metric { .. }
            | Self::Bound
            | Self::FilterOrder { .. }
            | Self::FilterRow { .. }
            | Self::FilterMask { .. } => "ERR_INVALID_OPTION",
        }
    }
}

impl fmt::Display for SearchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dimensions { queries, rows } => {
                write!(f, "queries should have the {rows} dimensions of the rows, but have {queries}")
            }
            Self::Metric { metric: Metric::Hamming, queries, rows } => {
                write!(
                    f,
                    "the metric 'hamming' compares binary queries with binary rows, but got {queries:?} and {rows:?}"
                )
            }
            Self::Metric { metric, queries, rows } => write!(
                f,
                "the metric '{}' compares rows of numbers, but got {queries:?} queries and {rows:?} rows (binary ones have 'hamming')",
                metric.name()
            ),
            Self::Bound => write!(f, "the least score should be a number, but is NaN"),
            Self::FilterOrder { place, row, before } => {
                write!(f, "a filter should list rows in rising order, but has {row} after {before} at place {place}")
            }
            Self::FilterRow { place, row, rows } => {
                write!(f, "a filter should list rows below the {rows} that there are, but has {row} at place {place}")
            }
            Self::FilterMask { mask, rows } => {
                write!(f, "a filter's mask should have an element for each of the {rows} rows, but has {mask}")
            }
        }
    }
}

impl std::error::Error for SearchError {}
