//! Rows as JSON Lines: an object per line, which ends with the vector.

use super::base64::{base64_length, put_base64};
use super::json::{json_row_bound, put_json_row};
use crate::rows::Rows;

/// How a vector is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VectorText {
    /// A JSON array of numbers: [`write_json_row`](super::write_json_row).
    Json,
    /// A string, the base64 of the row's bytes.
    Base64,
}

/// What comes before the vectors: in each line the opening, its members, and the end.
#[derive(Debug, Clone, Copy)]
pub struct LineHeads<'a> {
    /// In most lines an opening brace.
    pub opening: &'a [u8],
    /// Members of the objects.
    pub members: &'a [Member<'a>],
    /// The vectors' key and its colon.
    pub end: &'a [u8],
}

/// A member of the object of each line.
#[derive(Debug, Clone, Copy)]
pub enum Member<'a> {
    /// Text that is written as it is.
    Text(Utf8Values<'a>),
    /// After the key and its colon, each value as a JSON string and a comma.
    Strings(&'a str, Utf8Values<'a>),
    /// After the key and its colon, each value and a comma.
    Integers(&'a str, &'a [i64]),
}

/// Strings: value `i` has the bytes from `offsets[i]` up to `gap` bytes before `offsets[i + 1]`.
#[derive(Debug, Clone, Copy)]
pub struct Utf8Values<'a> {
    bytes: &'a [u8],
    offsets: &'a [u32],
    gap: u32,
}

impl<'a> Utf8Values<'a> {
    /// `None` when a value ends before it begins, or lies outside of `bytes`.
    #[must_use]
    pub fn new(bytes: &'a [u8], offsets: &'a [u32], gap: u32) -> Option<Self> {
        let is_within = |bounds: &[u32]| {
            bounds[1].checked_sub(gap).is_some_and(|end| bounds[0] <= end && end as usize <= bytes.len())
        };
        offsets.windows(2).all(is_within).then_some(Self { bytes, offsets, gap })
    }

    fn len(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    fn get(&self, index: usize) -> &'a [u8] {
        &self.bytes[self.offsets[index] as usize..(self.offsets[index + 1] - self.gap) as usize]
    }

    /// The bytes of all values.
    fn byte_count(&self) -> usize {
        (0..self.len()).map(|index| self.get(index).len()).sum()
    }
}

/// What a byte becomes at most in a JSON string, `\u0000`.
const ESCAPED_BYTES: usize = 6;
/// The most digits of an integer, and its sign.
const INTEGER_BYTES: usize = 20;

impl Member<'_> {
    fn len(&self) -> usize {
        match self {
            Self::Text(values) | Self::Strings(_, values) => values.len(),
            Self::Integers(_, values) => values.len(),
        }
    }

    /// The most bytes that all rows take.
    fn bound(&self) -> usize {
        match self {
            Self::Text(values) => values.byte_count(),
            Self::Strings(key, values) => ESCAPED_BYTES * values.byte_count() + (key.len() + 3) * values.len(),
            Self::Integers(key, values) => (key.len() + INTEGER_BYTES + 1) * values.len(),
        }
    }

    fn put(&self, out: &mut Room<'_>, row: usize) {
        match *self {
            Self::Text(values) => out.put(values.get(row)),
            Self::Strings(key, values) => {
                out.put(key.as_bytes());
                out.put_string(&String::from_utf8_lossy(values.get(row)));
                out.put(b",");
            }
            Self::Integers(key, values) => {
                out.put(key.as_bytes());
                out.put_integer(values[row]);
                out.put(b",");
            }
        }
    }
}

impl LineHeads<'_> {
    /// Whether each member has a value for each of `rows` rows.
    #[must_use]
    pub fn are_of(&self, rows: usize) -> bool {
        self.members.iter().all(|member| member.len() == rows)
    }
}

/// The most bytes that the lines of all rows take.
#[must_use]
pub fn lines_bound(rows: Rows<'_>, heads: LineHeads<'_>, text: VectorText) -> usize {
    let vector = match text {
        VectorText::Json => json_row_bound(rows.dtype(), rows.dim()),
        VectorText::Base64 => base64_length(rows.dtype().row_bytes(rows.dim())) + 2,
    };
    let members: usize = heads.members.iter().map(Member::bound).sum();
    members + rows.len() * (heads.opening.len() + heads.end.len() + vector + 2)
}

/// Writes a line for each row: its head, the vector, `}` and a line feed. Returns how many bytes
/// they take.
///
/// # Panics
/// When `out` has not the room of [`lines_bound`], or the heads are not [of](LineHeads::are_of)
/// these rows.
pub fn write_lines(out: &mut [u8], rows: Rows<'_>, heads: LineHeads<'_>, text: VectorText) -> usize {
    let mut room = Room { bytes: out, at: 0 };
    for row in 0..rows.len() {
        room.put(heads.opening);
        for member in heads.members {
            member.put(&mut room, row);
        }
        room.put(heads.end);
        match text {
            VectorText::Json => room.at += put_json_row(&mut room.bytes[room.at..], rows, row),
            VectorText::Base64 => {
                room.put(b"\"");
                room.at += put_base64(&mut room.bytes[room.at..], rows.row(row));
                room.put(b"\"");
            }
        }
        room.put(b"}\n");
    }
    room.at
}

/// Memory that is written from its start on.
struct Room<'a> {
    bytes: &'a mut [u8],
    at: usize,
}

impl Room<'_> {
    fn put(&mut self, bytes: &[u8]) {
        self.bytes[self.at..self.at + bytes.len()].copy_from_slice(bytes);
        self.at += bytes.len();
    }

    /// As `JSON.stringify` writes it.
    fn put_string(&mut self, text: &str) {
        let mut rest = &mut self.bytes[self.at..];
        let before = rest.len();
        serde_json::to_writer(&mut rest, text).expect("there is room for the longest text");
        self.at += before - rest.len();
    }

    fn put_integer(&mut self, value: i64) {
        let mut rest = &mut self.bytes[self.at..];
        let before = rest.len();
        serde_json::to_writer(&mut rest, &value).expect("there is room for the longest integer");
        self.at += before - rest.len();
    }
}

#[cfg(test)]
mod tests {
    use super::{LineHeads, Member, Utf8Values, VectorText, lines_bound, write_lines};
    use crate::dtype::Dtype;
    use crate::rows::Rows;

    fn written(rows: Rows<'_>, members: &[Member<'_>], end: &str, text: VectorText) -> String {
        let heads = LineHeads { opening: b"{", members, end: end.as_bytes() };
        assert!(heads.are_of(rows.len()));
        let mut out = vec![0xff; lines_bound(rows, heads, text)];
        let length = write_lines(&mut out, rows, heads, text);
        out.truncate(length);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn each_line_has_its_members_and_its_vector() {
        let bytes = [1.0_f32, -2.5, 0.1, f32::NAN].map(f32::to_ne_bytes).concat();
        let rows = Rows::new(&bytes, Dtype::Float32, 2).unwrap();
        assert_eq!(written(rows, &[], "\"v\":", VectorText::Json), "{\"v\":[1.0,-2.5]}\n{\"v\":[0.1,null]}\n");
        // Python 3.11: base64.b64encode(numpy.array([1, -2.5], numpy.float32).tobytes()), and so on.
        assert_eq!(
            written(rows, &[], "\"v\":", VectorText::Base64),
            "{\"v\":\"AACAPwAAIMA=\"}\n{\"v\":\"zczMPQAAwH8=\"}\n"
        );
        let members = [
            Member::Integers("\"id\":", &[i64::MIN, 7]),
            Member::Text(Utf8Values::new(b"\"a\":1,xx\"b\":22,", &[0, 8, 17], 2).unwrap()),
            Member::Strings("\"t\":", Utf8Values::new("\u{0}\u{1f}\t\"\\/∑\u{7f}".as_bytes(), &[0, 2, 10], 0).unwrap()),
        ];
        // JSON.stringify of Node 20.
        assert_eq!(
            written(rows, &members, "\"v\":", VectorText::Json),
            concat!(
                "{\"id\":-9223372036854775808,\"a\":1,\"t\":\"\\u0000\\u001f\",\"v\":[1.0,-2.5]}\n",
                "{\"id\":7,\"b\":22,\"t\":\"\\t\\\"\\\\/∑\u{7f}\",\"v\":[0.1,null]}\n",
            )
        );
        let heads = LineHeads { opening: b"{", members: &members, end: b"" };
        assert!(!heads.are_of(1));
    }

    #[test]
    fn values_end_after_they_begin_and_within_their_bytes() {
        assert!(Utf8Values::new(b"abc", &[2, 1], 0).is_none());
        assert!(Utf8Values::new(b"abc", &[1, 4], 0).is_none());
        assert!(Utf8Values::new(b"abc", &[1, 2], 2).is_none());
        assert!(Utf8Values::new(b"abc", &[2, 5], 2).is_some());
    }
}
