//! JSON as Python's `json` writes and reads it: with `NaN`, `Infinity` and `-Infinity`, which no standard allows.

use std::borrow::Cow;

/// Python's numbers that JSON doesn't have (json/decoder.py, `_CONSTANTS`).
const CONSTANTS: [&[u8]; 3] = [b"NaN", b"Infinity", b"-Infinity"];

/// The same JSON with each of these numbers as a string of its name, for a parser that wants the standard. What is no JSON to Python
/// either stays broken.
pub(crate) fn to_standard(json: &[u8]) -> Cow<'_, [u8]> {
    // They are rare: most files are returned as they are.
    if !CONSTANTS.iter().any(|constant| json.windows(constant.len()).any(|window| window == *constant)) {
        return Cow::Borrowed(json);
    }
    let mut standard = Vec::with_capacity(json.len() + 16);
    let mut position = 0;
    let mut in_string = false;
    while position < json.len() {
        let rest = &json[position..];
        let constant = CONSTANTS.into_iter().find(|constant| rest.starts_with(constant));
        let taken = match (in_string, constant) {
            (false, Some(constant)) if is_value(&json[..position], &rest[constant.len()..]) => {
                standard.push(b'"');
                standard.extend_from_slice(constant);
                standard.push(b'"');
                position += constant.len();
                continue;
            }
            // An escape may be of a quote.
            (true, _) if rest[0] == b'\\' => rest.len().min(2),
            _ => 1,
        };
        in_string ^= rest[0] == b'"';
        standard.extend_from_slice(&rest[..taken]);
        position += taken;
    }
    Cow::Owned(standard)
}

/// Whether a value, not a key, can stand between these.
fn is_value(before: &[u8], after: &[u8]) -> bool {
    let begins = before.trim_ascii_end().last().is_none_or(|byte| matches!(byte, b':' | b',' | b'['));
    begins && after.trim_ascii_start().first().is_none_or(|byte| matches!(byte, b',' | b']' | b'}'))
}

#[cfg(test)]
mod tests {
    use super::to_standard;

    fn standard(json: &str) -> String {
        String::from_utf8(to_standard(json.as_bytes()).into_owned()).unwrap()
    }

    #[test]
    fn numbers_that_only_python_has_become_strings() {
        assert_eq!(
            standard(r#"{"a": NaN, "b": [-Infinity,Infinity]}"#),
            r#"{"a": "NaN", "b": ["-Infinity","Infinity"]}"#
        );
        assert_eq!(standard("NaN"), "\"NaN\"");
    }

    #[test]
    fn strings_keys_and_what_python_refuses_too_stay_as_they_are() {
        for json in [
            r#"{"NaN": "Infinity, NaN", "a\"": "\\"}"#,
            "{NaN: 1}",
            r#"{"a": 1, NaN: 2}"#,
            "[NaN1]",
            "[1NaN]",
            "[--Infinity]",
            "[nan, infinity]",
            "\"NaN",
            "\"NaN\\",
        ] {
            assert_eq!(standard(json), json);
        }
    }
}
