//! Ordering anew what another search found: by its own vectors, exactly.

use std::sync::atomic::AtomicBool;

use super::allowed::Allowed;
use super::best::Hits;
use super::compare::Slice;
use super::{Search, SearchError, SearchScratch};
use crate::rows::Rows;

impl Search {
    /// Compares each query of `hits` with those rows of the corpus that another search found for
    /// it, as of binary vectors by [`Metric::Hamming`](super::Metric::Hamming): `candidates` are
    /// that search's indices, `per_query` for each of all queries, in any order. Places without a
    /// row (`u32::MAX`) are skipped. Bound and own rows count as in [`scan`](Self::scan); the
    /// filter does not.
    ///
    /// # Errors
    /// [`SearchError::Dimensions`].
    ///
    /// # Panics
    /// When there are not `per_query` candidates for each query, or one is neither a row of the
    /// corpus nor `u32::MAX`.
    pub fn rescore(
        &self,
        hits: &mut Hits,
        candidates: &[u32],
        per_query: usize,
        corpus: Rows<'_>,
        scratch: &mut SearchScratch,
    ) -> Result<(), SearchError> {
        self.check_slice(&corpus)?;
        let mut rows = Vec::with_capacity(per_query);
        for (place, list) in hits.lists.iter_mut().enumerate() {
            let query = hits.first_query + place;
            rows.clear();
            rows.extend(candidates[query * per_query..][..per_query].iter().filter(|&&row| row != u32::MAX));
            rows.sort_unstable();
            rows.dedup();
            let list = std::slice::from_mut(list);
            // So few rows that it is over before it can be cancelled.
            let slice = Slice { rows: corpus, first: 0 };
            self.compare(query, list, slice, Allowed::List(&rows), scratch, &AtomicBool::new(false));
        }
        Ok(())
    }
}
