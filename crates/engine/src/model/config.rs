//! Reads `config.json`: whether vectors are normalized, and the length limit.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::error::{LoadError, excerpt};
use crate::files::foreign_file;
use crate::files::python_json;

/// The most token ids per text (model2vec 0.10.0, model.py, `DEFAULT_MAX_LENGTH`).
const DEFAULT_MAX_LENGTH: usize = 512;

/// The largest file that is read into memory. A configuration has a few hundred bytes.
const LARGEST_FILE: u64 = 16 << 20;

/// The two settings of a model's configuration that change its vectors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ModelConfig {
    /// Whether vectors are scaled to length 1. Default false (model2vec 0.10.0, model.py,
    /// `_DEFAULT_NORMALIZE`).
    pub(crate) normalize: bool,
    /// The most token ids per text; `None` = all. Default 512 (model2vec 0.10.0, model.py,
    /// `DEFAULT_MAX_LENGTH`).
    pub(crate) max_length: Option<usize>,
}

impl ModelConfig {
    /// Reads a configuration file.
    ///
    /// # Errors
    /// [`LoadError::BadConfig`] when the file can't be read, is no JSON object, or has a setting of
    /// the wrong type.
    pub(crate) fn read(path: &Path) -> Result<Self, LoadError> {
        let settings = read_settings(path)?;
        Ok(Self {
            normalize: normalize(path, settings.normalize.as_ref())?,
            max_length: max_length(path, settings.max_length.as_ref())?,
        })
    }

    /// Reads the JSON value of `head_config` in a configuration file; `None` = it has none.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub(crate) fn read_head_config(path: &Path) -> Result<Option<String>, LoadError> {
        Ok(read_settings(path)?.head_config)
    }
}

fn read_settings(path: &Path) -> Result<Settings, LoadError> {
    let json = read_bounded(path)?;
    if let Err(error) = std::str::from_utf8(&json)
        && foreign_file::kind_of(&json).is_none_or(|kind| kind == foreign_file::JSON)
    {
        return Err(LoadError::bad_config(path, format!("expected a JSON object: {error}")));
    }
    let standard = python_json::to_standard(&json);
    let mut parser = serde_json::Deserializer::from_slice(&standard);
    parser.deserialize_map(SettingsVisitor).and_then(|settings| parser.end().map(|()| settings)).map_err(|error| {
        match foreign_file::kind_of(&json) {
            Some(kind) if kind != foreign_file::JSON => {
                LoadError::bad_config(path, format!("expected a JSON object, found {kind}"))
            }
            _ => LoadError::bad_config(path, format!("expected a JSON object: {}", excerpt(&error.to_string()))),
        }
    })
}

fn read_bounded(path: &Path) -> Result<Vec<u8>, LoadError> {
    let unreadable = |error: std::io::Error| LoadError::bad_config(path, format!("the file can't be read: {error}"));
    let mut json = Vec::new();
    let file = File::open(path).map_err(unreadable)?;
    file.take(LARGEST_FILE + 1).read_to_end(&mut json).map_err(unreadable)?;
    if json.len() as u64 > LARGEST_FILE {
        return Err(LoadError::bad_config(path, format!("expected at most {LARGEST_FILE} bytes, found more")));
    }
    Ok(json)
}

/// Only the values that `save_pretrained` writes are accepted. Python would take any value, because
/// it only evaluates `if normalize`.
fn normalize(path: &Path, value: Option<&Value>) -> Result<bool, LoadError> {
    match value {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(normalize)) => Ok(*normalize),
        Some(other) => Err(wrong_type(path, "normalize", "true, false or null", other)),
    }
}

/// Only integers are accepted: in Python 512.0 and "512" make `enable_truncation` raise a
/// `TypeError`, and negative integers an `OverflowError`.
fn max_length(path: &Path, value: Option<&Value>) -> Result<Option<usize>, LoadError> {
    match value {
        None => Ok(Some(DEFAULT_MAX_LENGTH)),
        Some(Value::Null) => Ok(None),
        Some(value) => match value.as_u64() {
            // No text has more than `usize::MAX` tokens.
            Some(length) => Ok(Some(usize::try_from(length).unwrap_or(usize::MAX))),
            None => Err(wrong_type(path, "max_length", "an integer from 0 up, or null", value)),
        },
    }
}

fn wrong_type(path: &Path, key: &str, expected: &str, found: &Value) -> LoadError {
    LoadError::bad_config(path, format!("`{key}` must be {expected}, found {}", excerpt(&found.to_string())))
}

#[derive(Default)]
struct Settings {
    normalize: Option<Value>,
    max_length: Option<Value>,
    head_config: Option<String>,
}

/// Takes the settings and skips every other value without parsing it: other keys may hold
/// values that Python's `json` reads and `serde_json::Value` can't (1e999, lone surrogates, deep
/// nesting). If a key occurs twice, the last value counts, as in Python.
struct SettingsVisitor;

impl<'de> Visitor<'de> for SettingsVisitor {
    type Value = Settings;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Settings, A::Error> {
        let mut settings = Settings::default();
        while let Some(Key(key)) = map.next_key()? {
            match key.as_slice() {
                b"normalize" => settings.normalize = Some(map.next_value()?),
                b"max_length" => settings.max_length = Some(map.next_value()?),
                b"head_config" => settings.head_config = Some(map.next_value::<&RawValue>()?.get().to_owned()),
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(settings)
    }
}

/// The bytes of a key. Python allows lone surrogates, which a `String` can't hold.
struct Key(Vec<u8>);

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;
        impl Visitor<'_> for KeyVisitor {
            type Value = Key;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }

            fn visit_bytes<E>(self, key: &[u8]) -> Result<Key, E> {
                Ok(Key(key.to_owned()))
            }

            fn visit_str<E>(self, key: &str) -> Result<Key, E> {
                Ok(Key(key.as_bytes().to_owned()))
            }
        }
        deserializer.deserialize_bytes(KeyVisitor)
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn read(json: &[u8]) -> Result<ModelConfig, LoadError> {
        let path = temporary_path();
        std::fs::write(&path, json).unwrap();
        let config = ModelConfig::read(&path);
        std::fs::remove_file(path).unwrap();
        config
    }

    fn temporary_path() -> PathBuf {
        use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
        static COUNT: AtomicU32 = AtomicU32::new(0);
        std::env::temp_dir().join(format!("m2v-config-{}-{}.json", std::process::id(), COUNT.fetch_add(1, Relaxed)))
    }

    fn settings(json: &str) -> (bool, Option<usize>) {
        let config = read(json.as_bytes()).unwrap_or_else(|error| panic!("{json}: {error}"));
        (config.normalize, config.max_length)
    }

    fn reason(json: &[u8]) -> String {
        match read(json) {
            Err(LoadError::BadConfig { reason, .. }) => reason,
            other => panic!("expected a BadConfig error, found {other:?}"),
        }
    }

    // Expected: `model.normalize` and `model.max_length` after Python's
    // `StaticModel.from_pretrained` of the same config.json.
    #[test]
    fn settings_are_those_of_python() {
        assert_eq!(settings("{}"), (false, Some(512)));
        assert_eq!(settings(r#"{"normalize": null, "max_length": null}"#), (false, None));
        assert_eq!(settings(r#"{"normalize": true, "max_length": 16, "seq_length": 1000000}"#), (true, Some(16)));
        assert_eq!(settings(r#"{"seq_length": 7}"#), (false, Some(512)));
        assert_eq!(settings(r#"{"max_length": 0}"#), (false, Some(0)));
        assert_eq!(settings(r#"{"normalize": true, "normalize": false}"#), (false, Some(512)));
        assert_eq!(settings(r#"{"a": "\ud800", "b": 1e999, "max_length": 3}"#), (false, Some(3)));
        assert_eq!(settings(r#"{"\ud800": 1, "max_length": 3}"#), (false, Some(3)));
        assert_eq!(
            settings(r#"{"sif_coefficient": NaN, "a": [Infinity,-Infinity , NaN], "max_length": 3}"#),
            (false, Some(3))
        );
        assert_eq!(
            settings(r#"{"max_length": 5, "a": {"b": 1, "b": NaN}, "a": "NaN", "max_length": 3}"#),
            (false, Some(3))
        );
        assert_eq!(settings(&format!(r#"{{"a": {}{}}}"#, "[".repeat(900), "]".repeat(900))), (false, Some(512)));
    }

    #[test]
    fn a_max_length_beyond_the_address_space_means_all_tokens() {
        assert_eq!(settings(r#"{"max_length": 18446744073709551615}"#), (false, Some(usize::MAX)));
    }

    #[test]
    fn a_setting_of_another_type_is_named_with_what_was_found() {
        assert_eq!(reason(br#"{"normalize": "yes"}"#), r#"`normalize` must be true, false or null, found "yes""#);
        assert_eq!(reason(br#"{"normalize": 1}"#), "`normalize` must be true, false or null, found 1");
        for found in ["-1", "512.0", "1000.5", "true", "[]", "{}"] {
            let expected = format!("`max_length` must be an integer from 0 up, or null, found {found}");
            assert_eq!(reason(format!(r#"{{"max_length": {found}}}"#).as_bytes()), expected);
        }
        assert!(reason(br#"{"max_length": "5"}"#).starts_with("`max_length` must be"));
        assert!(reason(br#"{"max_length": 18446744073709551616}"#).starts_with("`max_length` must be"));
        assert!(reason(format!(r#"{{"normalize": "{}"}}"#, "x".repeat(1 << 20)).as_bytes()).len() < 1000);
    }

    #[test]
    fn anything_but_one_json_object_is_refused() {
        for json in
            [&b""[..], b"null", b"[]", b"3", b"{", b"{}}", b"\xef\xbb\xbf{}", b"{\"a\": 1 2}", b"{\"a\xff\": 1}"]
        {
            assert!(reason(json).starts_with("expected a JSON object"), "{json:?}");
        }
        assert_eq!(reason(br#"{"normalize": NaN}"#), "`normalize` must be true, false or null, found \"NaN\"");
        let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:0f\nsize 30\n";
        assert!(reason(pointer).starts_with("expected a JSON object, found a Git LFS pointer"));
        let deep = format!(r#"{{"normalize": {}"#, "[".repeat(100_000));
        assert!(reason(deep.as_bytes()).contains("recursion limit exceeded"));
    }

    #[test]
    fn a_file_too_large_for_a_configuration_is_not_read_to_its_end() {
        let path = temporary_path();
        File::create(&path).unwrap().set_len(LARGEST_FILE * 2).unwrap();
        let error = ModelConfig::read(&path).unwrap_err();
        std::fs::remove_file(&path).unwrap();
        assert!(error.to_string().ends_with("expected at most 16777216 bytes, found more"), "{error}");
    }

    #[test]
    fn a_missing_file_is_refused() {
        let path = temporary_path();
        assert_eq!(ModelConfig::read(&path).unwrap_err().code(), "ERR_BAD_CONFIG");
    }
}
