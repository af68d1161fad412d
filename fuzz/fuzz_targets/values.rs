//! Compares the texts of any column of strings with what the standard library makes of its bytes. The first
//! four bytes are how many offsets there are, the gap, and the limits; then come the offsets, a byte each.
#![no_main]

use libfuzzer_sys::fuzz_target;
use model2vec_engine::{Texts, ValueLimits, read_values};

fuzz_target!(|data: &[u8]| {
    let Some((&[count, gap, units, cut], rest)) = data.split_first_chunk() else { return };
    let (offsets, bytes) = rest.split_at(usize::from(count).min(rest.len()));
    // One in 16 is far outside.
    let offsets: Vec<u32> =
        offsets.iter().map(|&at| if at % 16 == 15 { u32::MAX - u32::from(at) } else { u32::from(at) }).collect();
    let gap = u32::from(gap);
    let limits = ValueLimits {
        units: if units == 0 { usize::MAX } else { usize::from(units) },
        text_units: (cut != 0).then(|| usize::from(cut)),
    };
    let mut texts = Texts::default();
    let read = read_values(bytes, &offsets, gap, limits, &mut texts);

    let mut all = 0;
    let mut expected = Vec::new();
    for bounds in offsets.windows(2) {
        let value = || str::from_utf8(bytes.get(bounds[0] as usize..bounds[1].checked_sub(gap)? as usize)?).ok();
        let Some(text) = value().filter(|_| all < limits.units) else { break };
        let text: Vec<u16> = text.encode_utf16().collect();
        all += text.len();
        expected.push(text[..text.len().min(limits.text_units.unwrap_or(usize::MAX))].to_vec());
    }
    assert_eq!((read.values, read.units, texts.len()), (expected.len(), all, expected.len()));
    for (index, text) in expected.iter().enumerate() {
        assert_eq!(texts.units(index), text);
    }
});
