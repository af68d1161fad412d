//! Rows as JSON arrays of numbers.
//!
//! A float32 is written as the shortest decimal that reads back to the same float32, a float16 or bfloat16 as the shortest that reads back
//! to the same element of its type. Floats keep a point or an exponent (`1.0`, `-0.0`, `1e-7`), so that Python's `json.loads` makes floats
//! of them, zeros with their sign. What JSON has no number for, NaN and infinities, is `null`. An int8 is its integer; a binary row is
//! its bytes, 0 to 255.

use std::ops::Range;

use super::half_decimals::HalfFormat;
use crate::dtype::Dtype;
use crate::rows::Rows;

/// The longest text of a float32: `-1.17549435e-38`. One byte more for the comma.
const FLOAT_BYTES: usize = 16;
/// The longest text of a byte, `-128`, and a comma.
const INTEGER_BYTES: usize = 5;

/// The most bytes that the text of a row takes, brackets and a comma after it included.
#[must_use]
pub fn json_row_bound(dtype: Dtype, dim: usize) -> usize {
    3 + match dtype {
        Dtype::Float32 | Dtype::Float16 | Dtype::BFloat16 => dim * FLOAT_BYTES,
        Dtype::Int8 => dim * INTEGER_BYTES,
        Dtype::Binary => dim.div_ceil(8) * INTEGER_BYTES,
    }
}

/// Appends the rows of a range as JSON arrays with commas between them. The brackets around all rows are the caller's, who can so write
/// them in steps.
///
/// # Panics
/// When the range goes past the last row.
pub fn write_json_rows(out: &mut Vec<u8>, rows: Rows<'_>, range: Range<usize>) {
    for (place, index) in range.enumerate() {
        if place > 0 {
            out.push(b',');
        }
        write_json_row(out, rows, index);
    }
}

/// Appends row `index` as a JSON array.
///
/// # Panics
/// When there is no such row.
pub fn write_json_row(out: &mut Vec<u8>, rows: Rows<'_>, index: usize) {
    out.reserve(json_row_bound(rows.dtype(), rows.dim()));
    let floats = |out: &mut Vec<u8>, format: HalfFormat| {
        write_array(out, rows.row_u16(index).iter().map(|&bits| format.decimal(bits)), write_float);
    };
    match rows.dtype() {
        Dtype::Float32 => write_array(out, rows.row_f32(index).iter().copied(), write_float),
        Dtype::Float16 => floats(out, HalfFormat::Float16),
        Dtype::BFloat16 => floats(out, HalfFormat::BFloat16),
        Dtype::Int8 => write_array(out, rows.row_i8(index).iter().map(|&element| i16::from(element)), write_integer),
        Dtype::Binary => write_array(out, rows.row(index).iter().map(|&byte| i16::from(byte)), write_integer),
    }
}

#[inline(always)]
fn write_array<T>(out: &mut Vec<u8>, elements: impl Iterator<Item = T>, write: impl Fn(&mut Vec<u8>, T)) {
    out.push(b'[');
    let start = out.len();
    for element in elements {
        write(out, element);
        out.push(b',');
    }
    if out.len() > start {
        out.pop();
    }
    out.push(b']');
}

#[inline(always)]
fn write_float(out: &mut Vec<u8>, value: f32) {
    if value.is_finite() {
        out.extend_from_slice(zmij::Buffer::new().format_finite(value).as_bytes());
    } else {
        out.extend_from_slice(b"null");
    }
}

#[inline(always)]
fn write_integer(out: &mut Vec<u8>, value: i16) {
    let magnitude = value.unsigned_abs();
    if value < 0 {
        out.push(b'-');
    }
    if magnitude >= 100 {
        out.push(b'0' + (magnitude / 100) as u8);
    }
    if magnitude >= 10 {
        out.push(b'0' + (magnitude / 10 % 10) as u8);
    }
    out.push(b'0' + (magnitude % 10) as u8);
}
