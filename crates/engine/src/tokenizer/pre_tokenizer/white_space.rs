//! The ends of white space in the patterns of byte-level BPE: `\s*[\r\n]+|\s+(?!\S)|\s+`.

use super::class::{SPACE, class_at};

/// A run of white space.
pub(super) struct WhiteSpace {
    pub(super) end: usize,
    /// Where its last character starts.
    last: usize,
    /// Behind the last line feed or carriage return.
    lines_end: Option<usize>,
}

impl WhiteSpace {
    /// The run that starts at `start`: at white space.
    pub(super) fn at(text: &str, start: usize) -> Self {
        let (mut end, mut last, mut lines_end) = (start, start, None);
        while let Some((class, len)) = class_at(text, end) {
            if class & SPACE == 0 {
                break;
            }
            last = end;
            end += len;
            if matches!(text.as_bytes()[last], b'\r' | b'\n') {
                lines_end = Some(end);
            }
        }
        Self { end, last, lines_end }
    }

    /// `\s+(?!\S)|\s+`: all of it at the end of the text, else all but the last character, unless it is the only one.
    pub(super) fn match_end(&self, text: &str, start: usize) -> usize {
        if self.end == text.len() || self.last == start { self.end } else { self.last }
    }

    /// `\s*[\r\n]+|\s+(?!\S)|\s+`.
    pub(super) fn match_end_by_line(&self, text: &str, start: usize) -> usize {
        self.lines_end.unwrap_or_else(|| self.match_end(text, start))
    }
}
