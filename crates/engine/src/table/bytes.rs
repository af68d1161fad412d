//! Holds a table's bytes: in this process's own memory, or in the pages of the file.

use std::fs::File;
use std::io::{self, Read};

use memmap2::{Mmap, MmapMut, MmapOptions};

/// How the table's bytes are held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum MemoryMode {
    /// `Copy` up to 256 MiB, `Map` above. A table that will be copied is mapped for the first
    /// 50 milliseconds (except on Windows, where a mapped file could not be replaced until the model is
    /// closed), so that the first texts don't wait for the copy.
    #[default]
    Auto,
    /// Read once, into memory of this process that is aligned to 64 bytes.
    Copy,
    /// The file's own pages, shared between processes. The file must not be truncated in place
    /// while the model is loaded.
    Map,
}

impl MemoryMode {
    /// The largest table that `Auto` copies. For larger ones, sharing the pages between processes
    /// is worth more than aligned rows.
    const LARGEST_COPY: u64 = 256 << 20;

    /// Whether a table of this many bytes is mapped when it is read, and stays mapped.
    pub(super) fn maps(self, table_bytes: u64) -> bool {
        match self {
            Self::Auto => table_bytes > Self::LARGEST_COPY,
            Self::Copy => false,
            Self::Map => true,
        }
    }

    /// Whether a table is mapped when it is read, and copied later.
    pub(super) fn maps_first(self, table_bytes: u64) -> bool {
        self == Self::Auto && !self.maps(table_bytes) && cfg!(not(windows))
    }
}

/// Read-only bytes at a fixed address, a multiple of the element size that they were made for.
#[derive(Debug)]
pub(super) struct TableBytes {
    memory: Mmap,
    #[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "only Linux gives pages back"))]
    is_file: bool,
}

/// A number type of which every bit pattern is a value.
///
/// # Safety
/// Every bit pattern must be a value of the type.
pub(super) unsafe trait Element: Copy {}

// SAFETY: all bit patterns are values.
unsafe impl Element for i8 {}
// SAFETY: all bit patterns are values.
unsafe impl Element for u16 {}
// SAFETY: all bit patterns are values, including NaNs with any payload.
unsafe impl Element for f32 {}
// SAFETY: all bit patterns are values, including NaNs with any payload.
unsafe impl Element for f64 {}

/// Why bytes could not be copied.
#[derive(Debug)]
pub(super) enum CopyError {
    OutOfMemory,
    Unreadable(io::Error),
}

impl TableBytes {
    /// Reads `length` bytes, more than 0, into memory of this process that begins at a page (and so
    /// at a multiple of 64).
    pub(super) fn copy(mut reader: impl Read, length: usize) -> Result<Self, CopyError> {
        Self::fill(length, |memory| reader.read_exact(memory))
    }

    /// Allocates `length` bytes, more than 0, that `write` fills.
    ///
    /// They are an anonymous mapping instead of heap memory for two reasons: too little memory is
    /// an error instead of an abort, and the kernel can be asked for huge pages, which save the
    /// pooling loop most of its TLB misses.
    pub(super) fn fill(length: usize, write: impl FnOnce(&mut [u8]) -> io::Result<()>) -> Result<Self, CopyError> {
        let mut memory = MmapMut::map_anon(length).map_err(|_| CopyError::OutOfMemory)?;
        #[cfg(target_os = "linux")]
        // A kernel without huge pages refuses; the table works with small ones.
        let _ = memory.advise(memmap2::Advice::HugePage);
        write(&mut memory).map_err(CopyError::Unreadable)?;
        let memory = memory.make_read_only().map_err(CopyError::Unreadable)?;
        Ok(Self { memory, is_file: false })
    }

    /// Maps the file's own pages. `None` if they can't be used: the bytes do not begin at a
    /// multiple of `element_size` in the file, or its file system can't map files.
    pub(super) fn map(file: &File, position: u64, length: usize, element_size: usize) -> Option<Self> {
        // SAFETY: a mapping is sound as long as the file is not changed while it is mapped. A
        // process that writes into it changes numbers only: every bit pattern is an element, and
        // everything that decides what is in bounds (the header, the row of each id) was copied out
        // of the file. A process that truncates it in place makes this one fail with SIGBUS, as
        // `MemoryMode::Map` documents.
        let memory = unsafe { MmapOptions::new().offset(position).len(length).map(file) };
        let memory = memory.ok().filter(|memory| memory.as_ptr().addr().is_multiple_of(element_size))?;
        Some(Self { memory, is_file: true })
    }

    /// How many bytes there are.
    pub(super) fn len(&self) -> usize {
        self.memory.len()
    }

    /// Removes the file's pages from this process. The next access finds them again in the kernel's
    /// cache, or reads the file.
    pub(super) fn release_pages(&self) {
        #[cfg(target_os = "linux")]
        if self.is_file {
            // SAFETY: the pages belong to a file and were never written, so the next read gives the
            // same bytes.
            let advised = unsafe { self.memory.unchecked_advise(memmap2::UncheckedAdvice::DontNeed) };
            // A kernel that refuses just keeps the pages.
            let _ = advised;
        }
    }

    /// The bytes as elements.
    ///
    /// # Panics
    /// When the bytes were made for another element size.
    pub(super) fn elements<T: Element>(&self) -> &[T] {
        // SAFETY: `Element` guarantees that every bit pattern is a `T`.
        let (before, elements, after) = unsafe { self.memory.align_to::<T>() };
        assert!(before.is_empty() && after.is_empty(), "the bytes were made for another element size");
        elements
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_that_can_not_be_allocated_is_an_error() {
        let result = TableBytes::copy(io::repeat(0), isize::MAX as usize);
        assert!(matches!(result, Err(CopyError::OutOfMemory)), "{result:?}");
    }

    #[test]
    fn bytes_that_end_early_are_an_error() {
        let result = TableBytes::copy(&[1, 2, 3][..], 4);
        assert!(
            matches!(&result, Err(CopyError::Unreadable(e)) if e.kind() == io::ErrorKind::UnexpectedEof),
            "{result:?}"
        );
    }

    #[test]
    fn copied_bytes_begin_at_a_multiple_of_64_and_are_little_endian_elements() {
        let bytes = TableBytes::copy(&[0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0][..], 8).unwrap();
        assert!(bytes.memory.as_ptr().addr().is_multiple_of(64));
        assert_eq!(bytes.elements::<f32>(), [1.0, -2.0]);
        assert_eq!(bytes.elements::<u16>(), [0, 0x3f80, 0, 0xc000]);
        assert_eq!(bytes.elements::<i8>(), [0, 0, -128, 0x3f, 0, 0, 0, -64]);
        assert_eq!(bytes.elements::<f64>().len(), 1);
    }
}
