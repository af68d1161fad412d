//! Exact nearest neighbors: every query is compared with every row.
//!
//! A score is a similarity for [`Metric::Cosine`] and [`Metric::Dot`], the higher the nearer, and a
//! distance for [`Metric::Euclidean`] and [`Metric::Hamming`], the lower the nearer. Results are
//! ordered by score, equal scores by rising row. They are the same in every bit on every
//! instruction set, for every number of threads, and however corpus and queries are cut into
//! slices: `kernel` says in which order is summed, and a list of the best depends on no order.
//!
//! - float32, float16, bfloat16 and int8 rows are compared in float32, whatever float or int8 type the queries have; int8 queries with int8
//!   rows in exact integers. An element of int8 counts as its integer.
//! - Rows with NaN or infinities are left out, and zero rows too where the metric is cosine, as they have no direction. Queries that
//!   would be left out as rows find nothing.
//! - The cosine is `Σ q·x · (1/√Σ q² · 1/√Σ x²)`, cut to −1 … 1, and the same whichever of
//!   two vectors is the query. Beyond ±(1 − 2⁻²¹) it is ±1, so that equal vectors score 1. A vector whose sum of squares leaves the range of 2^-100 to 2^100 is compared in double precision, so that no score is NaN; what is beyond float32 is its
//!   largest number.

mod allowed;
mod best;
mod compare;
mod duplicates;
mod exact;
mod kernel;
mod metric;
mod prepared;
mod query;
mod rescore;
mod scan;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_of_uses;

pub use allowed::Filter;
pub use best::Hits;
pub use duplicates::{Dropped, Duplicates, FirstMatches, NewRows};
pub use metric::{Metric, SearchError};
pub use query::{Search, SearchOptions, SearchScratch};
