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

/// Asks for the first `columns` elements of each row of a row-major table of `dim` columns, to be brought into the second-level
/// cache: as many rows as should be asked for at once. Rows that the table does not have are no error.
pub(crate) fn prefetch_rows<T>(table: &[T], dim: usize, columns: usize, row_ids: impl Iterator<Item = u32>) {
    let lines = (columns * size_of::<T>()).div_ceil(LINE_BYTES);
    let most = MOST_BYTES / (lines * LINE_BYTES).max(1);
    for row_id in row_ids.take(most) {
        let row = table.as_ptr().wrapping_add(row_id as usize * dim).cast::<u8>();
        for line in 0..lines {
            prefetch_far(row.wrapping_add(line * LINE_BYTES));
        }
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
