//! One table in memory for a model that is loaded several times, by whichever threads.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::time::SystemTime;

use model2vec_engine::{LoadControl, LoadError, LoadOptions, StaticModel};

/// What two loads must have in common to share a table: the directory, its files as they are now, and the options.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    directory: PathBuf,
    options: LoadOptions,
    files: Vec<FileIdentity>,
}

/// A file as it is now: another one in its place, or a rewritten one, differs.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct FileIdentity {
    name: &'static str,
    device: u64,
    inode: u64,
    size: u64,
    modified: Option<SystemTime>,
}

/// Where the loaded model is kept while any handle holds it. Its lock is held while it loads: a second load of the same model
/// waits for the first.
type Slot = Arc<Mutex<Weak<StaticModel>>>;

static MODELS: OnceLock<Mutex<HashMap<Key, Slot>>> = OnceLock::new();

/// The model in `directory`: the one that is in memory already, or a newly loaded one.
pub(crate) fn open(
    directory: &Path,
    options: &LoadOptions,
    watch: &LoadControl,
) -> Result<Arc<StaticModel>, LoadError> {
    let directory = directory.canonicalize().unwrap_or_else(|_| directory.to_path_buf());
    let files = identities(&directory, options);
    let key = Key { directory: directory.clone(), options: options.clone(), files };
    let slot = {
        let models = MODELS.get_or_init(Mutex::default);
        let mut models = models.lock().unwrap_or_else(PoisonError::into_inner);
        // Models that nobody holds any more and nobody loads just now.
        models.retain(|_, slot| Arc::strong_count(slot) > 1 || slot.lock().is_ok_and(|model| model.strong_count() > 0));
        Arc::clone(models.entry(key).or_default())
    };
    let mut kept = slot.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(model) = kept.upgrade() {
        return Ok(model);
    }
    let model = Arc::new(StaticModel::load_with(&directory, options, watch)?);
    *kept = Arc::downgrade(&model);
    Ok(model)
}

/// The files that any layout reads, as they are now.
fn identities(directory: &Path, options: &LoadOptions) -> Vec<FileIdentity> {
    const NAMES: [&str; 6] = [
        "config.json",
        "config_sentence_transformers.json",
        "tokenizer.json",
        "model.safetensors",
        "0_StaticEmbedding/tokenizer.json",
        "0_StaticEmbedding/model.safetensors",
    ];
    let directory = options.subfolder.as_ref().map_or_else(|| directory.to_path_buf(), |name| directory.join(name));
    let identity = |name| {
        let data = directory.join(name).metadata().ok()?;
        let (device, inode) = device_and_inode(&data);
        Some(FileIdentity { name, device, inode, size: data.len(), modified: data.modified().ok() })
    };
    NAMES.into_iter().filter_map(identity).collect()
}

#[cfg(unix)]
fn device_and_inode(data: &std::fs::Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;
    (data.dev(), data.ino())
}

/// Windows' file index needs an open handle; size and time tell a rewritten file from the old one.
#[cfg(not(unix))]
fn device_and_inode(_: &std::fs::Metadata) -> (u64, u64) {
    (0, 0)
}
