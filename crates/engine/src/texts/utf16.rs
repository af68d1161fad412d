//! UTF-16, the encoding of JavaScript strings, to UTF-8, which the tokenizer reads.

use crate::growth::lengthen;
use crate::interrupt::{STEP_BYTES, check};

/// A buffer that holds one text at a time as UTF-8.
#[derive(Debug, Default)]
pub(crate) struct Utf8Buffer {
    /// Grows as needed. The bytes past the text are left over from earlier ones.
    bytes: Vec<u8>,
}

/// How many ASCII units are narrowed together.
const BLOCK: usize = 32;

impl Utf8Buffer {
    /// The bytes of the buffer.
    pub(crate) fn capacity(&self) -> usize {
        self.bytes.capacity()
    }

    /// The text of `units` in UTF-8. A lone surrogate becomes U+FFFD, as in JavaScript's
    /// `TextEncoder`.
    pub(crate) fn transcode(&mut self, units: &[u16]) -> &str {
        let (mut rest, mut length) = (units, 0);
        loop {
            let step;
            (step, rest) = rest.split_at(step_len(rest));
            // A unit takes at most three bytes; a pair of surrogates takes four.
            lengthen(&mut self.bytes, length + step.len() * 3, 0);
            length += transcode(step, &mut self.bytes[length..]);
            if rest.is_empty() {
                break;
            }
            check();
        }
        debug_assert!(str::from_utf8(&self.bytes[..length]).is_ok());
        // SAFETY: `transcode` writes only whole characters of UTF-8: ASCII bytes, and the output of
        // `char::encode_utf8`.
        unsafe { str::from_utf8_unchecked(&self.bytes[..length]) }
    }
}

/// How many units are transcoded at once: no pair of surrogates is divided.
fn step_len(units: &[u16]) -> usize {
    match units.get(STEP_BYTES) {
        None => units.len(),
        Some(0xdc00..=0xdfff) => STEP_BYTES - 1,
        Some(_) => STEP_BYTES,
    }
}

/// Writes `units` as UTF-8 to the start of `utf8`, which has room for three bytes per unit. Returns
/// the number of bytes.
fn transcode(units: &[u16], utf8: &mut [u8]) -> usize {
    let (mut read, mut written) = (0, 0);
    while read < units.len() {
        while let Some(block) = units[read..].first_chunk::<BLOCK>() {
            if block.iter().fold(0, |all, &unit| all | unit) >= 0x80 {
                break;
            }
            narrow(block, &mut utf8[written..]);
            read += BLOCK;
            written += BLOCK;
        }
        // A last block that is ASCII is narrowed whole: its start overlaps the block before.
        let left = units.len() - read;
        if let Some(block) = units.last_chunk::<BLOCK>()
            && left <= BLOCK
            && block.iter().fold(0, |all, &unit| all | unit) < 0x80
        {
            let end = written + left;
            narrow(block, &mut utf8[end - BLOCK..]);
            return end;
        }
        // Goes on unit by unit for about a block, then tries whole blocks again.
        let stop = units.len().min(read + BLOCK);
        while read < stop {
            let unit = units[read];
            if unit < 0x80 {
                utf8[written] = unit as u8;
                written += 1;
                read += 1;
                continue;
            }
            let (character, taken) = match unit {
                0xd800..=0xdbff => match units.get(read + 1) {
                    Some(&low @ 0xdc00..=0xdfff) => {
                        let code = 0x10000 + ((u32::from(unit) & 0x3ff) << 10) + (u32::from(low) & 0x3ff);
                        (char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), 2)
                    }
                    _ => (char::REPLACEMENT_CHARACTER, 1),
                },
                _ => (char::from_u32(u32::from(unit)).unwrap_or(char::REPLACEMENT_CHARACTER), 1),
            };
            written += character.encode_utf8(&mut utf8[written..]).len();
            read += taken;
        }
    }
    written
}

/// Writes ASCII units as bytes.
#[inline(always)]
fn narrow(block: &[u16; BLOCK], utf8: &mut [u8]) {
    for (byte, &unit) in utf8[..BLOCK].iter_mut().zip(block) {
        *byte = unit as u8;
    }
}

#[cfg(test)]
mod tests {
    use super::Utf8Buffer;

    #[test]
    fn utf16_of_every_mixture_and_length_equals_the_standard_library() {
        let mut random = fastrand::Rng::with_seed(7);
        let mut next = || random.u32(..);
        let mut buffer = Utf8Buffer::default();
        for length in 0..200 {
            for _ in 0..50 {
                let kind = next() % 5;
                let units: Vec<u16> = (0..length)
                    .map(|_| match (kind, next() % 8) {
                        (0, _) | (1, 1..) => (next() % 128) as u16,
                        (2, 0..4) => 0xd800 + (next() % 0x800) as u16,
                        (3, _) if next() % 40 != 0 => (next() % 128) as u16,
                        _ => next() as u16,
                    })
                    .collect();
                assert_eq!(buffer.transcode(&units), String::from_utf16_lossy(&units));
            }
        }
    }

    #[test]
    fn a_text_of_many_steps_is_divided_between_characters() {
        let mut buffer = Utf8Buffer::default();
        for before in [0, 1, 2] {
            let mut units = vec![0x61; before];
            units.extend("😀é".encode_utf16().cycle().take(3 * super::STEP_BYTES));
            assert_eq!(buffer.transcode(&units), String::from_utf16_lossy(&units));
        }
    }

    #[test]
    fn a_lone_surrogate_becomes_the_replacement_character() {
        let mut buffer = Utf8Buffer::default();
        assert_eq!(buffer.transcode(&[0x61, 0xd83d, 0x62]), "a\u{fffd}b");
        assert_eq!(buffer.transcode(&[0xde00]), "\u{fffd}");
        assert_eq!(buffer.transcode(&[0xd83d, 0xde00]), "😀");
        assert_eq!(buffer.transcode(&[0xd83d]), "\u{fffd}");
        assert_eq!(buffer.transcode(&[]), "");
    }
}
