//! Reads one record of CSV or TSV that is one line. What is not certain (a quote that does not close
//! in its line, a record with fewer or more fields) is not read.

use std::borrow::Cow;

/// How records are written, and which of their fields are wanted.
#[derive(Debug, Clone, Copy)]
pub struct RecordFormat {
    /// What is between two fields.
    pub delimiter: u8,
    /// Whether a field may be enclosed in quotes.
    pub has_quotes: bool,
    /// How many fields a record has.
    pub fields: usize,
    /// The index of the field of the text.
    pub text: usize,
    /// The index of the field of the id, where ids are wanted.
    pub id: Option<usize>,
}

/// A record that was read.
pub(super) struct Record<'a> {
    pub(super) text: Cow<'a, str>,
    pub(super) id: Option<Cow<'a, str>>,
}

const QUOTE: u8 = b'"';

/// `line` is without its line break.
pub(super) fn read_record<'a>(line: &'a str, format: &RecordFormat) -> Option<Record<'a>> {
    // An empty line is no record.
    if line.is_empty() {
        return None;
    }
    let (mut text, mut id) = (None, None);
    let mut rest = Some(line);
    for field in 0..format.fields {
        let (value, after) = read_field(rest?, format)?;
        if format.id == Some(field) {
            id = Some(value.clone());
        }
        if field == format.text {
            text = Some(value);
        }
        rest = after;
    }
    let is_whole = rest.is_none() && id.is_some() == format.id.is_some();
    text.filter(|_| is_whole).map(|text| Record { text, id })
}

/// A field, and what follows its delimiter; `None` = it is the last.
fn read_field<'a>(rest: &'a str, format: &RecordFormat) -> Option<(Cow<'a, str>, Option<&'a str>)> {
    // Delimiters and quotes are ASCII, so they split no character.
    if !format.has_quotes || !rest.starts_with(char::from(QUOTE)) {
        return Some(match rest.bytes().position(|byte| byte == format.delimiter) {
            Some(end) => (rest[..end].into(), Some(&rest[end + 1..])),
            None => (rest.into(), None),
        });
    }
    let content = &rest[1..];
    let bytes = content.as_bytes();
    let (mut end, mut is_doubled) = (0, false);
    loop {
        end += bytes[end..].iter().position(|&byte| byte == QUOTE)?;
        if bytes.get(end + 1) != Some(&QUOTE) {
            break;
        }
        is_doubled = true;
        end += 2;
    }
    let after = match bytes.get(end + 1) {
        None => None,
        Some(&next) if next == format.delimiter => Some(&content[end + 2..]),
        Some(_) => return None,
    };
    let value = &content[..end];
    Some((if is_doubled { value.replace("\"\"", "\"").into() } else { value.into() }, after))
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::{RecordFormat, read_record};

    const CSV: RecordFormat = RecordFormat { delimiter: b',', has_quotes: true, fields: 3, text: 1, id: Some(2) };

    fn read(line: &str, format: &RecordFormat) -> Option<(String, Option<String>)> {
        read_record(line, format).map(|record| (record.text.into_owned(), record.id.map(Cow::into_owned)))
    }

    fn found(text: &str, id: &str) -> Option<(String, Option<String>)> {
        Some((text.to_owned(), Some(id.to_owned())))
    }

    #[test]
    fn fields_are_read_with_and_without_quotes() {
        assert_eq!(read("a,b c,∑", &CSV), found("b c", "∑"));
        assert_eq!(read("\"a,b\",\"c, d\",\"\"", &CSV), found("c, d", ""));
        assert_eq!(read(",,", &CSV), found("", ""));
        assert_eq!(read("a,\"b \"\"c\"\"\",\"\"\"\"", &CSV), found("b \"c\"", "\""));
        // A quote that does not begin a field is a character of it.
        assert_eq!(read("a\",5\" pipe,b\"\"", &CSV), found("5\" pipe", "b\"\""));
        assert_eq!(read("a\r,\"b\r\",c", &CSV), found("b\r", "c"));
    }

    #[test]
    fn without_quotes_they_are_characters_as_any() {
        let tsv = RecordFormat { delimiter: b'\t', has_quotes: false, fields: 2, text: 0, id: None };
        assert_eq!(read("\"a\t\"", &tsv), Some(("\"a".to_owned(), None)));
    }

    #[test]
    fn what_is_not_certain_is_not_read() {
        let odd = ["", "a,b", "a,b,c,d", "a,\"b", "a,b,\"c", "a,b,\"c\"\"", "a,\"b\"c,d", "a,b,\"c\"\r", "\"\"\",b,c"];
        for line in odd {
            assert_eq!(read(line, &CSV), None, "{line}");
        }
        assert_eq!(read("a,b", &RecordFormat { fields: 2, id: Some(2), ..CSV }), None);
    }
}
