//! Where white space ends in the patterns of byte-level BPE: `\s*[\r\n]+|\s+(?!\S)|\s+`.

use crate::interrupt::Pace;
use crate::tokenizer::unicode::class::{SPACE, class_at};

/// A run of white space.
pub(super) struct WhiteSpace {
    pub(super) end: usize,
    /// Where the last character of the run starts.
    last: usize,
    /// Where the last line feed or carriage return ends.
    lines_end: Option<usize>,
}

impl WhiteSpace {
    /// The run that starts at `start`, where there is white space.
    pub(super) fn at(text: &str, start: usize) -> Self {
        let (mut end, mut last, mut lines_end) = (start, start, None);
        let mut pace = Pace::new();
        while let Some((class, len)) = class_at(text, end) {
            if class & SPACE == 0 {
                break;
            }
            pace.step(len);
            last = end;
            end += len;
            if matches!(text.as_bytes()[last], b'\r' | b'\n') {
                lines_end = Some(end);
            }
        }
        Self { end, last, lines_end }
    }

    /// `\s+(?!\S)|\s+`: the whole run at the end of the text, else all of it except the last
    /// character, unless that is the only one.
    pub(super) fn match_end(&self, text: &str, start: usize) -> usize {
        if self.end == text.len() || self.last == start { self.end } else { self.last }
    }

    /// `\s*[\r\n]+|\s+(?!\S)|\s+`.
    pub(super) fn match_end_by_line(&self, text: &str, start: usize) -> usize {
        self.lines_end.unwrap_or_else(|| self.match_end(text, start))
    }
}
