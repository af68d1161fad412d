//! Huge pages for fresh results: the first write to each page of new memory costs more than the
//! vectors that are written to it.

/// Asks for huge pages in `bytes` bytes from `start` on, where no page has been written yet. Where
/// the kernel has none, nothing changes.
#[cfg(target_os = "linux")]
pub(crate) fn advise(start: *mut u8, bytes: usize) {
    /// The size of a huge page on x86-64 and ARM64.
    const HUGE_PAGE: usize = 2 << 20;
    /// Smaller results reuse memory of the heap, or are done before huge pages are cleared.
    const WORTH_BYTES: usize = 4 << 20;

    if bytes < WORTH_BYTES {
        return;
    }
    let first = start.addr().next_multiple_of(HUGE_PAGE);
    let end = (start.addr() + bytes) / HUGE_PAGE * HUGE_PAGE;
    if first < end {
        // SAFETY: the range lies within the caller's memory, and this advice changes neither its
        // contents nor who may use it.
        unsafe { libc::madvise(start.with_addr(first).cast(), end - first, libc::MADV_HUGEPAGE) };
    }
}

/// Other systems choose the size of pages themselves.
#[cfg(not(target_os = "linux"))]
pub(crate) fn advise(_start: *mut u8, _bytes: usize) {}
