//! Headers of pages: Thrift's compact form of the structs in `parquet.thrift`.

use super::hybrid::put_varint;

/// How values are written, by the numbers of the enum `Encoding`.
pub(super) const PLAIN: u32 = 0;
pub(super) const RLE_DICTIONARY: u32 = 8;

/// The type of a field that is `i32`, after the field before it.
const NEXT_I32: u8 = 0x15;
const STRUCT: u8 = 0x0c;
const STOP: u8 = 0;

/// A page with its size in bytes, unpacked and as it is in the file.
pub(super) struct Header<'a> {
    /// The page's type, the number of its field in `PageHeader`, and the first fields of that.
    pub(super) page: PageKind,
    pub(super) fields: &'a [u32],
    pub(super) unpacked: u32,
    pub(super) packed: u32,
}

/// The kinds of pages that are written.
#[derive(Clone, Copy)]
pub(super) enum PageKind {
    /// Fields: values, encoding.
    Dictionary,
    /// Fields: values, nulls, rows, encoding, bytes of definition levels and of repetition levels.
    DataV2,
}

impl PageKind {
    /// The number in the enum `PageType`, and that of the field of `PageHeader`.
    fn numbers(self) -> (u32, u8) {
        match self {
            Self::Dictionary => (2, 7),
            Self::DataV2 => (3, 8),
        }
    }
}

impl Header<'_> {
    pub(super) fn put(&self, out: &mut Vec<u8>) {
        let (kind, field) = self.page.numbers();
        for value in [kind, self.unpacked, self.packed] {
            put_i32(out, value);
        }
        // By how much its number is above that of the field before, 3.
        out.push((field - 3) << 4 | STRUCT);
        for &value in self.fields {
            put_i32(out, value);
        }
        out.extend_from_slice(&[STOP, STOP]);
    }
}

/// One that is not negative: signed integers are written with their sign in the lowest bit.
fn put_i32(out: &mut Vec<u8>, value: u32) {
    out.push(NEXT_I32);
    put_varint(out, u64::from(value) * 2);
}
