//! Small integers as Parquet writes levels and indices: a value that repeats as a run, all others
//! packed bit by bit, in groups of eight.
//!
//! Source: <https://parquet.apache.org/docs/file-format/data-pages/encodings/#RLE>.

/// Values that are packed together.
const GROUP: usize = 8;

/// Appends `values`, each of at most `width` bits.
pub(super) fn put_hybrid(out: &mut Vec<u8>, values: &[u32], width: u32) {
    // What is not written yet starts here. Before the last group all groups are full.
    let mut start = 0;
    let mut at = 0;
    while at < values.len() {
        let same = values[at..].iter().take_while(|&&value| value == values[at]).count();
        let filling = (GROUP - (at - start) % GROUP) % GROUP;
        let end = at + same;
        if same >= filling + GROUP {
            put_packed(out, &values[start..at + filling], width);
            put_varint(out, (same - filling) as u64 * 2);
            out.extend_from_slice(&values[at].to_le_bytes()[..width.div_ceil(8) as usize]);
            start = end;
        }
        at = end;
    }
    put_packed(out, &values[start..], width);
}

fn put_packed(out: &mut Vec<u8>, values: &[u32], width: u32) {
    if values.is_empty() {
        return;
    }
    let groups = values.len().div_ceil(GROUP);
    put_varint(out, groups as u64 * 2 + 1);
    let end = out.len() + groups * width as usize;
    let (mut bits, mut count) = (0_u64, 0);
    for &value in values {
        bits |= u64::from(value) << count;
        count += width;
        while count >= 8 {
            out.push(bits as u8);
            bits >>= 8;
            count -= 8;
        }
    }
    if count > 0 {
        out.push(bits as u8);
    }
    // The last group is filled up with zeros.
    out.resize(end, 0);
}

/// An unsigned integer, seven bits in a byte, the lowest first.
pub(super) fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

#[cfg(test)]
mod tests {
    use super::put_hybrid;

    fn hybrid(values: &[u32], width: u32) -> Vec<u8> {
        let mut out = Vec::new();
        put_hybrid(&mut out, values, width);
        out
    }

    #[test]
    fn a_value_that_repeats_is_a_run() {
        // The example of the format's description: a run of 10 zeros is 20, 0.
        assert_eq!(hybrid(&[0; 10], 1), [20, 0]);
        assert_eq!(hybrid(&[300; 1000], 9), [0xd0, 0x0f, 0x2c, 0x01]);
    }

    #[test]
    fn other_values_are_packed_from_the_lowest_bit_on() {
        // The example of the format's description: 0 to 7 in three bits.
        assert_eq!(hybrid(&[0, 1, 2, 3, 4, 5, 6, 7], 3), [3, 0b1000_1000, 0b1100_0110, 0b1111_1010]);
        assert_eq!(hybrid(&[1, 0, 1], 1), [3, 0b101]);
        assert_eq!(hybrid(&[], 1), [0_u8; 0]);
    }

    #[test]
    fn a_run_begins_where_the_group_before_it_is_full() {
        let values: Vec<u32> = [0].into_iter().chain([1; 20]).collect();
        assert_eq!(hybrid(&values, 1), [3, 0b1111_1110, 26, 1]);
    }
}
