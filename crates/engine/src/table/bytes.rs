//! How a table's bytes are held: in this process's own memory, or in the file's pages.

use std::fs::File;
use std::io::{self, Read};

use memmap2::{Mmap, MmapMut, MmapOptions};

/// Read-only bytes that stay where they are and begin at a multiple of the element size that they were made for.
#[derive(Debug)]
pub(super) struct TableBytes {
    memory: Mmap,
    #[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "only Linux gives pages back"))]
    is_file: bool,
}

/// A type that every pattern of bits is a value of.
///
/// # Safety
/// Every pattern of bits must be a value.
pub(super) unsafe trait Element: Copy {}

// SAFETY: all patterns are values.
unsafe impl Element for i8 {}
// SAFETY: all patterns are values.
unsafe impl Element for u16 {}
// SAFETY: all patterns are values, NaNs with any payload among them.
unsafe impl Element for f32 {}
// SAFETY: all patterns are values, NaNs with any payload among them.
unsafe impl Element for f64 {}

/// Why bytes could not be copied.
#[derive(Debug)]
pub(super) enum CopyError {
    OutOfMemory,
    Unreadable(io::Error),
}

impl TableBytes {
    /// Reads `length` bytes, more than 0, into memory of this process that begins at a page (so at a multiple of 64).
    pub(super) fn copy(mut reader: impl Read, length: usize) -> Result<Self, CopyError> {
        Self::fill(length, |memory| reader.read_exact(memory))
    }

    /// Memory of this process of `length` bytes, more than 0, that `write` fills.
    ///
    /// An anonymous mapping and not the heap: where there is not enough memory it fails with an error instead of an abort, and
    /// the kernel can be asked for huge pages, which save the pooling loop most of its misses in the page tables.
    pub(super) fn fill(length: usize, write: impl FnOnce(&mut [u8]) -> io::Result<()>) -> Result<Self, CopyError> {
        let mut memory = MmapMut::map_anon(length).map_err(|_| CopyError::OutOfMemory)?;
        #[cfg(target_os = "linux")]
        // A kernel without huge pages refuses: the vectors are the same with small ones.
        let _ = memory.advise(memmap2::Advice::HugePage);
        write(&mut memory).map_err(CopyError::Unreadable)?;
        let memory = memory.make_read_only().map_err(CopyError::Unreadable)?;
        Ok(Self { memory, is_file: false })
    }

    /// The file's own pages; `None` where they can't be used: the bytes do not begin at a multiple of `element_size` in the
    /// file, or its file system maps no files.
    pub(super) fn map(file: &File, position: u64, length: usize, element_size: usize) -> Option<Self> {
        // SAFETY: what the map needs is that nobody changes the file while it is open. Whoever writes into it changes numbers
        // only: each pattern of bits is an element, and everything that decides what is in bounds (the header, the row of each
        // id) was copied out of the file. Whoever truncates it in place makes this process fail with SIGBUS: `MemoryMode::Map`
        // documents this.
        let memory = unsafe { MmapOptions::new().offset(position).len(length).map(file) };
        let memory = memory.ok().filter(|memory| memory.as_ptr().addr().is_multiple_of(element_size))?;
        Some(Self { memory, is_file: true })
    }

    /// How many bytes there are.
    pub(super) fn len(&self) -> usize {
        self.memory.len()
    }

    /// Takes the file's pages out of this process; the next access finds them again in the kernel's cache, or in the file.
    pub(super) fn release_pages(&self) {
        #[cfg(target_os = "linux")]
        if self.is_file {
            // SAFETY: the pages are those of a file and were never written, so that what is read next is the same.
            let outcome = unsafe { self.memory.unchecked_advise(memmap2::UncheckedAdvice::DontNeed) };
            // A kernel that refuses keeps the pages.
            let _ = outcome;
        }
    }

    /// The bytes as elements.
    ///
    /// # Panics
    /// When the bytes were made for another element size.
    pub(super) fn elements<T: Element>(&self) -> &[T] {
        // SAFETY: `Element` promises that every pattern of bits is a `T`.
        let (before, elements, after) = unsafe { self.memory.align_to::<T>() };
        assert!(before.is_empty() && after.is_empty(), "the bytes were made for another element size");
        elements
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_that_can_not_be_had_is_an_error() {
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
