//! Which files make up a model: the three folder layouts of model2vec 0.10.0
//! (persistence/datamodels.py, `FOLDER_LAYOUTS`).

use std::io;
use std::path::{Component, Path, PathBuf};

use crate::error::{LoadError, excerpt};
use crate::head::HEAD_FILE;

/// The files of one model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ModelFiles {
    /// The folder of the files.
    pub(crate) folder: PathBuf,
    pub(crate) config: PathBuf,
    pub(crate) tokenizer: PathBuf,
    pub(crate) table: PathBuf,
    /// The name of the embedding tensor in `table`.
    pub(crate) tensor: &'static str,
}

/// One way to lay a model out in a directory. Paths are relative to the directory, with `/`.
#[derive(Debug)]
pub struct Layout {
    name: &'static str,
    /// The file of the configuration.
    pub config: &'static str,
    /// The safetensors file of the embedding table.
    pub table: &'static str,
    /// The file of the tokenizer.
    pub tokenizer: &'static str,
    /// The name of the embedding tensor in `table`.
    pub tensor: &'static str,
}

/// All layouts, in the order in which they are looked for: the first whose files are all there is
/// the model's.
///
/// Other code takes the names of these files from here ([`source_files`]). The exception is
/// src/hub/layout.ts, which has to work without native code; test/native-constants.test.ts compares
/// the two lists.
pub const LAYOUTS: [Layout; 3] = [
    Layout {
        name: "model2vec",
        config: "config.json",
        table: "model.safetensors",
        tokenizer: "tokenizer.json",
        tensor: "embeddings",
    },
    Layout {
        name: "sentence-transformers",
        config: "config_sentence_transformers.json",
        table: "model.safetensors",
        tokenizer: "tokenizer.json",
        tensor: "embedding.weight",
    },
    Layout {
        name: "0_StaticEmbedding",
        config: "config_sentence_transformers.json",
        table: "0_StaticEmbedding/model.safetensors",
        tokenizer: "0_StaticEmbedding/tokenizer.json",
        tensor: "embedding.weight",
    },
];

impl ModelFiles {
    /// Finds the files of a model in `directory`, or in its `subfolder`.
    ///
    /// An empty `subfolder` is the directory itself, as in Python.
    ///
    /// # Errors
    /// [`LoadError::ModelNotFound`] when the directory does not exist, [`LoadError::Layout`] when
    /// it holds no layout.
    pub(crate) fn find(directory: &Path, subfolder: Option<&str>) -> Result<Self, LoadError> {
        require_directory(directory)?;
        let folder = match subfolder {
            None | Some("") => directory.to_owned(),
            Some(subfolder) => {
                let folder = directory.join(inside(directory, subfolder)?);
                require_directory(&folder)?;
                folder
            }
        };
        let mut lacking = Vec::new();
        for layout in &LAYOUTS {
            let missing = layout.missing_files(&folder);
            if missing.is_empty() {
                return Ok(Self {
                    config: folder.join(layout.config),
                    tokenizer: folder.join(layout.tokenizer),
                    table: folder.join(layout.table),
                    tensor: layout.tensor,
                    folder,
                });
            }
            lacking.push(format!("{} lacks {}", layout.name, missing.join(", ")));
        }
        Err(LoadError::Layout {
            path: folder,
            reason: format!("expected the files of one of three layouts, but {}", lacking.join("; ")),
        })
    }
}

/// Every file that a load may read, each once: a change of any of them can change the model that a
/// directory holds.
pub fn source_files() -> impl Iterator<Item = &'static str> {
    let mut names: Vec<_> = LAYOUTS.iter().flat_map(Layout::files).chain([HEAD_FILE]).collect();
    names.sort_unstable();
    names.dedup();
    names.into_iter()
}

impl Layout {
    fn files(&self) -> [&'static str; 3] {
        [self.config, self.table, self.tokenizer]
    }

    fn missing_files(&self, folder: &Path) -> Vec<String> {
        let files = self.files();
        files.iter().filter(|file| !is_file(&folder.join(file))).map(|file| format!("`{file}`")).collect()
    }
}

/// Python only checks that the path exists. But a named pipe or a device exists too, and opening or
/// reading one may never end.
pub(super) fn is_file(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| metadata.is_file())
}

fn require_directory(path: &Path) -> Result<(), LoadError> {
    let reason = match path.metadata() {
        Ok(metadata) if metadata.is_dir() => return Ok(()),
        Ok(_) => "expected a directory, found a file".to_owned(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => "the directory does not exist".to_owned(),
        Err(error) => format!("the directory can't be opened: {error}"),
    };
    Err(LoadError::ModelNotFound { path: path.to_owned(), reason })
}

/// The subfolder without `.` and `..`. They are resolved in the text of the path, so that a
/// symbolic link before a `..` can't lead out of the directory.
fn inside(directory: &Path, subfolder: &str) -> Result<PathBuf, LoadError> {
    let mut folder = PathBuf::new();
    for component in Path::new(subfolder).components() {
        let stays = match component {
            Component::Normal(name) => {
                folder.push(name);
                true
            }
            Component::CurDir => true,
            Component::ParentDir => folder.pop(),
            Component::RootDir | Component::Prefix(_) => false,
        };
        if !stays {
            return Err(LoadError::ModelNotFound {
                path: directory.to_owned(),
                reason: format!(
                    "`subfolder` must be a relative path inside the directory, found `{}`",
                    excerpt(subfolder)
                ),
            });
        }
    }
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// A folder that is removed when the test ends.
    struct Folder(PathBuf);

    impl Folder {
        fn with(files: &[&str]) -> Self {
            use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
            static COUNT: AtomicU32 = AtomicU32::new(0);
            let name = format!("m2v-layout-{}-{}", std::process::id(), COUNT.fetch_add(1, Relaxed));
            let folder = std::env::temp_dir().join(name);
            for file in files {
                let path = folder.join(file);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, "").unwrap();
            }
            Self(folder)
        }

        fn find(&self, subfolder: Option<&str>) -> Result<ModelFiles, LoadError> {
            ModelFiles::find(&self.0, subfolder)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            fs::remove_dir_all(&self.0).unwrap();
        }
    }

    const SENTENCE_TRANSFORMERS: [&str; 3] =
        ["config_sentence_transformers.json", "model.safetensors", "tokenizer.json"];
    const NESTED: [&str; 3] = [
        "config_sentence_transformers.json",
        "0_StaticEmbedding/model.safetensors",
        "0_StaticEmbedding/tokenizer.json",
    ];

    #[test]
    fn each_layout_is_found_with_its_files_and_its_tensor() {
        let folder = Folder::with(&["config.json", "model.safetensors", "tokenizer.json"]);
        let files = folder.find(None).unwrap();
        assert_eq!(files.config, folder.0.join("config.json"));
        assert_eq!(files.table, folder.0.join("model.safetensors"));
        assert_eq!(files.tokenizer, folder.0.join("tokenizer.json"));
        assert_eq!(files.tensor, "embeddings");

        let folder = Folder::with(&SENTENCE_TRANSFORMERS);
        let files = folder.find(None).unwrap();
        assert_eq!(files.config, folder.0.join("config_sentence_transformers.json"));
        assert_eq!(files.table, folder.0.join("model.safetensors"));
        assert_eq!(files.tokenizer, folder.0.join("tokenizer.json"));
        assert_eq!(files.tensor, "embedding.weight");

        let folder = Folder::with(&NESTED);
        let files = folder.find(None).unwrap();
        assert_eq!(files.config, folder.0.join("config_sentence_transformers.json"));
        assert_eq!(files.table, folder.0.join("0_StaticEmbedding/model.safetensors"));
        assert_eq!(files.tokenizer, folder.0.join("0_StaticEmbedding/tokenizer.json"));
        assert_eq!(files.tensor, "embedding.weight");
    }

    #[test]
    fn the_source_files_are_those_of_all_layouts_and_the_head_each_once() {
        let names: Vec<_> = source_files().collect();
        for layout in &LAYOUTS {
            for file in [layout.config, layout.table, layout.tokenizer] {
                assert_eq!(names.iter().filter(|&&name| name == file).count(), 1, "{file}");
            }
        }
        assert_eq!(names.iter().filter(|&&name| name == HEAD_FILE).count(), 1);
        assert!(
            names.iter().all(|name| *name == HEAD_FILE || LAYOUTS.iter().any(|layout| layout.files().contains(name)))
        );
    }

    #[test]
    fn where_the_files_of_several_layouts_are_the_first_layout_counts() {
        let all = [&["config.json"], &SENTENCE_TRANSFORMERS[..], &NESTED].concat();
        assert_eq!(Folder::with(&all).find(None).unwrap().tensor, "embeddings");
        let folder = Folder::with(&all[1..]);
        assert_eq!(folder.find(None).unwrap().table, folder.0.join("model.safetensors"));
    }

    #[test]
    fn a_folder_of_no_layout_is_refused_with_what_each_layout_lacks() {
        let folder = Folder::with(&["config.json", "tokenizer.json"]);
        let error = folder.find(None).unwrap_err();
        assert_eq!(error.code(), "ERR_MODEL_LAYOUT");
        assert_eq!(
            error.to_string(),
            format!(
                "{}: expected the files of one of three layouts, but model2vec lacks `model.safetensors`; sentence-transformers \
                 lacks `config_sentence_transformers.json`, `model.safetensors`; 0_StaticEmbedding lacks \
                 `config_sentence_transformers.json`, `0_StaticEmbedding/model.safetensors`, `0_StaticEmbedding/tokenizer.json`",
                folder.0.display()
            )
        );
    }

    #[test]
    fn a_directory_or_a_pipe_in_a_files_place_is_no_file() {
        let folder = Folder::with(&["config.json/x", "model.safetensors", "tokenizer.json"]);
        assert_eq!(folder.find(None).unwrap_err().code(), "ERR_MODEL_LAYOUT");
        #[cfg(unix)]
        {
            let folder = Folder::with(&["config.json", "model.safetensors"]);
            // Reading this device never ends.
            std::os::unix::fs::symlink("/dev/zero", folder.0.join("tokenizer.json")).unwrap();
            assert_eq!(folder.find(None).unwrap_err().code(), "ERR_MODEL_LAYOUT");
        }
    }

    #[cfg(unix)]
    #[test]
    fn symbolic_links_to_files_are_followed_as_the_hub_cache_needs() {
        let folder = Folder::with(&["blobs/1", "snapshot/config.json", "snapshot/tokenizer.json"]);
        std::os::unix::fs::symlink("../blobs/1", folder.0.join("snapshot/model.safetensors")).unwrap();
        assert_eq!(folder.find(Some("snapshot")).unwrap().tensor, "embeddings");
    }

    #[test]
    fn a_subfolder_is_looked_up_inside_the_directory() {
        let folder = Folder::with(&["a/b/config.json", "a/b/model.safetensors", "a/b/tokenizer.json"]);
        for subfolder in ["a/b", "a/b/", "./a/./b", "a/x/../b"] {
            assert_eq!(folder.find(Some(subfolder)).unwrap().config, folder.0.join("a/b/config.json"), "{subfolder}");
        }
        assert_eq!(folder.find(Some("")).unwrap_err().code(), "ERR_MODEL_LAYOUT");
        assert_eq!(folder.find(Some("a")).unwrap_err().code(), "ERR_MODEL_LAYOUT");
        assert_eq!(folder.find(Some("missing")).unwrap_err().code(), "ERR_MODEL_NOT_FOUND");
    }

    #[test]
    fn a_subfolder_that_leaves_the_directory_is_refused() {
        let folder = Folder::with(&["config.json", "model.safetensors", "tokenizer.json", "a/x"]);
        let own_name = folder.0.file_name().unwrap().to_str().unwrap();
        let absolute = folder.0.to_str().unwrap();
        for subfolder in ["..", "a/../..", &format!("../{own_name}"), absolute, "/"] {
            let error = folder.find(Some(subfolder)).unwrap_err();
            assert_eq!(error.code(), "ERR_MODEL_NOT_FOUND", "{subfolder}");
            assert!(error.to_string().contains("`subfolder` must be a relative path inside the directory"), "{error}");
        }
    }

    #[test]
    fn a_directory_that_does_not_exist_is_not_found() {
        let folder = Folder::with(&["file"]);
        let error = ModelFiles::find(&folder.0.join("missing"), None).unwrap_err();
        assert_eq!(error.code(), "ERR_MODEL_NOT_FOUND");
        assert!(error.to_string().ends_with("missing: the directory does not exist"), "{error}");
        let error = ModelFiles::find(&folder.0.join("file"), None).unwrap_err();
        assert!(error.to_string().ends_with("file: expected a directory, found a file"), "{error}");
        assert_eq!(ModelFiles::find(Path::new("nul\0byte"), None).unwrap_err().code(), "ERR_MODEL_NOT_FOUND");
    }
}
