//! The models in memory: one that is loaded several times, by any threads of the process, is there
//! once.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use model2vec_engine::{LoadControl, LoadError, LoadOptions, StaticModel, source_files};

use crate::shared::Shared;

/// Two loads share a model if these are equal: the directory, its files as they are now, and the
/// options.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    directory: PathBuf,
    options: LoadOptions,
    with_head: bool,
    files: Vec<FileIdentity>,
}

/// A file as it is now. A file that replaces it, or new contents, make another identity.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct FileIdentity {
    name: &'static str,
    device: u64,
    inode: u64,
    size: u64,
    modified: Option<SystemTime>,
}

static MODELS: OnceLock<Shared<Key, StaticModel>> = OnceLock::new();

/// The model in `directory`: from memory, or newly loaded.
pub(crate) fn open(
    directory: &Path,
    options: &LoadOptions,
    control: &LoadControl,
) -> Result<Arc<StaticModel>, LoadError> {
    let directory = directory.canonicalize().unwrap_or_else(|_| directory.to_path_buf());
    open_shared(&directory, options, false, || StaticModel::load_with(&directory, options, control))
}

/// The model in `directory` with its head. The table is that of the model without it.
pub(crate) fn open_with_head(
    directory: &Path,
    options: &LoadOptions,
    control: &LoadControl,
) -> Result<Arc<StaticModel>, LoadError> {
    let directory = directory.canonicalize().unwrap_or_else(|_| directory.to_path_buf());
    open_shared(&directory, options, true, || open(&directory, options, control)?.with_head())
}

/// The model of a key, from memory or by `load`.
fn open_shared(
    directory: &Path,
    options: &LoadOptions,
    with_head: bool,
    load: impl FnOnce() -> Result<StaticModel, LoadError>,
) -> Result<Arc<StaticModel>, LoadError> {
    let files = identities(directory, options);
    let key = Key { directory: directory.to_path_buf(), options: options.clone(), with_head, files };
    MODELS.get_or_init(Shared::new).get_or_load(key, load)
}

/// The files that a load may read, as they are now.
fn identities(directory: &Path, options: &LoadOptions) -> Vec<FileIdentity> {
    let directory = options.subfolder.as_ref().map_or_else(|| directory.to_path_buf(), |name| directory.join(name));
    let identity = |name| {
        let data = directory.join(name).metadata().ok()?;
        let (device, inode) = device_and_inode(&data);
        Some(FileIdentity { name, device, inode, size: data.len(), modified: data.modified().ok() })
    };
    source_files().filter_map(identity).collect()
}

#[cfg(unix)]
fn device_and_inode(data: &std::fs::Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;
    (data.dev(), data.ino())
}

/// Windows' file index needs an open file; size and time distinguish a rewritten file from the old
/// one well enough.
#[cfg(not(unix))]
fn device_and_inode(_: &std::fs::Metadata) -> (u64, u64) {
    (0, 0)
}
