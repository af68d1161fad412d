//! Rows as JSON Lines: an object per line, which ends with the vector.

use std::ops::Range;

use super::base64::{base64_length, write_base64};
use super::json::{json_row_bound, write_json_row};
use crate::rows::Rows;

/// How a vector is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VectorText {
    /// A JSON array of numbers: [`write_json_row`].
    Json,
    /// A string, the base64 of the row's bytes.
    Base64,
}

/// What comes before the vectors: the objects' starts, with the vectors' key and its colon.
#[derive(Debug, Clone, Copy)]
pub struct LineHeads<'a> {
    bytes: &'a [u8],
    ends: &'a [u32],
}

impl<'a> LineHeads<'a> {
    /// One head after the other, and where each ends; without ends, all lines have the same.
    /// `None` when the ends are out of order or beyond the bytes.
    #[must_use]
    pub fn new(bytes: &'a [u8], ends: &'a [u32]) -> Option<Self> {
        let is_whole = ends.is_sorted() && ends.last().is_none_or(|&last| last as usize <= bytes.len());
        is_whole.then_some(Self { bytes, ends })
    }

    /// How many there are; `None` = as many as are wanted.
    #[must_use]
    pub fn count(&self) -> Option<usize> {
        (!self.ends.is_empty()).then_some(self.ends.len())
    }

    fn get(&self, index: usize) -> &'a [u8] {
        if self.ends.is_empty() {
            return self.bytes;
        }
        let start = if index == 0 { 0 } else { self.ends[index - 1] as usize };
        &self.bytes[start..self.ends[index] as usize]
    }
}

/// The most bytes that the lines of a range take.
#[must_use]
pub fn lines_bound(rows: Rows<'_>, range: Range<usize>, heads: LineHeads<'_>, text: VectorText) -> usize {
    let vector = match text {
        VectorText::Json => json_row_bound(rows.dtype(), rows.dim()),
        VectorText::Base64 => base64_length(rows.dtype().row_bytes(rows.dim())) + 2,
    };
    let heads: usize = range.clone().map(|index| heads.get(index).len()).sum();
    heads + range.len() * (vector + 2)
}

/// Appends a line for each row of a range: its head, the vector, `}` and a line feed.
///
/// # Panics
/// When the range goes past the last row or the last head.
pub fn write_lines(out: &mut Vec<u8>, rows: Rows<'_>, range: Range<usize>, heads: LineHeads<'_>, text: VectorText) {
    for index in range {
        out.extend_from_slice(heads.get(index));
        match text {
            VectorText::Json => write_json_row(out, rows, index),
            VectorText::Base64 => {
                out.push(b'"');
                write_base64(out, rows.row(index));
                out.push(b'"');
            }
        }
        out.extend_from_slice(b"}\n");
    }
}

#[cfg(test)]
mod tests {
    use super::{LineHeads, VectorText, lines_bound, write_lines};
    use crate::dtype::Dtype;
    use crate::rows::Rows;

    #[test]
    fn each_line_has_its_head_and_its_vector() {
        let bytes = [1.0_f32, -2.5, 0.1, f32::NAN].map(f32::to_ne_bytes).concat();
        let rows = Rows::new(&bytes, Dtype::Float32, 2).unwrap();
        let own = LineHeads::new(br#"{"id":1,"v":{"id":22,"v":"#, &[12, 25]).unwrap();
        let same = LineHeads::new(br#"{"v":"#, &[]).unwrap();
        for (heads, text, range, expected) in [
            (own, VectorText::Json, 0..2, "{\"id\":1,\"v\":[1.0,-2.5]}\n{\"id\":22,\"v\":[0.1,null]}\n"),
            (own, VectorText::Json, 1..2, "{\"id\":22,\"v\":[0.1,null]}\n"),
            (same, VectorText::Json, 0..1, "{\"v\":[1.0,-2.5]}\n"),
            // Python 3.11: base64.b64encode(numpy.array([1, -2.5], numpy.float32).tobytes()).
            (same, VectorText::Base64, 0..1, "{\"v\":\"AACAPwAAIMA=\"}\n"),
        ] {
            let mut out = Vec::new();
            write_lines(&mut out, rows, range.clone(), heads, text);
            assert_eq!(String::from_utf8(out.clone()).unwrap(), expected);
            assert!(out.len() <= lines_bound(rows, range, heads, text));
        }
        assert_eq!((own.count(), same.count()), (Some(2), None));
    }

    #[test]
    fn heads_end_in_order_and_within_their_bytes() {
        assert!(LineHeads::new(b"abc", &[2, 1]).is_none());
        assert!(LineHeads::new(b"abc", &[1, 4]).is_none());
        assert!(LineHeads::new(b"abc", &[0, 3]).is_some());
    }
}
