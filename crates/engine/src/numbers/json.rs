//! Rows as JSON arrays of numbers.
//!
//! A float32 is written as the shortest decimal that reads back to the same float32, a float16 or
//! bfloat16 as the shortest that reads back to the same element of its type. Floats keep a point or
//! an exponent (`1.0`, `-0.0`, `1e-7`), so that Python's `json.loads` makes floats of them, zeros
//! with their sign. What JSON has no number for, NaN and infinities, is `null`. An int8 is its
//! integer; a binary row is its bytes, 0 to 255.

use std::ops::Range;

use super::half_decimals::HalfFormat;
use crate::dtype::Dtype;
use crate::rows::Rows;

/// The room that a float takes while it is written: `zmij`'s buffer, and a comma.
const FLOAT_BYTES: usize = TEXT_BYTES + 1;
/// The size of `zmij`'s buffer.
const TEXT_BYTES: usize = 24;
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

/// Appends the rows of a range as JSON arrays with commas between them. The brackets around all
/// rows are the caller's, who can so write them in steps.
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
    let start = out.len();
    out.resize(start + json_row_bound(rows.dtype(), rows.dim()), 0);
    let length = put_json_row(&mut out[start..], rows, index);
    out.truncate(start + length);
}

/// Writes row `index` as a JSON array to the start of `out`, which has room for
/// [`json_row_bound`] bytes. Returns how many it takes.
///
/// # Panics
/// When there is no such row, or no such room.
pub(super) fn put_json_row(out: &mut [u8], rows: Rows<'_>, index: usize) -> usize {
    let halves = |format: HalfFormat| rows.row_u16(index).iter().map(move |&bits| format.decimal(bits));
    match rows.dtype() {
        Dtype::Float32 => put_floats(out, rows.row_f32(index).iter().copied()),
        Dtype::Float16 => put_floats(out, halves(HalfFormat::Float16)),
        Dtype::BFloat16 => put_floats(out, halves(HalfFormat::BFloat16)),
        Dtype::Int8 => put_integers(out, rows.row_i8(index).iter().map(|&element| i16::from(element))),
        Dtype::Binary => put_integers(out, rows.row(index).iter().map(|&byte| i16::from(byte))),
    }
}

#[inline(always)]
fn put_floats(out: &mut [u8], values: impl Iterator<Item = f32>) -> usize {
    out[0] = b'[';
    let mut at = 1;
    for value in values {
        let mut buffer = zmij::Buffer::new();
        let text = if value.is_finite() { buffer.format_finite(value) } else { "null" };
        let room = &mut out[at..at + FLOAT_BYTES];
        copy_short(room, text.as_bytes());
        room[text.len()] = b',';
        at += text.len() + 1;
    }
    close_array(out, at)
}

/// Ends an array, in the place of the comma after its last element. Returns its length.
fn close_array(out: &mut [u8], at: usize) -> usize {
    let end = if at > 1 { at - 1 } else { at };
    out[end] = b']';
    end + 1
}

/// Copies at most [`TEXT_BYTES`] bytes: most texts have 8 to 16, which two copies of a fixed size
/// take without a call.
#[inline(always)]
fn copy_short(room: &mut [u8], text: &[u8]) {
    let length = text.len();
    if (8..=16).contains(&length) {
        room[..8].copy_from_slice(&text[..8]);
        room[length - 8..length].copy_from_slice(&text[length - 8..]);
    } else {
        room[..length].copy_from_slice(text);
    }
}

#[inline(always)]
fn put_integers(out: &mut [u8], values: impl Iterator<Item = i16>) -> usize {
    out[0] = b'[';
    let mut at = 1;
    for value in values {
        at += put_integer(&mut out[at..at + INTEGER_BYTES], value);
        out[at] = b',';
        at += 1;
    }
    close_array(out, at)
}

#[inline(always)]
fn put_integer(out: &mut [u8], value: i16) -> usize {
    let magnitude = value.unsigned_abs();
    let mut at = 0;
    let mut put = |byte: u8| {
        out[at] = byte;
        at += 1;
    };
    if value < 0 {
        put(b'-');
    }
    if magnitude >= 100 {
        put(b'0' + (magnitude / 100) as u8);
    }
    if magnitude >= 10 {
        put(b'0' + (magnitude / 10 % 10) as u8);
    }
    put(b'0' + (magnitude % 10) as u8);
    at
}

#[cfg(test)]
mod tests {
    use super::{json_row_bound, write_json_row, write_json_rows};
    use crate::dtype::Dtype;
    use crate::rows::Rows;

    /// Writes floats, reads them as Python does (a double, which is then rounded to float32), and
    /// compares bits.
    fn read_back(values: &[f32]) {
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        // SAFETY: floats have no padding, and every byte of memory is a byte.
        let memory = unsafe { std::slice::from_raw_parts(values.as_ptr().cast::<u8>(), bytes.len()) };
        let rows = Rows::new(memory, Dtype::Float32, values.len()).unwrap();
        let mut text = Vec::new();
        write_json_row(&mut text, rows, 0);
        assert!(text.len() <= json_row_bound(Dtype::Float32, values.len()));
        let text = String::from_utf8(text).unwrap();
        let numbers = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap();
        let mut numbers = numbers.split(',');
        for value in values {
            let number = numbers.next().unwrap();
            if !value.is_finite() {
                assert_eq!(number, "null");
                continue;
            }
            assert!(is_json_float(number), "{number}");
            let read: f64 = number.parse().unwrap();
            assert_eq!((read as f32).to_bits(), value.to_bits(), "{value:e} {number}");
            // The standard library's formatter gives the fewest digits, too; where two decimals are
            // as near, it may take the other one.
            assert_eq!(digit_count(number), digit_count(&format!("{value:e}")), "{value:e} {number}");
        }
        assert_eq!(numbers.next(), None);
    }

    /// RFC 8259, and a point or an exponent: Python reads an integer else, which has no negative
    /// zero.
    fn is_json_float(text: &str) -> bool {
        let text = text.strip_prefix('-').unwrap_or(text);
        let (mantissa, exponent) = text.split_once('e').map_or((text, None), |(m, e)| (m, Some(e)));
        let (whole, fraction) = mantissa.split_once('.').map_or((mantissa, None), |(w, f)| (w, Some(f)));
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        is_number(whole)
            && (whole == "0" || !whole.starts_with('0'))
            && fraction.is_none_or(is_number)
            && exponent.is_none_or(|text| is_number(text.strip_prefix(['-', '+']).unwrap_or(text)))
            && (fraction.is_some() || exponent.is_some())
    }

    fn digit_count(text: &str) -> usize {
        let mantissa = text.split('e').next().unwrap().replace(['.', '-'], "");
        mantissa.trim_start_matches('0').trim_end_matches('0').len()
    }

    #[test]
    fn every_pattern_of_the_upper_nineteen_bits_reads_back_to_the_same_bits() {
        let values: Vec<f32> = (0..1 << 19).map(|bits| f32::from_bits(bits << 13)).collect();
        values.chunks(1 << 12).for_each(read_back);
    }

    #[test]
    fn floats_of_random_bits_read_back_to_the_same_bits() {
        random(200_000);
    }

    /// A command of its own: `cargo test -p model2vec-engine --lib ten_million -- --ignored`.
    #[test]
    #[ignore = "takes a minute"]
    fn ten_million_floats_of_random_bits_read_back_to_the_same_bits() {
        random(10_000_000);
    }

    fn random(count: usize) {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let values: Vec<f32> = (0..count)
            .map(|_| {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                f32::from_bits((state >> 16) as u32)
            })
            .collect();
        values.chunks(1 << 12).for_each(read_back);
    }

    fn text_of(bytes: &[u8], dtype: Dtype, dim: usize) -> String {
        let mut text = Vec::new();
        let rows = Rows::new(bytes, dtype, dim).unwrap();
        write_json_rows(&mut text, rows, 0..rows.len());
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn rows_of_each_type_are_arrays_of_its_numbers() {
        let values = [0.0_f32, -0.0, 1.0, -1.5, 1e-7, f32::NAN, f32::INFINITY, f32::NEG_INFINITY];
        // SAFETY: floats have no padding, and every byte of memory is a byte.
        let floats = unsafe { std::slice::from_raw_parts(values.as_ptr().cast::<u8>(), 32) };
        assert_eq!(text_of(floats, Dtype::Float32, 4), "[0.0,-0.0,1.0,-1.5],[1e-7,null,null,null]");
        // numpy 2.4.6: numpy.format_float_scientific of each of these float16 gives 1.e-01,
        // -2.e+00, 6.e-08, 6.55e+04, inf, nan.
        let halves = [0x2e66_u16, 0xc000, 1, 0x7bff, 0x7c00, 0x7e01];
        // SAFETY: integers have no padding, and every byte of memory is a byte.
        let bits = unsafe { std::slice::from_raw_parts(halves.as_ptr().cast::<u8>(), 12) };
        assert_eq!(text_of(bits, Dtype::Float16, 6), "[0.1,-2.0,6e-8,65500.0,null,null]");
        // Values 0.100098, 1, 9.18355e-41, -inf by ml_dtypes 0.6.0.
        let halves = [0x3dcd_u16, 0x3f80, 1, 0xff80];
        // SAFETY: as above.
        let bits = unsafe { std::slice::from_raw_parts(halves.as_ptr().cast::<u8>(), 8) };
        assert_eq!(text_of(bits, Dtype::BFloat16, 4), "[0.1,1.0,9e-41,null]");
        let bytes: Vec<u8> = (0..=255).collect();
        let signed: Vec<String> = bytes.iter().map(|&byte| (byte as i8).to_string()).collect();
        assert_eq!(text_of(&bytes, Dtype::Int8, 256), format!("[{}]", signed.join(",")));
        let unsigned: Vec<String> = bytes.iter().map(u8::to_string).collect();
        assert_eq!(text_of(&bytes, Dtype::Binary, 2048), format!("[{}]", unsigned.join(",")));
        assert_eq!(text_of(&[7, 128], Dtype::Binary, 9), "[7,128]");
        assert_eq!(text_of(&[], Dtype::Binary, 9), "");
    }
}
