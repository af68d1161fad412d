//! Texts from the bytes of a file, a line each, with nothing between the bytes and the engine's UTF-16.
//!
//! A line is read here only where it is certain what its text is. Every other one (broken, empty, no UTF-8, with a
//! byte order mark, escapes in a key, deep nesting) ends the reading and is the caller's to judge: what is read here equals what a slower and more
//! thorough reader makes of the same bytes, and what is an error, that reader says.

mod json;

use crate::texts::Texts;
use json::Scan;

/// What holds a line's text.
#[derive(Debug, Clone)]
pub enum LineFormat {
    /// The line is the text.
    Plain,
    /// The line is a JSON object, and the field of this name is the text: a string.
    Json(String),
}

/// What was read.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct LinesRead {
    /// How many lines, each one text.
    pub lines: usize,
    /// Their bytes, line feeds included.
    pub bytes: usize,
    /// UTF-16 units of all texts, before any limit.
    pub units: usize,
}

/// When reading stops, at the latest.
#[derive(Debug, Clone, Copy)]
pub struct LineLimits {
    /// After so many lines.
    pub lines: usize,
    /// Once the texts have so many UTF-16 units.
    pub units: usize,
    /// The most units that are kept of a text; `None` = all.
    pub text_units: Option<usize>,
}

/// Appends the texts of the lines at the start of `bytes` to `texts`, up to the first that is not certain, that has no line feed, or that
/// the limits leave out.
pub fn read_lines(bytes: &[u8], format: &LineFormat, limits: LineLimits, texts: &mut Texts) -> LinesRead {
    let mut read = LinesRead::default();
    while read.lines < limits.lines && read.units < limits.units {
        let rest = &bytes[read.bytes..];
        let Some(line) = read_line(rest, format) else { break };
        let limit = limits.text_units.unwrap_or(usize::MAX);
        let mut all = 0;
        let pushed = texts.push_with(line.text.len().min(limit), |buffer| {
            all = if line.has_escapes { json::unescape(line.text, buffer) } else { widen(line.text, buffer) };
            Ok::<_, std::convert::Infallible>(all)
        });
        let Ok(()) = pushed;
        read.lines += 1;
        read.bytes += line.end;
        read.units += all;
    }
    read
}

/// A line whose text is certain.
struct Line<'a> {
    text: &'a str,
    has_escapes: bool,
    /// The bytes of the line, its line feed included.
    end: usize,
}

fn read_line<'a>(bytes: &'a [u8], format: &LineFormat) -> Option<Line<'a>> {
    match format {
        LineFormat::Plain => {
            let feed = bytes.iter().position(|&byte| byte == b'\n')?;
            let line = bytes[..feed].strip_suffix(b"\r").unwrap_or(&bytes[..feed]);
            let text = str::from_utf8(line).ok()?;
            // At the start of a file it is no part of the text: whoever knows where the file starts reads this line.
            (!text.starts_with('\u{feff}')).then_some(Line { text, has_escapes: false, end: feed + 1 })
        }
        LineFormat::Json(field) => {
            let mut scan = Scan::new(bytes);
            let (range, has_escapes) = scan.object_line(field.as_bytes())?;
            let end = scan.position();
            let line = str::from_utf8(&bytes[..end]).ok()?;
            // Quotes are characters of their own: the range lies between two of them.
            Some(Line { text: &line[range], has_escapes, end })
        }
    }
}

/// How many bytes are made wider together.
const BLOCK: usize = 32;

/// Writes `text` as UTF-16, as far as there is room; gives the number of all its units.
fn widen(text: &str, units: &mut [u16]) -> usize {
    let bytes = text.as_bytes();
    let (mut read, mut written) = (0, 0);
    while read < bytes.len() {
        while let Some(block) = bytes[read..].first_chunk::<BLOCK>()
            && let Some(place) = units.get_mut(written..).and_then(|rest| rest.first_chunk_mut::<BLOCK>())
            && block.is_ascii()
        {
            for (unit, &byte) in place.iter_mut().zip(block) {
                *unit = u16::from(byte);
            }
            read += BLOCK;
            written += BLOCK;
        }
        // One block's worth the slow way, then the fast one is tried again.
        let stop = bytes.len().min(read + BLOCK);
        for character in text[read..].chars() {
            if read >= stop {
                break;
            }
            read += character.len_utf8();
            for &mut unit in character.encode_utf16(&mut [0; 2]) {
                if let Some(place) = units.get_mut(written) {
                    *place = unit;
                }
                written += 1;
            }
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::{LineFormat, LineLimits, LinesRead, Texts, read_lines};

    const ALL: LineLimits = LineLimits { lines: usize::MAX, units: usize::MAX, text_units: None };

    fn read(bytes: &[u8], format: &LineFormat, limits: LineLimits) -> (Vec<String>, LinesRead) {
        let mut texts = Texts::default();
        let read = read_lines(bytes, format, limits, &mut texts);
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
    fn text_of_every_length_and_mixture_becomes_the_utf16_of_the_standard_library() {
        let characters = ["a", "ß", "∑", "😀"];
        for length in 0..150 {
            for odd in 0..=length {
                let text: String = (0..length).map(|i| if i == odd { characters[odd % 4] } else { "x" }).collect();
                let expected: Vec<u16> = text.encode_utf16().collect();
                let mut units = vec![0; text.len()];
                assert_eq!(super::widen(&text, &mut units), expected.len());
                assert_eq!(units[..expected.len()], expected);
                let mut few = vec![0; length / 2];
                assert_eq!(super::widen(&text, &mut few), expected.len());
                assert_eq!(few, expected[..length / 2]);
            }
        }
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
