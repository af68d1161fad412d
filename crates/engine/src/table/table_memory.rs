//! Where the bytes of a table are: in one place for good, or mapped first and copied soon after.
//!
//! Copying a table takes longer than everything else of a load, and a process that encodes a few
//! texts reads a few rows of it. So a table that is to be copied anyway is mapped, used at once,
//! and read by another thread: from the file, as a mapping of a file that was cut off meanwhile
//! would end the process (SIGBUS).

use std::fs::File;
use std::io::{Seek, SeekFrom};
use std::sync::{Mutex, OnceLock, PoisonError};

use super::bytes::{CopyError, TableBytes};

/// The file that has the bytes, and where they begin in it.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) file: File,
    pub(super) position: u64,
}

/// The bytes of a table.
///
/// Readers borrow either place from here, and neither is freed before the table is: a reader that
/// began with the mapping goes on with it, over the same bytes, while others have the copy already.
#[derive(Debug)]
pub(super) struct TableMemory {
    first: TableBytes,
    /// Takes the place of `first` once it is whole.
    copy: OnceLock<TableBytes>,
    /// What the copy has yet to be read from; `None` = it is made, or none is to be. Locked while a
    /// thread makes it, so that others wait.
    source: Mutex<Option<Source>>,
}

impl TableMemory {
    /// Bytes that stay where they are.
    pub(super) fn settled(bytes: TableBytes) -> Self {
        Self { first: bytes, copy: OnceLock::new(), source: Mutex::new(None) }
    }

    /// Bytes of a mapped file that are to be copied.
    pub(super) fn to_be_copied(bytes: TableBytes, source: Source) -> Self {
        Self { first: bytes, copy: OnceLock::new(), source: Mutex::new(Some(source)) }
    }

    /// The bytes where they are now.
    #[inline]
    pub(super) fn bytes(&self) -> &TableBytes {
        self.copy.get().unwrap_or(&self.first)
    }

    /// Whether the bytes were copied after they had been mapped.
    pub(super) fn is_copied(&self) -> bool {
        self.copy.get().is_some()
    }

    /// Whether the bytes are mapped and will be copied, or are just being copied.
    pub(super) fn is_to_be_copied(&self) -> bool {
        // A thread that holds the lock is copying.
        let is_due = match self.source.try_lock() {
            Ok(source) => source.is_some(),
            Err(std::sync::TryLockError::Poisoned(source)) => source.into_inner().is_some(),
            Err(std::sync::TryLockError::WouldBlock) => true,
        };
        is_due && !self.is_copied()
    }

    /// Copies the bytes if they are to be copied, or waits for the thread that does. Without memory
    /// for a copy, and where the file can't be read any more, they stay mapped, for good.
    pub(super) fn settle(&self) {
        let mut source = self.source.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(Source { mut file, position }) = source.take() else { return };
        let copied: Result<TableBytes, CopyError> = match file.seek(SeekFrom::Start(position)) {
            Ok(_) => TableBytes::copy(file, self.first.len()),
            Err(error) => Err(CopyError::Unreadable(error)),
        };
        if let Ok(copied) = copied {
            // Only this thread sets it, and once.
            let _ = self.copy.set(copied);
            self.first.release_pages();
        }
    }

    /// Releases the pages of a mapped file, unless they will be copied.
    pub(super) fn release_pages(&self) {
        if !self.is_to_be_copied() {
            self.bytes().release_pages();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::bytes::Element;
    use super::*;

    // SAFETY: all bit patterns are values.
    unsafe impl Element for u8 {}

    /// A mapped file, and the same file again.
    fn mapped(bytes: &[u8]) -> (TableBytes, Source) {
        use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("m2v-memory-{}-{}", std::process::id(), COUNT.fetch_add(1, Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, bytes).unwrap();
        let file = File::options().read(true).write(true).open(&path).unwrap();
        let mapped = TableBytes::map(&file, 0, bytes.len(), 1).unwrap();
        // Windows keeps a file that is still mapped.
        let _ = std::fs::remove_file(path);
        (mapped, Source { file, position: 0 })
    }

    fn to_be_copied(bytes: &[u8]) -> TableMemory {
        let (mapped, source) = mapped(bytes);
        TableMemory::to_be_copied(mapped, source)
    }

    #[test]
    fn a_file_that_is_cut_off_before_it_is_copied_ends_no_process() {
        let (mapped, source) = mapped(&[7; 1 << 20]);
        source.file.set_len(10).unwrap();
        let memory = TableMemory::to_be_copied(mapped, source);
        memory.settle();
        assert!(!memory.is_copied() && !memory.is_to_be_copied());
    }

    #[test]
    fn a_reader_that_began_with_the_mapping_keeps_its_bytes_while_others_get_the_copy() {
        let data: Vec<u8> = (0..1 << 20).map(|index: u32| (index % 251) as u8).collect();
        let memory = to_be_copied(&data);
        let before = memory.bytes().elements::<u8>();
        assert!(memory.is_to_be_copied() && !memory.is_copied());
        memory.settle();
        let after = memory.bytes().elements::<u8>();
        assert!(!memory.is_to_be_copied() && memory.is_copied());
        assert_ne!(before.as_ptr(), after.as_ptr());
        assert!(after.as_ptr().addr().is_multiple_of(64));
        assert!(before == data && after == data);
    }

    #[test]
    fn threads_that_settle_at_once_all_find_one_whole_copy() {
        let data = vec![7; 4 << 20];
        let memory = to_be_copied(&data);
        let addresses: Vec<usize> = std::thread::scope(|scope| {
            let settle = || {
                memory.settle();
                assert!(memory.is_copied());
                memory.bytes().elements::<u8>().as_ptr().addr()
            };
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(settle)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(addresses.iter().all(|address| *address == addresses[0]));
        assert!(memory.bytes().elements::<u8>() == data);
    }

    #[test]
    fn bytes_that_are_where_they_stay_are_never_copied() {
        let memory = TableMemory::settled(mapped(&[1, 2, 3]).0);
        memory.settle();
        assert!(!memory.is_copied() && !memory.is_to_be_copied());
        assert_eq!(memory.bytes().elements::<u8>(), [1, 2, 3]);
    }
}
