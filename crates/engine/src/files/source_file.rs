//! A file that a model was loaded from, and that is read again later if it has not changed.

use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// A file, with its size and modification time at the load.
#[derive(Debug)]
pub(crate) struct SourceFile {
    path: PathBuf,
    seen: Option<(u64, Option<SystemTime>)>,
}

impl SourceFile {
    /// Must be called before the file is loaded, so that a change during the load is noticed.
    pub(crate) fn new(path: PathBuf) -> Self {
        let seen = path.metadata().ok().map(|metadata| identity(&metadata));
        Self { path, seen }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Its size in bytes at the load.
    pub(crate) fn size(&self) -> u64 {
        self.seen.map_or(0, |(size, _)| size)
    }

    /// The bytes of the file.
    ///
    /// # Errors
    /// When it can't be read, or has changed since the load.
    pub(crate) fn read(&self) -> io::Result<Vec<u8>> {
        let bytes = std::fs::read(&self.path)?;
        if self.seen != Some(identity(&self.path.metadata()?)) {
            return Err(io::Error::other("the file has changed since it was loaded"));
        }
        Ok(bytes)
    }
}

fn identity(metadata: &Metadata) -> (u64, Option<SystemTime>) {
    (metadata.len(), metadata.modified().ok())
}
