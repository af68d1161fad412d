//! The best rows of each query.

/// What is kept of the rows that a query is compared with.
pub(super) trait List {
    /// The least key that is of interest; NaN where none is.
    fn least(&self) -> f32;
    /// Offers a row whose key is at least [`Self::least`], and no NaN.
    fn offer(&mut self, key: f32, index: u32);
}

/// The best `k` of any number of scored rows.
///
/// A row is its key, higher for what is nearer, and its index, in one integer whose order is the
/// order of results: the key's bits above, the index's complement below, as of equal keys the
/// lowest index is the best. More than `k` are kept at times, so that they are sorted out seldom.
/// What is kept in the end depends on no order.
#[derive(Debug, Clone)]
pub(super) struct Best {
    k: usize,
    /// What has a lower key is not among the best.
    least: f32,
    /// What is lower is not among the best.
    worst: u64,
    rows: Vec<u64>,
}

impl Best {
    /// The best `k` of those whose key is at least `least`.
    pub(super) fn new(k: usize, least: f32) -> Self {
        Self { k, least: if k == 0 { f32::NAN } else { least }, worst: 0, rows: Vec::new() }
    }

    /// Keeps the best `k`.
    #[cold]
    fn sort_out(&mut self) {
        if self.rows.len() > self.k {
            self.rows.select_nth_unstable_by(self.k, |a, b| b.cmp(a));
            self.rows.truncate(self.k);
            self.worst = self.rows.iter().copied().min().unwrap_or(0);
            self.least = unpack(self.worst).0;
        }
    }

    /// The best of both.
    pub(super) fn merge(&mut self, other: &Self) {
        self.rows.extend_from_slice(&other.rows);
        self.sort_out();
    }

    /// The best first.
    pub(super) fn into_sorted(mut self) -> impl ExactSizeIterator<Item = (f32, u32)> {
        self.sort_out();
        self.rows.sort_unstable_by(|a, b| b.cmp(a));
        self.rows.into_iter().map(unpack)
    }
}

impl List for Best {
    #[inline]
    fn least(&self) -> f32 {
        self.least
    }

    #[inline]
    fn offer(&mut self, key: f32, index: u32) {
        let row = pack(key, index);
        if row < self.worst {
            return;
        }
        // Twice as many as are wanted, and some: then each costs little to sort out.
        if self.rows.len() >= self.k.saturating_mul(2).max(64) {
            self.sort_out();
            if row < self.worst {
                return;
            }
        }
        self.rows.push(row);
    }
}

fn pack(key: f32, index: u32) -> u64 {
    let bits = key.to_bits();
    let ordered = if bits >> 31 == 0 { bits | 1 << 31 } else { !bits };
    u64::from(ordered) << 32 | u64::from(!index)
}

fn unpack(row: u64) -> (f32, u32) {
    let ordered = (row >> 32) as u32;
    let bits = if ordered >> 31 == 1 { ordered & !(1 << 31) } else { !ordered };
    (f32::from_bits(bits), !(row as u32))
}

/// The best rows so far of the queries of one block.
#[derive(Debug, Clone)]
pub struct Hits {
    /// The index of the first query.
    pub(super) first_query: usize,
    pub(super) lists: Vec<Best>,
}

impl Hits {
    /// What was found for a query of the block.
    pub(super) fn list(&self, query: usize) -> &Best {
        &self.lists[query - self.first_query]
    }
}
