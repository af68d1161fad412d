//! Puts a finished directory in the place of another one. At each moment the old model is there, or
//! the new one, or, between two renames, none. A reader that opens the files one after another
//! during the renames can get some of each.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

/// A directory that is being written, next to its target. It is removed with its contents unless it
/// was put in place.
pub(super) struct NewDirectory {
    path: PathBuf,
    target: PathBuf,
}

impl NewDirectory {
    /// Creates the directory, and missing ones above it.
    pub(super) fn beside(target: &Path) -> io::Result<Self> {
        let parent = target.parent().unwrap_or(Path::new("/"));
        fs::create_dir_all(parent)?;
        let path = unused_name(target);
        fs::create_dir(&path)?;
        let directory = Self { path, target: target.to_owned() };
        // The new model gets the permissions of the old one.
        if let Ok(old) = fs::metadata(target) {
            fs::set_permissions(&directory.path, old.permissions())?;
        }
        Ok(directory)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Renames the directory to the target's name. Other files of the target move into it, since
    /// Python leaves them there too.
    pub(super) fn put_in_place(self) -> io::Result<()> {
        // Two saves of this process to one target have to take turns.
        static RENAMING: Mutex<()> = Mutex::new(());
        let _renaming = RENAMING.lock().unwrap_or_else(PoisonError::into_inner);
        let old = unused_name(&self.target);
        match fs::rename(&self.target, &old) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return fs::rename(&self.path, &self.target),
            other => other?,
        }
        if let Err(error) = fs::rename(&self.path, &self.target) {
            return Err(match fs::rename(&old, &self.target) {
                Ok(()) => error,
                Err(_) => io::Error::new(error.kind(), format!("{error}; what was there is now {}", old.display())),
            });
        }
        for entry in fs::read_dir(&old)? {
            let name = entry?.file_name();
            let place = self.target.join(&name);
            if place.symlink_metadata().is_err() {
                fs::rename(old.join(&name), place)?;
            }
        }
        fs::remove_dir_all(old)
    }
}

impl Drop for NewDirectory {
    fn drop(&mut self) {
        // After `put_in_place` it no longer exists.
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// A hidden name next to `target` that no other save uses. It includes the time, because an earlier
/// process with the same id may have been killed during a save: in a container every process can
/// have id 1.
fn unused_name(target: &Path) -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let time = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_nanos());
    target.with_file_name(format!(".{name}.{}-{time:x}-{number}", std::process::id()))
}
