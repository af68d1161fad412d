//! Reads texts from the bytes of a file, one per line, straight into the engine's UTF-16.
//!
//! Only plain cases are read here. Reading stops at the first line that is anything else (broken,
//! empty, no UTF-8, with a byte order mark, with an escape in a key, deeply nested), and the caller
//! gives that line to a slower and more thorough reader. So the texts are those that the other
//! reader would give, and only that reader reports errors.

mod columns;
mod json;
mod line;
mod record;

use crate::texts::Texts;
use crate::texts::widen::widen;
pub use columns::{Ids, LineColumns, Utf8Column};
use json::{Content, Scan};
use line::Line;
pub use record::RecordFormat;
use record::read_record;

/// Where in a line its text is.
#[derive(Debug, Clone)]
pub enum LineFormat {
    /// The whole line is the text.
    Plain,
    /// The line is a JSON object, and the text is the string in the field of this name, or at this
    /// path through objects: `meta.title`.
    Json(String),
    /// The line is a record of a table, and the text is one of its fields.
    Record(RecordFormat),
}

/// How much was read.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct LinesRead {
    /// The number of lines, and of texts.
    pub lines: usize,
    /// The bytes of these lines, line feeds included.
    pub bytes: usize,
    /// The UTF-16 units of all texts, before they are cut to a limit.
    pub units: usize,
}

/// Limits at which reading stops.
#[derive(Debug, Clone, Copy)]
pub struct LineLimits {
    /// The most lines.
    pub lines: usize,
    /// Reading stops after the line with which the texts have this many UTF-16 units.
    pub units: usize,
    /// The most UTF-16 units that are kept per text; `None` = all.
    pub text_units: Option<usize>,
}

/// Appends the texts of the lines at the start of `bytes` to `texts`, and what else is wanted of
/// them to `columns`. Stops before the first line that is not a plain case or has no line feed, or
/// whose id is of another kind than those before, and at the limits.
pub fn read_lines(
    bytes: &[u8],
    format: &LineFormat,
    limits: LineLimits,
    texts: &mut Texts,
    columns: &mut LineColumns,
) -> LinesRead {
    let mut read = LinesRead::default();
    while read.lines < limits.lines && read.units < limits.units {
        let rest = &bytes[read.bytes..];
        let Some(line) = read_line(rest, format) else { break };
        if !columns.push(&rest[..line.end], &line) {
            break;
        }
        let limit = limits.text_units.unwrap_or(usize::MAX);
        let mut all = 0;
        let pushed = texts.push_with(line.text.len().min(limit), |buffer| {
            all = if line.has_escapes { json::unescape(&line.text, buffer) } else { widen(&line.text, buffer) };
            Ok::<_, std::convert::Infallible>(all)
        });
        let Ok(()) = pushed;
        read.lines += 1;
        read.bytes += line.end;
        read.units += all;
    }
    read
}

fn read_line<'a>(bytes: &'a [u8], format: &LineFormat) -> Option<Line<'a>> {
    match format {
        LineFormat::Plain => {
            let (text, end) = whole_line(bytes)?;
            // A byte order mark at the start of a file is no part of the text. Only the caller
            // knows where the file starts.
            (!text.starts_with('\u{feff}')).then_some(Line { text: text.into(), has_escapes: false, id: None, end })
        }
        LineFormat::Json(field) => {
            let mut scan = Scan::new(bytes);
            let (range, has_escapes) = scan.object_line::<Content>(field.as_bytes())?;
            let end = scan.position();
            let line = str::from_utf8(&bytes[..end]).ok()?;
            // The range lies between two quotes, which are ASCII, so it does not split a character.
            Some(Line { text: line[range].into(), has_escapes, id: None, end })
        }
        LineFormat::Record(format) => {
            let (line, end) = whole_line(bytes)?;
            let record = read_record(line, format)?;
            Some(Line { text: record.text, has_escapes: false, id: record.id, end })
        }
    }
}

/// The first line without its line break, and where the next one begins.
fn whole_line(bytes: &[u8]) -> Option<(&str, usize)> {
    let feed = bytes.iter().position(|&byte| byte == b'\n')?;
    let line = bytes[..feed].strip_suffix(b"\r").unwrap_or(&bytes[..feed]);
    Some((str::from_utf8(line).ok()?, feed + 1))
}

#[cfg(test)]
mod tests {
    use super::{LineColumns, LineFormat, LineLimits, LinesRead, RecordFormat, Texts, read_lines};

    const ALL: LineLimits = LineLimits { lines: usize::MAX, units: usize::MAX, text_units: None };

    fn read(bytes: &[u8], format: &LineFormat, limits: LineLimits) -> (Vec<String>, LinesRead) {
        let mut texts = Texts::default();
        let read = read_lines(bytes, format, limits, &mut texts, &mut LineColumns::default());
        ((0..texts.len()).map(|index| String::from_utf16_lossy(texts.units(index))).collect(), read)
    }

    fn json(bytes: &[u8]) -> (Vec<String>, LinesRead) {
        read(bytes, &LineFormat::Json("text".to_owned()), ALL)
    }

    #[test]
    fn plain_lines_are_texts_without_their_line_breaks() {
        let (texts, found) = read("a\r\n\n∑ b\nno end".as_bytes(), &LineFormat::Plain, ALL);
        assert_eq!(texts, ["a", "", "∑ b"]);
        assert_eq!(found, LinesRead { lines: 3, bytes: 10, units: 4 });
    }

    #[test]
    fn reading_stops_at_what_is_not_certain() {
        for odd in ["\u{feff}a\n".as_bytes(), b"\xff\n", b"a"] {
            let bytes = [b"x\n", odd].concat();
            assert_eq!(read(&bytes, &LineFormat::Plain, ALL).1.bytes, 2, "{odd:?}");
        }
        for odd in [
            "",
            "\n",
            "  \n",
            "{\"text\": 1}\n",
            "{\"text\": \"a\", \"text\": null}\n",
            "{\"t\\u0065xt\": \"a\", \"text\": \"b\"}\n",
            "{\"text\": \"a\"} x\n",
            "{\"text\": \"a\"",
            "{\"text\": \"a\"}",
            "{\"text\": \"a\",}\n",
            "{\"text\": \"a\\x\"}\n",
            "{\"text\": \"a\tb\"}\n",
            "{\"text\": \"a\", \"n\": 01}\n",
            "{\"text\": \"a\", \"n\": [1, 2}\n",
            "[\"text\"]\n",
            "{\"text\":\n\"a\"}\n",
        ] {
            let bytes = ["{\"text\": \"x\"}\n", odd].concat();
            assert_eq!(json(bytes.as_bytes()).1.lines, 1, "{odd:?}");
        }
        assert_eq!(json(b"{\"text\": \"\xff\"}\n").1.lines, 0);
    }

    #[test]
    fn the_last_of_several_fields_of_one_name_counts_wherever_it_stands() {
        let lines = concat!(
            "{\"text\": \"a\", \"x\": [{\"text\": \"no\"}, -1.5e+7, true], \"text\": \"b\"}\n",
            "\t{ \"n\" : null , \"text\" : \"\\u0041\\n\\\"\\ud83d\\ude00\" } \r\n",
            "{\"text\":1,\"text\":\"c\"}\n",
        );
        let (texts, found) = json(lines.as_bytes());
        assert_eq!(texts, ["b", "A\n\"😀", "c"]);
        assert_eq!(found.bytes, lines.len());
    }

    #[test]
    fn a_path_leads_into_objects_unless_a_field_has_the_whole_name() {
        let format = LineFormat::Json("a.b.c".to_owned());
        let lines = concat!(
            "{\"a\": {\"x\": {}, \"b\": {\"c\": \"deep\"}}}\n",
            "{\"a\": {\"b\": {\"c\": \"no\"}}, \"a.b.c\": \"whole\"}\n",
            "{\"a.b.c\": \"whole\", \"a\": {\"b\": {\"c\": \"no\"}}}\n",
            "{\"a\": {\"b.c\": \"inner\", \"b\": {\"c\": \"no\"}}}\n",
            "{\"a\": {\"b\": {\"c\": \"no\"}}, \"a\": {\"b\": {\"c\": \"the l\\u0061st\"}}}\n",
        );
        let (texts, found) = read(lines.as_bytes(), &format, ALL);
        assert_eq!(texts, ["deep", "whole", "whole", "inner", "the last"]);
        assert_eq!(found.bytes, lines.len());
        // What is not there, is no string, or may be elsewhere is for the other reader.
        for odd in [
            "{}",
            "{\"a\": {}}",
            "{\"a\": \"b\"}",
            "{\"a\": {\"b\": {\"c\": null}}}",
            "{\"a\": {\"b\": {\"c\": \"no\"}}, \"a.b.c\": null}",
            "{\"a\": {\"b\": {\"c\": \"no\"}}, \"a\": {}}",
            "{\"a\": {\"b\": {\"c\": \"no\"}, \"b\": 1}}",
            "{\"a\": {\"b\": {\"c\": \"no\"}, \"b.c\": 1}}",
            "{\"a\": {\"b\": {\"c\": \"no\", \"c\": []}}}",
            "{\"a\": {\"\\u0062\": {}, \"b\": {\"c\": \"no\"}}}",
            "{\"a\": {\"b\": {\"c\": \"no\"}]}",
            "{\"a.b\": {\"c\": \"other\"}}",
            "{\"a\": [{\"b\": {\"c\": \"other\"}}]}",
        ] {
            assert_eq!(read(format!("{odd}\n").as_bytes(), &format, ALL).1.lines, 0, "{odd}");
        }
    }

    #[test]
    fn records_are_read_up_to_the_first_that_is_more_than_a_line() {
        let format = RecordFormat { delimiter: b';', has_quotes: true, fields: 2, text: 1, id: None };
        let lines = "1;a\r\n2;\"b;\"\"c\"\n3;\"d\ne\"\n4;f\n".as_bytes();
        let (texts, found) = read(lines, &LineFormat::Record(format), ALL);
        assert_eq!(texts, ["a", "b;\"c"]);
        assert_eq!(found, LinesRead { lines: 2, bytes: 15, units: 5 });
    }

    #[test]
    fn limits_are_kept_and_what_is_cut_still_counts() {
        let lines = b"{\"text\": \"abcdef\"}\n{\"text\": \"ab\\u0063\"}\n{\"text\": \"\"}\n";
        let format = LineFormat::Json("text".to_owned());
        let (texts, found) = read(lines, &format, LineLimits { text_units: Some(2), ..ALL });
        assert_eq!((texts, found.units), (vec!["ab".to_owned(), "ab".to_owned(), String::new()], 9));
        assert_eq!(read(lines, &format, LineLimits { lines: 1, ..ALL }).1.lines, 1);
        assert_eq!(read(lines, &format, LineLimits { units: 7, ..ALL }).1.lines, 2);
    }
}
