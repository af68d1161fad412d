//! Saves a model as Python's `save_pretrained` does (model2vec 0.10.0, persistence/persistence.py),
//! without its model card. Python writes the files in place. Here a finished directory replaces the
//! old one (`replace.rs`), so a crash leaves the old model, the new one, or none under this name,
//! but never a half-written model.

mod json;
mod replace;
mod tensors;

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::head::{HEAD_FILE, Head};
use crate::model::options::EncodeOptions;
use crate::model::save::json::{Object, Style};
use crate::model::save::replace::NewDirectory;
use crate::model::static_model::StaticModel;
use crate::table::MemoryMode;

/// Why a model could not be saved.
#[derive(Debug)]
pub struct SaveError {
    path: PathBuf,
    reason: String,
}

impl SaveError {
    /// The stable code. It is the same for every reason: a directory that can't be written is an
    /// invalid option, and source files that have changed are reported with this code too.
    #[must_use]
    pub fn code(&self) -> &'static str {
        "ERR_INVALID_OPTION"
    }
}

impl fmt::Display for SaveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.reason)
    }
}

impl std::error::Error for SaveError {}

impl StaticModel {
    /// Writes `model.safetensors`, `tokenizer.json`, `config.json` and `modules.json` into
    /// `directory`. Creates the directory, or replaces its files of these names. `defaults` are the
    /// options that the saved configuration sets for calls.
    ///
    /// The files are written to a new directory first. Once they are complete and on disk, it takes
    /// the place of `directory`, whose other files move into it.
    ///
    /// The table is written as the model holds it. `tokenizer.json` and `config.json` are made from
    /// the files that the model was loaded from, which are read again.
    ///
    /// # Errors
    /// A [`SaveError`] when a file can't be written, when the `config.json` or `tokenizer.json`
    /// that the model was loaded from can't be read or has changed since, and when `directory` is a
    /// file, is the working directory, or holds the table file that this model has mapped.
    pub fn save(&self, directory: &Path, defaults: EncodeOptions) -> Result<(), SaveError> {
        self.save_files(directory, defaults, None)
    }

    /// [`save`](Self::save) with the head, as Python's pipelines are saved: `head.safetensors` as
    /// it was loaded, and `head_config` in `config.json`.
    ///
    /// # Errors
    /// As [`save`](Self::save), and when the model was loaded without a head.
    pub fn save_with_head(&self, directory: &Path, defaults: EncodeOptions) -> Result<(), SaveError> {
        let head = self.head.as_deref().ok_or_else(|| SaveError {
            path: directory.to_owned(),
            reason: "the model can't be saved with a head: it was loaded without one".to_owned(),
        })?;
        self.save_files(directory, defaults, Some(head))
    }

    fn save_files(&self, directory: &Path, defaults: EncodeOptions, head: Option<&Head>) -> Result<(), SaveError> {
        let failed = |path: &Path, reason: String| SaveError { path: path.to_owned(), reason };
        let not_written = |error: io::Error| failed(directory, format!("the model can't be saved: {error}"));
        // If `directory` is a symbolic link, the directory that it leads to is replaced, not the
        // link.
        let target = directory.canonicalize().unwrap_or_else(|_| directory.to_owned());
        // One look-up (no `exists` before it): between two, another save can rename the directory.
        if fs::metadata(&target).is_ok_and(|found| !found.is_dir()) {
            return Err(failed(directory, "expected a directory to save to, found a file".to_owned()));
        }
        let working = std::env::current_dir().and_then(|directory| directory.canonicalize());
        if working.is_ok_and(|working| working == target) {
            let reason =
                "expected another directory than the working directory, which would be replaced, found the same";
            return Err(failed(directory, reason.to_owned()));
        }
        // A table that is still to be copied is copied before its file may be replaced.
        self.table().settle();
        let is_own = |file: &Path| file.parent().is_some_and(|folder| folder.canonicalize().is_ok_and(|f| f == target));
        if self.table().memory() == MemoryMode::Map && is_own(self.files.table.as_path()) {
            let reason =
                "expected another directory than the one whose table is mapped (`memory` 'map'), found the same";
            return Err(failed(directory, reason.to_owned()));
        }
        let changed = |path: &Path, error: io::Error| failed(path, format!("the model can't be saved: {error}"));
        let config = self.files.config.read().map_err(|error| changed(self.files.config.path(), error))?;
        let tokenizer = self.files.tokenizer.read().map_err(|error| changed(self.files.tokenizer.path(), error))?;
        let config = self
            .config_json(&config, defaults, head)
            .map_err(|error| changed(self.files.config.path(), error.into()))?;
        let tokenizer = tokenizer_json(&tokenizer, defaults.max_length)
            .map_err(|error| changed(self.files.tokenizer.path(), error.into()))?;

        let new = NewDirectory::beside(&target).map_err(not_written)?;
        let write = |name: &str, content: &[u8]| {
            let mut file = File::create_new(new.path().join(name))?;
            file.write_all(content)?;
            file.sync_all()
        };
        let write_all = || {
            let mut file = File::create_new(new.path().join("model.safetensors"))?;
            tensors::write(self.table(), &mut file)?;
            file.sync_all()?;
            write("tokenizer.json", tokenizer.as_bytes())?;
            if let Some(head) = head {
                write(HEAD_FILE, head.file())?;
            }
            write("modules.json", modules_json(defaults.normalize).as_bytes())?;
            write("config.json", config.as_bytes())
        };
        write_all().and_then(|()| new.put_in_place()).map_err(not_written)
    }

    /// The loaded configuration with the settings that model2vec 0.10.0 changes, in the same order,
    /// since the file has new settings at its end (model.py, `StaticModel.__init__`: first
    /// `max_length`, then `normalize`; inference/model.py, `_save_pipeline`: `head_config`;
    /// persistence.py, `save_pretrained`).
    fn config_json(&self, loaded: &[u8], defaults: EncodeOptions, head: Option<&Head>) -> serde_json::Result<String> {
        let mut config = Object::parse(loaded)?;
        config.set("max_length", defaults.max_length.map_or("null".to_owned(), |length| length.to_string()));
        config.set("normalize", defaults.normalize.to_string());
        if let Some(head) = head {
            config.set("head_config", head.config_json());
        }
        config.set("embedding_dtype", format!("\"{}\"", self.table_dtype()));
        if self.table().mapping().is_some() {
            config.set("vocabulary_quantization", self.table().rows().to_string());
        } else {
            config.remove("vocabulary_quantization");
        }
        Ok(config.write(Style::Indented))
    }
}

/// The settings of the tokenizer's padding that model2vec keeps; the others are set so that nothing
/// is padded (model.py, `_disable_padding`).
#[derive(Deserialize)]
struct Padding {
    pad_id: u32,
    pad_type_id: u32,
    pad_token: String,
}

/// The loaded tokenizer with the truncation and the padding that model2vec 0.10.0 sets (model.py,
/// `_set_max_length_in_tokenizer`, `_disable_padding`). Python's model2vec sets both again when it
/// loads the file, but other libraries use what the file says.
fn tokenizer_json(loaded: &[u8], max_length: Option<usize>) -> serde_json::Result<String> {
    let mut tokenizer = Object::parse(loaded)?;
    let truncation = max_length.map_or("null".to_owned(), |length| {
        format!(r#"{{"direction":"Right","max_length":{length},"strategy":"LongestFirst","stride":0}}"#)
    });
    tokenizer.set("truncation", truncation);
    let padding: Option<Padding> = tokenizer.get("padding").map_or(Ok(None), serde_json::from_str)?;
    if let Some(Padding { pad_id, pad_type_id, pad_token }) = padding {
        let token = serde_json::to_string(&pad_token)?;
        let padding = format!(
            r#"{{"strategy":{{"Fixed":0}},"direction":"Right","pad_to_multiple_of":null,"pad_id":{pad_id},"pad_type_id":{pad_type_id},"pad_token":{token}}}"#
        );
        tokenizer.set("padding", padding);
    }
    Ok(tokenizer.write(Style::Compact))
}

/// The list of modules from which sentence-transformers builds the model (persistence.py,
/// `save_pretrained`). Neither Python nor we create the folder `1_Normalize`.
fn modules_json(normalize: bool) -> String {
    const STATIC: &str = r#"{"idx":0,"name":"0","path":".","type":"sentence_transformers.models.StaticEmbedding"}"#;
    const NORMALIZE: &str =
        r#",{"idx":1,"name":"1","path":"1_Normalize","type":"sentence_transformers.models.Normalize"}"#;
    json::reformat(&format!("[{STATIC}{}]", if normalize { NORMALIZE } else { "" }), Style::Indented)
}
