//! Asking for memory ahead of its time.

/// The unit in which memory comes.
pub(crate) const LINE_BYTES: usize = 64;

/// How many bytes of rows are asked for at once: less than half of the second-level cache of today's CPUs.
const MOST_BYTES: usize = 192 << 10;

/// Asks for the line that `value` begins in, to be used at once.
#[inline(always)]
pub(crate) fn prefetch_line<T>(value: &T) {
    prefetch_near(std::ptr::from_ref(value).cast());
}

/// So many bytes of rows are taken for recent: they are in the second-level cache with what else is.
const RECENT_BYTES: usize = 512 << 10;

/// The most rows that are remembered, by the remainders of their ids.
const MOST_REMAINDERS: usize = 1 << 9;

/// So many rows of a text at most are looked at.
const MOST_ROWS: usize = 1 << 10;

/// Asks for rows, but not for those that were asked for a short time ago: text has few frequent tokens, whose rows are in the cache.
#[derive(Debug)]
pub(crate) struct RowPrefetch {
    /// For each remainder, the last row: its id, mixed with `salt`. One that was beyond what is asked for at once is recent as well: the
    /// text that it belongs to is pooled before the next rows are asked for.
    recent: Box<[u32; MOST_REMAINDERS]>,
    /// Another one for each stretch of rows. The first one is no id of a row, so that 0 is none.
    salt: u32,
    /// The rows that are not recent.
    others: Box<[u32; MOST_ROWS]>,
}

impl Default for RowPrefetch {
    fn default() -> Self {
        Self { recent: Box::new([0; MOST_REMAINDERS]), salt: u32::MAX, others: Box::new([0; MOST_ROWS]) }
    }
}

impl RowPrefetch {
    /// Says that other memory has been in use since: no row is recent any more, but for one by chance.
    pub(crate) fn forget(&mut self) {
        self.salt = self.salt.wrapping_add(0x9E37_79B9);
    }

    /// Asks for the first `columns` elements of rows of a row-major table of `dim` columns, to be brought into the second-level cache:
    /// of the first [`MOST_ROWS`] rows those that are not recent, as many as should be asked for at once. Rows that the table does not
    /// have are no error.
    pub(crate) fn ask<T>(&mut self, table: &[T], dim: usize, columns: usize, row_ids: impl Iterator<Item = u32>) {
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

    /// Those of the first [`MOST_ROWS`] rows that are not recent. All of them are afterwards, or until another one has the same remainder
    /// by `remainders`, a power of two.
    fn others(&mut self, row_ids: impl Iterator<Item = u32>, remainders: usize) -> &[u32] {
        let mut count = 0;
        for row_id in row_ids.take(MOST_ROWS) {
            let recent = &mut self.recent[row_id as usize & (remainders - 1) & (MOST_REMAINDERS - 1)];
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
    fn of_a_long_text_only_the_first_rows_are_looked_at() {
        let mut rows = RowPrefetch::default();
        let first: Vec<u32> = (0..MOST_ROWS as u32).collect();
        assert_eq!(rows.others(0..=MOST_ROWS as u32, MOST_REMAINDERS), first);
        assert_eq!(rows.others(MOST_ROWS as u32..=MOST_ROWS as u32, MOST_REMAINDERS), [MOST_ROWS as u32]);
    }
}
