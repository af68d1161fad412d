//! A file that a model was loaded from, to be read again later: only as long as it is the same.

use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// A file and what it was like when it was loaded.
#[derive(Debug)]
pub(crate) struct SourceFile {
    path: PathBuf,
    seen: Option<(u64, Option<SystemTime>)>,
}

impl SourceFile {
    /// To be called before the file is loaded: a change meanwhile shows.
    pub(crate) fn new(path: PathBuf) -> Self {
        let seen = path.metadata().ok().map(|metadata| identity(&metadata));
        Self { path, seen }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// How many bytes it had when it was loaded.
    pub(crate) fn size(&self) -> u64 {
        self.seen.map_or(0, |(size, _)| size)
    }

    /// The bytes.
    ///
    /// # Errors
    /// When it can't be read, or is not the file any more that was loaded.
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
