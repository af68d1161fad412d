//! UTF-8 to UTF-16, in blocks while it is ASCII.

/// How many ASCII bytes are widened together.
const BLOCK: usize = 32;

/// Writes `text` as UTF-16 into `units`, as far as there is room. Returns the number of all its
/// units, including those that found no room.
pub(in crate::texts) fn widen(text: &str, units: &mut [u16]) -> usize {
    let bytes = text.as_bytes();
    let (mut read, mut written) = (0, 0);
    while read < bytes.len() {
        while let Some(block) = bytes[read..].first_chunk::<BLOCK>()
            && let Some(place) = units.get_mut(written..).and_then(|rest| rest.first_chunk_mut::<BLOCK>())
            && block.is_ascii()
        {
            for (unit, &byte) in place.iter_mut().zip(block) {
                *unit = u16::from(byte);
            }
            read += BLOCK;
            written += BLOCK;
        }
        // Goes on character by character for about a block, then tries whole blocks again.
        let stop = bytes.len().min(read + BLOCK);
        for character in text[read..].chars() {
            if read >= stop {
                break;
            }
            read += character.len_utf8();
            for &mut unit in character.encode_utf16(&mut [0; 2]) {
                if let Some(place) = units.get_mut(written) {
                    *place = unit;
                }
                written += 1;
            }
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::widen;

    #[test]
    fn text_of_every_length_and_mixture_becomes_the_utf16_of_the_standard_library() {
        let characters = ["a", "ß", "∑", "😀"];
        for length in 0..150 {
            for odd in 0..=length {
                let text: String = (0..length).map(|i| if i == odd { characters[odd % 4] } else { "x" }).collect();
                let expected: Vec<u16> = text.encode_utf16().collect();
                let mut units = vec![0; text.len()];
                assert_eq!(widen(&text, &mut units), expected.len());
                assert_eq!(units[..expected.len()], expected);
                let mut few = vec![0; length / 2];
                assert_eq!(widen(&text, &mut few), expected.len());
                assert_eq!(few, expected[..length / 2]);
            }
        }
    }
}
