//! JSON text in two styles: that of Python's `json.dump(…, indent=4)`, and that of the `tokenizers`
//! library without `pretty`. Values keep their characters and keys their order: no number goes
//! through a float.

use std::fmt::Write;

use serde_json::value::RawValue;

/// How an object is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// No white space.
    Compact,
    /// Four spaces per level, everything ASCII.
    Indented,
}

/// The entries of an object in their order. If a key occurs twice, the last value counts, at the
/// place of the first, as in Python.
#[derive(Debug, Default)]
pub(super) struct Object(Vec<(String, String)>);

impl Object {
    /// # Errors
    /// When the text is no JSON object.
    pub(super) fn parse(json: &[u8]) -> serde_json::Result<Self> {
        let mut parser = serde_json::Deserializer::from_slice(json);
        let object = serde::Deserializer::deserialize_map(&mut parser, ObjectVisitor)?;
        parser.end().map(|()| object)
    }

    /// The JSON text of a value.
    pub(super) fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    /// Sets the value of a key, in its place, or at the end if the key is new.
    pub(super) fn set(&mut self, key: &str, value: impl Into<String>) {
        match self.0.iter_mut().find(|(name, _)| name == key) {
            Some(entry) => entry.1 = value.into(),
            None => self.0.push((key.to_owned(), value.into())),
        }
    }

    pub(super) fn remove(&mut self, key: &str) {
        self.0.retain(|(name, _)| name != key);
    }

    pub(super) fn write(&self, style: Style) -> String {
        let mut json = String::from("{");
        for (index, (key, value)) in self.0.iter().enumerate() {
            json.push_str(if index == 0 { "" } else { "," });
            // A string always has a JSON form.
            json.push_str(&serde_json::to_string(key).unwrap_or_default());
            json.push(':');
            json.push_str(value);
        }
        json.push('}');
        reformat(&json, style)
    }
}

struct ObjectVisitor;

impl<'de> serde::de::Visitor<'de> for ObjectVisitor {
    type Value = Object;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
        let mut object = Object::default();
        while let Some((key, value)) = map.next_entry::<String, &RawValue>()? {
            object.set(&key, value.get());
        }
        Ok(object)
    }
}

/// Valid JSON in another style.
pub(super) fn reformat(json: &str, style: Style) -> String {
    let mut out = String::with_capacity(json.len());
    let mut depth = 0;
    let mut characters = json.chars().peekable();
    let line = |out: &mut String, depth: usize| {
        if style == Style::Indented {
            out.push('\n');
            out.extend(std::iter::repeat_n("    ", depth));
        }
    };
    while let Some(character) = characters.next() {
        match character {
            ' ' | '\t' | '\n' | '\r' => {}
            '"' => {
                out.push('"');
                while let Some(character) = characters.next() {
                    push_in_string(&mut out, character, style);
                    match character {
                        '\\' => out.extend(characters.next()),
                        '"' => break,
                        _ => {}
                    }
                }
            }
            '{' | '[' => {
                out.push(character);
                while characters.next_if(|next| next.is_ascii_whitespace()).is_some() {}
                if let Some(end) = characters.next_if(|next| matches!(next, '}' | ']')) {
                    out.push(end);
                } else {
                    depth += 1;
                    line(&mut out, depth);
                }
            }
            '}' | ']' => {
                depth -= 1;
                line(&mut out, depth);
                out.push(character);
            }
            ',' => {
                out.push(',');
                line(&mut out, depth);
            }
            ':' => out.push_str(if style == Style::Indented { ": " } else { ":" }),
            other => out.push(other),
        }
    }
    out
}

fn push_in_string(out: &mut String, character: char, style: Style) {
    if style == Style::Compact || character.is_ascii() {
        return out.push(character);
    }
    for unit in character.encode_utf16(&mut [0; 2]) {
        // Writing to a String can't fail.
        let _ = write!(out, "\\u{unit:04x}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_written_as_pythons_json_dump_does() {
        // json.dump(json.loads(text), file, indent=4), Python 3.11
        let text = r#"{"b":[1,  {"x":null}],"é":"\n😀\"", "a":{}, "c": [ ], "b": 1.50}"#;
        let object = Object::parse(text.as_bytes()).unwrap();
        assert_eq!(
            object.write(Style::Indented).replace("1.50", "1.5"),
            "{\n    \"b\": 1.5,\n    \"\\u00e9\": \"\\n\\ud83d\\ude00\\\"\",\n    \"a\": {},\n    \"c\": []\n}"
        );
        let text = r#"{"a": [1, {"x": [true, "]"]}]}"#;
        assert_eq!(
            Object::parse(text.as_bytes()).unwrap().write(Style::Indented),
            "{\n    \"a\": [\n        1,\n        {\n            \"x\": [\n                true,\n                \"]\"\n            ]\n        }\n    ]\n}"
        );
        assert_eq!(Object::default().write(Style::Indented), "{}");
    }

    #[test]
    fn compact_text_has_no_white_space_but_in_strings() {
        let object = Object::parse("{ \"a b\" : [ 1 , \"x \\\" y\" , { } ] ,\n \"c\" : \"é\" }".as_bytes()).unwrap();
        assert_eq!(object.write(Style::Compact), "{\"a b\":[1,\"x \\\" y\",{}],\"c\":\"é\"}");
    }

    #[test]
    fn values_are_set_in_their_place_and_new_ones_at_the_end() {
        let mut object = Object::parse(br#"{"a":1,"b":2,"c":3}"#).unwrap();
        object.set("b", "null");
        object.set("d", "4");
        object.remove("a");
        assert_eq!(object.write(Style::Compact), r#"{"b":null,"c":3,"d":4}"#);
        assert_eq!((object.get("d"), object.get("a")), (Some("4"), None));
    }
}
