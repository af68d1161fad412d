//! What is wanted of lines beside their texts for the engine: the texts in UTF-8 and the ids, as
//! columns of an output.

use super::json::{self, IdValue, Scan};
use super::line::Line;
use crate::texts::utf16::Utf8Buffer;

/// Strings in UTF-8, one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Utf8Column {
    /// The bytes of all.
    pub bytes: Vec<u8>,
    /// Where each begins, and where the last ends.
    pub offsets: Vec<u32>,
}

impl Default for Utf8Column {
    fn default() -> Self {
        Self { bytes: Vec::new(), offsets: vec![0] }
    }
}

impl Utf8Column {
    fn push(&mut self, text: &str) {
        self.bytes.extend_from_slice(text.as_bytes());
        self.offsets.push(self.bytes.len() as u32);
    }
}

/// Ids, all of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ids {
    /// Strings.
    Strings(Utf8Column),
    /// Integers that JavaScript has, too.
    Integers(Vec<i64>),
}

/// The columns of lines that were read.
#[derive(Debug, Default)]
pub struct LineColumns {
    /// The texts, where they are wanted; a lone surrogate is U+FFFD.
    pub texts: Option<Utf8Column>,
    /// The field of the ids, where they are wanted: a name or a path, as that of the texts.
    pub id_field: Option<String>,
    /// The ids; `None` before the first.
    pub ids: Option<Ids>,
    utf8: Utf8Buffer,
    units: Vec<u16>,
}

impl LineColumns {
    /// Adds a line of these bytes. False when it has no id that is certain and of the kind of the
    /// others; then nothing was added.
    pub(super) fn push(&mut self, bytes: &[u8], line: &Line<'_>) -> bool {
        let Line { text, has_escapes, id, .. } = line;
        if let Some(id) = id {
            let Ids::Strings(ids) = self.ids.get_or_insert_with(|| Ids::Strings(Utf8Column::default())) else {
                return false;
            };
            ids.push(id);
        } else if let Some(field) = &self.id_field {
            let Some((id, line)) = read_id(bytes, field) else { return false };
            match (id, &mut self.ids) {
                (IdValue::Integer(id), Some(Ids::Integers(ids))) => ids.push(id),
                (IdValue::Integer(id), none @ None) => *none = Some(Ids::Integers(vec![id])),
                (IdValue::String((range, has_escapes)), ids @ (None | Some(Ids::Strings(_)))) => {
                    let ids = ids.get_or_insert_with(|| Ids::Strings(Utf8Column::default()));
                    let Ids::Strings(ids) = ids else { return false };
                    ids.push(whole(&line[range], has_escapes, &mut self.units, &mut self.utf8));
                }
                _ => return false,
            }
        }
        if let Some(texts) = &mut self.texts {
            texts.push(whole(text, *has_escapes, &mut self.units, &mut self.utf8));
        }
        true
    }
}

/// The id of a line, and the line.
fn read_id<'a>(line: &'a [u8], path: &str) -> Option<(IdValue, &'a str)> {
    let id = Scan::new(line).object_line::<IdValue>(path.as_bytes())?;
    Some((id, str::from_utf8(line).ok()?))
}

/// A string of JSON without its escapes.
fn whole<'a>(content: &'a str, has_escapes: bool, units: &mut Vec<u16>, utf8: &'a mut Utf8Buffer) -> &'a str {
    if !has_escapes {
        return content;
    }
    units.resize(content.len(), 0);
    let length = json::unescape(content, units);
    utf8.transcode(&units[..length])
}

#[cfg(test)]
mod tests {
    use super::{Ids, LineColumns, Utf8Column};
    use crate::texts::Texts;
    use crate::texts::lines::{LineFormat, LineLimits, read_lines};

    fn column(values: &[&str]) -> Utf8Column {
        let mut column = Utf8Column::default();
        values.iter().for_each(|value| column.push(value));
        column
    }

    fn read(lines: &str) -> (usize, LineColumns) {
        let limits = LineLimits { lines: usize::MAX, units: usize::MAX, text_units: Some(1) };
        let mut columns = LineColumns {
            texts: Some(Utf8Column::default()),
            id_field: Some("meta.id".to_owned()),
            ..LineColumns::default()
        };
        let format = LineFormat::Json("text".to_owned());
        let read = read_lines(lines.as_bytes(), &format, limits, &mut Texts::default(), &mut columns);
        (read.lines, columns)
    }

    #[test]
    fn texts_and_ids_are_whole_and_without_escapes() {
        let lines = concat!(
            "{\"text\": \"ab∑\", \"meta\": {\"id\": \"x\\n\\u00e4\"}}\n",
            "{\"meta.id\": \"own\", \"meta\": {\"id\": 5}, \"text\": \"\\ud83d\\ude00\\ud800\"}\n",
            "{\"text\": \"\", \"meta\": {\"id\": \"\"}}\n",
        );
        let (count, columns) = read(lines);
        assert_eq!(count, 3);
        assert_eq!(columns.texts, Some(column(&["ab∑", "😀\u{fffd}", ""])));
        assert_eq!(columns.ids, Some(Ids::Strings(column(&["x\nä", "own", ""]))));
    }

    #[test]
    fn reading_stops_at_an_id_of_another_kind_and_at_what_is_no_certain_id() {
        for (id, last) in [("7", "\"7\""), ("\"7\"", "7")] {
            let line = |id: &str| format!("{{\"text\": \"t\", \"meta.id\": {id}}}\n");
            for odd in [last, "1.0", "1e3", "-0", "1234567890123456", "null", "true", "[1]", "{}"] {
                let (count, columns) = read(&format!("{}{}{}", line(id), line(odd), line(id)));
                assert_eq!((count, columns.texts), (1, Some(column(&["t"]))), "{id} {odd}");
            }
        }
        assert_eq!(read("{\"text\": \"t\", \"meta.id\": 1}\n{\"text\": \"t\"}\n").0, 1);
        let (count, columns) =
            read("{\"text\": \"\", \"meta.id\": -3}\n{\"text\": \"\", \"meta.id\": 123456789012345}\n");
        assert_eq!((count, columns.ids), (2, Some(Ids::Integers(vec![-3, 123_456_789_012_345]))));
    }
}
