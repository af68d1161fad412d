//! Prefetches memory that is used soon: hints to the CPU, which change no result.

/// The size of a cache line.
pub(crate) const LINE_BYTES: usize = 64;

/// The most bytes of rows that one call prefetches: less than half of the second-level cache of
/// today's CPUs.
const MOST_BYTES: usize = 192 << 10;

/// Prefetches the cache line in which `value` begins, for use at once.
#[inline(always)]
pub(crate) fn prefetch_line<T>(value: &T) {
    prefetch_near(std::ptr::from_ref(value).cast());
}

/// The most bytes of rows that count as recent, so that they are probably still in the second-level
/// cache beside everything else.
const RECENT_BYTES: usize = 512 << 10;

/// The size of the table of recent rows.
const MOST_REMAINDERS: usize = 1 << 9;

/// The most rows of a text that are considered.
const MOST_ROWS: usize = 1 << 10;

/// Prefetches rows, except for those that were prefetched recently: most tokens of a text are
/// frequent ones, whose rows are in the cache already.
#[derive(Debug)]
pub(crate) struct RowPrefetch {
    /// The recent rows, direct-mapped by `row_id % remainders`: the id of the last row with that
    /// remainder, XOR `salt`. Rows beyond `MOST_BYTES` are marked too: their text is pooled before
    /// the next request.
    recent: Box<[u32; MOST_REMAINDERS]>,
    /// Changed to forget all recent rows at once. The first value is no row id, so that 0 in
    /// `recent` means no row.
    salt: u32,
    /// A buffer for the rows that are not recent.
    others: Box<[u32; MOST_ROWS]>,
}

impl Default for RowPrefetch {
    fn default() -> Self {
        Self { recent: Box::new([0; MOST_REMAINDERS]), salt: u32::MAX, others: Box::new([0; MOST_ROWS]) }
    }
}

impl RowPrefetch {
    /// Forgets the recent rows, because other memory has been used since. A row can still count as
    /// recent by chance, which costs a prefetch and nothing else.
    pub(crate) fn forget(&mut self) {
        self.salt = self.salt.wrapping_add(0x9E37_79B9);
    }

    /// Prefetches the first `columns` columns of rows of a row-major table of `dim` columns into
    /// the second-level cache: of the first [`MOST_ROWS`] rows those that are not recent, up to
    /// [`MOST_BYTES`]. A row id beyond the table is no error.
    pub(crate) fn prefetch<T>(&mut self, table: &[T], dim: usize, columns: usize, row_ids: impl Iterator<Item = u32>) {
        let lines = (columns * size_of::<T>()).div_ceil(LINE_BYTES);
        let row_bytes = (lines * LINE_BYTES).max(1);
        let remainders = (RECENT_BYTES / row_bytes).clamp(1, MOST_REMAINDERS);
        for &row_id in self.others(row_ids, 1 << remainders.ilog2()).iter().take(MOST_BYTES / row_bytes) {
            let row = table.as_ptr().wrapping_add(row_id as usize * dim).cast::<u8>();
            for line in 0..lines {
                prefetch_far(row.wrapping_add(line * LINE_BYTES));
            }
        }
    }

    /// Those of the first [`MOST_ROWS`] rows that are not recent. Afterwards they are, until
    /// another row with the same remainder replaces them. `remainders` is a power of two.
    fn others(&mut self, row_ids: impl Iterator<Item = u32>, remainders: usize) -> &[u32] {
        let mut count = 0;
        for row_id in row_ids.take(MOST_ROWS) {
            let recent = &mut self.recent[row_id as usize & (remainders - 1) & (MOST_REMAINDERS - 1)];
            let salted = row_id ^ self.salt;
            // Written whether the row is recent or not, to avoid a branch.
            self.others[count % MOST_ROWS] = row_id;
            count += usize::from(*recent != salted);
            *recent = salted;
        }
        &self.others[..count]
    }
}

/// Prefetches into the first-level cache.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn prefetch_near(address: *const u8) {
    use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
    // SAFETY: a hint: nothing is read or written, and an address that is not mapped is ignored. SSE
    // is part of x86-64.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(address.cast()) };
}

/// Prefetches into the second-level cache.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn prefetch_far(address: *const u8) {
    use std::arch::x86_64::{_MM_HINT_T1, _mm_prefetch};
    // SAFETY: a hint, as in `prefetch_near`.
    unsafe { _mm_prefetch::<_MM_HINT_T1>(address.cast()) };
}

#[cfg(target_arch = "aarch64")]
#[inline(always)]
fn prefetch_near(address: *const u8) {
    // SAFETY: a hint, as on x86-64.
    unsafe {
        std::arch::asm!("prfm pldl1keep, [{0}]", in(reg) address, options(nostack, preserves_flags, readonly));
    }
}

#[cfg(target_arch = "aarch64")]
#[inline(always)]
fn prefetch_far(address: *const u8) {
    // SAFETY: a hint, as on x86-64.
    unsafe {
        std::arch::asm!("prfm pldl2keep, [{0}]", in(reg) address, options(nostack, preserves_flags, readonly));
    }
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
#[inline(always)]
fn prefetch_near(_address: *const u8) {}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
#[inline(always)]
fn prefetch_far(_address: *const u8) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_prefetched_once_until_another_one_takes_its_place_or_all_are_forgotten() {
        for remainders in [4, MOST_REMAINDERS] {
            let mut rows = RowPrefetch::default();
            let mut others = |ids: &[u32]| rows.others(ids.iter().copied(), remainders).to_vec();
            assert_eq!(others(&[0, 1, 1, 3, 0]), [0, 1, 3]);
            assert_eq!(others(&[1, 2, 0]), [2]);
            let with_the_same_remainder = 1 + remainders as u32;
            assert_eq!(others(&[with_the_same_remainder, 1, 2]), [with_the_same_remainder, 1]);
            rows.forget();
            assert_eq!(rows.others([2, 1, 2, 0].into_iter(), remainders), [2, 1, 0]);
        }
    }

    #[test]
    fn of_a_long_text_only_the_first_rows_are_considered() {
        let mut rows = RowPrefetch::default();
        let first: Vec<u32> = (0..MOST_ROWS as u32).collect();
        assert_eq!(rows.others(0..=MOST_ROWS as u32, MOST_REMAINDERS), first);
        assert_eq!(rows.others(MOST_ROWS as u32..=MOST_ROWS as u32, MOST_REMAINDERS), [MOST_ROWS as u32]);
    }
}
