//! JSON with the extensions of Python's `json` module, `NaN`, `Infinity` and `-Infinity`, as
//! standard JSON.

use std::borrow::Cow;

/// The numbers of Python's `json` that JSON doesn't have (json/decoder.py, `_CONSTANTS`).
const CONSTANTS: [&[u8]; 3] = [b"NaN", b"Infinity", b"-Infinity"];

/// The same JSON with each of these numbers replaced by a string of its name, for a parser of
/// standard JSON. Text that is no JSON for Python either stays broken.
pub(crate) fn to_standard(json: &[u8]) -> Cow<'_, [u8]> {
    // These numbers are rare, so most files are returned unchanged.
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
            // Skips the escaped character, which may be a quote.
            (true, _) if rest[0] == b'\\' => rest.len().min(2),
            _ => 1,
        };
        in_string ^= rest[0] == b'"';
        standard.extend_from_slice(&rest[..taken]);
        position += taken;
    }
    Cow::Owned(standard)
}

/// Whether a value, and not a key, can stand between `before` and `after`.
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
    fn strings_keys_and_text_that_python_refuses_too_stay_unchanged() {
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
