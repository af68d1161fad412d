//! Reads texts from a column of UTF-8 strings: the bytes of all values, one after the other, and
//! the offsets where each begins, as Arrow has them. Parquet has the length of each before it.

use crate::texts::Texts;
use crate::texts::widen::widen;

/// How much was read.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct ValuesRead {
    /// The number of values, each one text.
    pub values: usize,
    /// The UTF-16 units of all texts, before they are cut to a limit.
    pub units: usize,
}

/// Limits at which reading stops.
#[derive(Debug, Clone, Copy)]
pub struct ValueLimits {
    /// Reading stops after the value with which the texts have this many UTF-16 units.
    pub units: usize,
    /// The most UTF-16 units that are kept per text; `None` = all.
    pub text_units: Option<usize>,
}

/// Appends values of a column to `texts`: value `i` has the bytes from `offsets[i]` up to `gap`
/// bytes before `offsets[i + 1]`. Stops before the first value that is not UTF-8 or lies outside of `bytes`,
/// and at the limits.
pub fn read_values(bytes: &[u8], offsets: &[u32], gap: u32, limits: ValueLimits, texts: &mut Texts) -> ValuesRead {
    let mut read = ValuesRead::default();
    for bounds in offsets.windows(2) {
        if read.units >= limits.units {
            break;
        }
        let end = bounds[1].checked_sub(gap);
        let value = end.and_then(|end| bytes.get(bounds[0] as usize..end as usize));
        let Some(text) = value.and_then(|value| str::from_utf8(value).ok()) else { break };
        let mut all = 0;
        let room = text.len().min(limits.text_units.unwrap_or(usize::MAX));
        let pushed = texts.push_with(room, |buffer| {
            all = widen(text, buffer);
            Ok::<_, std::convert::Infallible>(all)
        });
        let Ok(()) = pushed;
        read.values += 1;
        read.units += all;
    }
    read
}

#[cfg(test)]
mod tests {
    use super::{Texts, ValueLimits, ValuesRead, read_values};

    const ALL: ValueLimits = ValueLimits { units: usize::MAX, text_units: None };

    fn read(bytes: &[u8], offsets: &[u32], limits: ValueLimits) -> (Vec<String>, ValuesRead) {
        let mut texts = Texts::default();
        let read = read_values(bytes, offsets, 0, limits, &mut texts);
        ((0..texts.len()).map(|index| String::from_utf16_lossy(texts.units(index))).collect(), read)
    }

    #[test]
    fn the_values_between_the_offsets_are_the_texts() {
        let (texts, found) = read("xab∑😀y".as_bytes(), &[1, 1, 3, 10], ALL);
        assert_eq!(texts, ["", "ab", "∑😀"]);
        assert_eq!(found, ValuesRead { values: 3, units: 5 });
        assert_eq!(read(b"", &[], ALL).1, ValuesRead::default());
        assert_eq!(read(b"", &[0], ALL).1, ValuesRead::default());
    }

    #[test]
    fn bytes_between_values_are_left_out() {
        let mut texts = Texts::default();
        let read = read_values(b"xxab--c--", &[2, 6, 9, 9, 10], 2, ALL, &mut texts);
        assert_eq!(read, ValuesRead { values: 2, units: 3 }, "the third ends before it begins");
        assert_eq!((texts.units(0), texts.units(1)), (&[97, 98][..], &[99][..]));
        assert_eq!(read_values(b"", &[0, 1], 2, ALL, &mut texts), ValuesRead::default());
    }

    #[test]
    fn reading_stops_before_a_value_that_is_not_utf8_or_lies_outside() {
        for (bytes, offsets) in [
            (&b"a\xff"[..], &[0, 1, 2, 2][..]),
            ("a∑".as_bytes(), &[0, 1, 2, 4][..]),
            (b"ab", &[0, 1, 3][..]),
            (b"ab", &[0, 1, 0, 2][..]),
            (b"ab", &[0, 1, u32::MAX][..]),
        ] {
            assert_eq!(read(bytes, offsets, ALL).1, ValuesRead { values: 1, units: 1 }, "{offsets:?}");
        }
    }

    #[test]
    fn reading_stops_at_the_limits() {
        let limits = ValueLimits { units: 3, text_units: Some(1) };
        let (texts, found) = read(b"abcdef", &[0, 2, 4, 6], limits);
        assert_eq!(texts, ["a", "c"]);
        assert_eq!(found, ValuesRead { values: 2, units: 4 });
    }
}
