//! Saves a model as Python's `save_pretrained` does (model2vec 0.10.0, persistence/persistence.py), in one piece.

mod json;
mod replace;
mod tensors;

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::model::{EncodeOptions, StaticModel};
use crate::table::MemoryMode;
use json::{Object, Style};
use replace::NewDirectory;

/// Why a model could not be saved.
#[derive(Debug)]
pub struct SaveError {
    path: PathBuf,
    reason: String,
}

impl SaveError {
    /// The stable code: a directory that can't be written is an option that can't be honored.
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
    /// Writes `model.safetensors`, `tokenizer.json`, `config.json` and `modules.json` into `directory`, which is made, or whose
    /// files of these names are replaced. `defaults` are what the configuration says of calls.
    ///
    /// The files are complete, and on the disk, in a directory beside it before it takes the place of `directory`.
    ///
    /// # Errors
    /// When a file can't be written, when a file that the model was loaded from has changed since, and when `directory` is the one
    /// whose table file is mapped.
    pub fn save(&self, directory: &Path, defaults: EncodeOptions) -> Result<(), SaveError> {
        let failed = |path: &Path, reason: String| SaveError { path: path.to_owned(), reason };
        let not_written = |error: io::Error| failed(directory, format!("the model can't be saved: {error}"));
        // The directory itself, not a symbolic link to it, is what is replaced.
        let target = directory.canonicalize().unwrap_or_else(|_| directory.to_owned());
        // Asked once: between two questions, another save can be renaming the directory.
        if fs::metadata(&target).is_ok_and(|found| !found.is_dir()) {
            return Err(failed(directory, "expected a directory to save to, found a file".to_owned()));
        }
        let working = std::env::current_dir().and_then(|directory| directory.canonicalize());
        if working.is_ok_and(|working| working == target) {
            let reason =
                "expected another directory than the working directory, which would be replaced, found the same";
            return Err(failed(directory, reason.to_owned()));
        }
        let is_own = |file: &Path| file.parent().is_some_and(|folder| folder.canonicalize().is_ok_and(|f| f == target));
        if self.table().memory() == MemoryMode::Map && is_own(self.files().table.as_path()) {
            let reason =
                "expected another directory than the one whose table is mapped (`memory` 'map'), found the same";
            return Err(failed(directory, reason.to_owned()));
        }
        let changed = |path: &Path, error: io::Error| failed(path, format!("the model can't be saved: {error}"));
        let config = self.files().config.read().map_err(|error| changed(self.files().config.path(), error))?;
        let tokenizer = self.files().tokenizer.read().map_err(|error| changed(self.files().tokenizer.path(), error))?;
        let config =
            self.config_json(&config, defaults).map_err(|error| changed(self.files().config.path(), error.into()))?;
        let tokenizer = tokenizer_json(&tokenizer, defaults.max_length)
            .map_err(|error| changed(self.files().tokenizer.path(), error.into()))?;

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
            write("modules.json", modules_json(defaults.normalize).as_bytes())?;
            write("config.json", config.as_bytes())
        };
        write_all().and_then(|()| new.put_in_place()).map_err(not_written)
    }

    /// The loaded configuration, with what model2vec 0.10.0 sets (model.py, `StaticModel.__init__`: first `max_length`, then
    /// `normalize`; persistence.py, `save_pretrained`).
    fn config_json(&self, loaded: &[u8], defaults: EncodeOptions) -> serde_json::Result<String> {
        let mut config = Object::parse(loaded)?;
        config.set("max_length", defaults.max_length.map_or("null".to_owned(), |length| length.to_string()));
        config.set("normalize", defaults.normalize.to_string());
        config.set("embedding_dtype", format!("\"{}\"", self.table_dtype()));
        if self.table().mapping().is_some() {
            config.set("vocabulary_quantization", self.table().rows().to_string());
        } else {
            config.remove("vocabulary_quantization");
        }
        Ok(config.write(Style::Indented))
    }
}

/// Of padding, what model2vec keeps (model.py, `_disable_padding`).
#[derive(Deserialize)]
struct Padding {
    pad_id: u32,
    pad_type_id: u32,
    pad_token: String,
}

/// The loaded tokenizer with the truncation and the padding of model2vec 0.10.0 (model.py, `_set_max_length_in_tokenizer`,
/// `_disable_padding`). Python's model2vec sets them again at load; other readers take the file at its word.
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

fn modules_json(normalize: bool) -> String {
    const STATIC: &str = r#"{"idx":0,"name":"0","path":".","type":"sentence_transformers.models.StaticEmbedding"}"#;
    const NORMALIZE: &str =
        r#",{"idx":1,"name":"1","path":"1_Normalize","type":"sentence_transformers.models.Normalize"}"#;
    json::reformat(&format!("[{STATIC}{}]", if normalize { NORMALIZE } else { "" }), Style::Indented)
}
