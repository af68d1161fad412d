//! Asking for memory ahead of its time.

/// The unit in which memory comes.
const LINE_BYTES: usize = 64;

/// How many bytes of rows are asked for at once: less than half of the second-level cache of today's CPUs.
const MOST_BYTES: usize = 192 << 10;

/// Asks for the line that `value` begins in, to be used at once.
#[inline(always)]
pub(crate) fn prefetch_line<T>(value: &T) {
    prefetch_near(std::ptr::from_ref(value).cast());
}

/// The remainders of row ids by which rows are remembered: about as many rows of one KB as are in a second-level cache.
const REMAINDERS: usize = 1 << 9;

/// So many rows at most are looked at in one go.
const MOST_ROWS: usize = 1 << 10;

/// Asks for rows, but not for those that were asked for a short time ago: text has few frequent tokens, whose rows are in the cache.
#[derive(Debug)]
pub(crate) struct RowPrefetch {
    /// For each remainder, the row that was asked for last: its id, mixed with `salt`.
    recent: Box<[u32; REMAINDERS]>,
    /// Another one for each stretch of rows. The first one is no id of a row.
    salt: u32,
    /// The rows that are not recent.
    others: Box<[u32; MOST_ROWS]>,
}

impl Default for RowPrefetch {
    fn default() -> Self {
        Self { recent: Box::new([0; REMAINDERS]), salt: u32::MAX, others: Box::new([0; MOST_ROWS]) }
    }
}

impl RowPrefetch {
    /// Says that other memory has been in use since: no row is recent any more, but for one by chance.
    pub(crate) fn forget(&mut self) {
        self.salt = self.salt.wrapping_add(0x9E37_79B9);
    }

    /// Asks for the first `columns` elements of each row of a row-major table of `dim` columns, to be brought into the second-level
    /// cache: as many rows as should be asked for at once. Rows that the table does not have are no error.
    pub(crate) fn ask<T>(&mut self, table: &[T], dim: usize, columns: usize, row_ids: impl Iterator<Item = u32>) {
        let lines = (columns * size_of::<T>()).div_ceil(LINE_BYTES);
        let most = MOST_BYTES / (lines * LINE_BYTES).max(1);
        for &row_id in self.others(row_ids).iter().take(most) {
            let row = table.as_ptr().wrapping_add(row_id as usize * dim).cast::<u8>();
            for line in 0..lines {
                prefetch_far(row.wrapping_add(line * LINE_BYTES));
            }
        }
    }

    /// Those of the first [`MOST_ROWS`] rows that are not recent. All of them are afterwards.
    fn others(&mut self, row_ids: impl Iterator<Item = u32>) -> &[u32] {
        let mut count = 0;
        for row_id in row_ids.take(MOST_ROWS) {
            let recent = &mut self.recent[row_id as usize % REMAINDERS];
            let salted = row_id ^ self.salt;
            // Written whether it is recent or not: that needs no branch.
            self.others[count % MOST_ROWS] = row_id;
            count += usize::from(*recent != salted);
            *recent = salted;
        }
        &self.others[..count]
    }
}

/// Into the first-level cache.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn prefetch_near(address: *const u8) {
    use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
    // SAFETY: a hint: nothing is read or written, and an address that is not mapped is ignored. SSE is part of x86-64.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(address.cast()) };
}

/// Into the second-level cache.
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
    fn a_row_is_asked_for_once_until_another_one_takes_its_place_or_all_are_forgotten() {
        let mut rows = RowPrefetch::default();
        let mut others = |ids: &[u32]| rows.others(ids.iter().copied()).to_vec();
        assert_eq!(others(&[0, 1, 1, 300, 0]), [0, 1, 300]);
        assert_eq!(others(&[1, 2, 0]), [2]);
        let with_the_same_remainder = 1 + REMAINDERS as u32;
        assert_eq!(others(&[with_the_same_remainder, 1, 2]), [with_the_same_remainder, 1]);
        rows.forget();
        assert_eq!(rows.others([2, 1, 2, 0].into_iter()), [2, 1, 0]);
    }

    #[test]
    fn a_long_text_asks_for_its_first_rows_only() {
        let mut rows = RowPrefetch::default();
        let first: Vec<u32> = (0..MOST_ROWS as u32).collect();
        assert_eq!(rows.others(0..=MOST_ROWS as u32), first);
        // A row is asked for however often its place was taken.
        let mut taken = RowPrefetch::default();
        assert_eq!(taken.others((0..).step_by(REMAINDERS)).len(), MOST_ROWS);
    }
}
