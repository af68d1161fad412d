//! Reads `head_config`: how many layers, which activation, which classes (model2vec 0.10.0,
//! inference/model.py, `_load_pipeline`).

use std::collections::BTreeMap;

use serde_json::Value;
use serde_json::value::RawValue;

use crate::error::excerpt;
use crate::head::activation::Activation;

/// The largest integer that JavaScript's numbers hold, with all smaller ones.
const LARGEST_INTEGER: u64 = (1 << 53) - 1;

/// What `head_config` says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct HeadConfig {
    /// How many layers `head.safetensors` must have, no more and no fewer. `None` = nothing says
    /// so: there are none, and whatever tensors the file has are ignored, as in Python.
    pub(super) layers: Option<u64>,
    pub(super) activation: Activation,
    pub(super) classes: Option<Classes>,
}

/// The classes: a JSON array, and how many there are.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Classes {
    pub(super) json: String,
    pub(super) count: usize,
}

impl HeadConfig {
    /// Reads the JSON value of `head_config`; `None` = the configuration has none.
    ///
    /// # Errors
    /// What was expected and what was found.
    pub(super) fn parse(json: Option<&str>) -> Result<Self, String> {
        let Some(json) = json else {
            return Ok(Self { layers: None, activation: Activation::Identity, classes: None });
        };
        let no_object = |error: serde_json::Error| {
            let found = excerpt(json.trim());
            format!("`head_config` must be an object, found {found} ({})", excerpt(&error.to_string()))
        };
        // If a key occurs twice, the last value counts, as in Python.
        let object: BTreeMap<String, &RawValue> = serde_json::from_str(json).map_err(no_object)?;
        let value = |key: &str| object.get(key).map(|raw| value_of(key, raw)).transpose();
        Ok(Self {
            layers: Some(layers(value("n_layers")?.as_ref())?),
            activation: activation(value("activation")?.as_ref())?,
            classes: match object.get("classes") {
                // As it stands: no number goes through a float.
                Some(raw) => {
                    classes(&value_of("classes", raw)?)?.map(|count| Classes { json: raw.get().to_owned(), count })
                }
                None => None,
            },
        })
    }
}

fn value_of(key: &str, raw: &RawValue) -> Result<Value, String> {
    serde_json::from_str(raw.get())
        .map_err(|error| format!("`head_config.{key}` can't be read: {}", excerpt(&error.to_string())))
}

fn layers(value: Option<&Value>) -> Result<u64, String> {
    let Some(value) = value else { return Ok(0) };
    value.as_u64().ok_or_else(|| wrong("n_layers", "an integer from 0 up", value))
}

fn activation(value: Option<&Value>) -> Result<Activation, String> {
    let Some(value) = value else { return Ok(Activation::Identity) };
    value
        .as_str()
        .and_then(Activation::named)
        .ok_or_else(|| wrong("activation", "\"softmax\", \"sigmoid\" or \"identity\"", value))
}

/// How many classes there are. numpy makes one array of all of them, and would turn numbers among
/// strings into strings.
fn classes(value: &Value) -> Result<Option<usize>, String> {
    const EXPECTED: &str = "null, or an array of strings, of numbers or of booleans";
    let list = match value {
        Value::Null => return Ok(None),
        Value::Array(list) => list,
        other => return Err(wrong("classes", EXPECTED, other)),
    };
    let is_one_kind =
        list.iter().all(Value::is_string) || list.iter().all(Value::is_number) || list.iter().all(Value::is_boolean);
    if !is_one_kind {
        return Err(wrong("classes", EXPECTED, value));
    }
    let is_too_large = |class: &&Value| {
        let magnitude = class.as_u64().or_else(|| class.as_i64().map(i64::unsigned_abs));
        magnitude.is_some_and(|magnitude| magnitude > LARGEST_INTEGER)
    };
    if let Some(class) = list.iter().find(is_too_large) {
        return Err(wrong("classes", "an array of integers from -(2^53 - 1) to 2^53 - 1", class));
    }
    Ok(Some(list.len()))
}

fn wrong(key: &str, expected: &str, found: &Value) -> String {
    format!("`head_config.{key}` must be {expected}, found {}", excerpt(&found.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_python_writes_is_read() {
        let json = r#"{"n_layers": 2, "activation": "softmax", "classes": ["a", "é"]}"#;
        let config = HeadConfig::parse(Some(json)).unwrap();
        assert_eq!((config.layers, config.activation), (Some(2), Activation::Softmax));
        assert_eq!(config.classes, Some(Classes { json: r#"["a", "é"]"#.to_owned(), count: 2 }));
        let json = r#"{"n_layers": 1, "activation": "sigmoid", "classes": [-1, 0, 2.5]}"#;
        assert_eq!(HeadConfig::parse(Some(json)).unwrap().classes.unwrap().json, "[-1, 0, 2.5]");
        let json = r#"{"n_layers": 1, "activation": "identity", "classes": null}"#;
        assert_eq!(HeadConfig::parse(Some(json)).unwrap().classes, None);
    }

    #[test]
    fn what_is_left_out_has_pythons_defaults() {
        let none = HeadConfig { layers: None, activation: Activation::Identity, classes: None };
        assert_eq!(HeadConfig::parse(None).unwrap(), none);
        assert_eq!(HeadConfig::parse(Some("{}")).unwrap(), HeadConfig { layers: Some(0), ..none });
    }

    #[test]
    fn a_wrong_setting_is_named_with_what_was_found() {
        let reason = |json: &str| HeadConfig::parse(Some(json)).unwrap_err();
        assert!(reason("null").starts_with("`head_config` must be an object, found null"));
        assert!(reason("[1]").starts_with("`head_config` must be an object, found [1]"));
        assert!(reason(&"[".repeat(100_000)).len() < 1000);
        for found in ["-1", "1.5", "null", "\"2\""] {
            let expected = format!("`head_config.n_layers` must be an integer from 0 up, found {found}");
            assert_eq!(reason(&format!(r#"{{"n_layers": {found}}}"#)), expected);
        }
        assert_eq!(
            reason(r#"{"activation": "relu"}"#),
            r#"`head_config.activation` must be "softmax", "sigmoid" or "identity", found "relu""#
        );
        assert!(reason(r#"{"activation": null}"#).ends_with("found null"));
        for found in ["3", "\"a\"", "{}", "[null]", "[1,\"a\"]", "[[1],[2]]", "[true,1]"] {
            assert_eq!(
                reason(&format!(r#"{{"classes": {found}}}"#)),
                format!(
                    "`head_config.classes` must be null, or an array of strings, of numbers or of booleans, found {found}"
                )
            );
        }
        assert!(reason(r#"{"classes": [1, 9007199254740992]}"#).ends_with("found 9007199254740992"));
    }
}
