//! A word as its own key: zero-padded, so that equality of keys is equality of words.

pub(super) use crate::tokenizer::model::SHORT_BYTES;

/// The most bytes of a word that is remembered.
pub(in crate::tokenizer) const MAX_BYTES: usize = 48;

/// A word in a text. At least [`MAX_BYTES`] bytes follow its start, or [`SHORT_BYTES`] if the word
/// is short.
#[derive(Clone, Copy)]
pub(super) struct Word<'a> {
    pub(super) text: &'a [u8],
    pub(super) start: usize,
    pub(super) len: usize,
}

/// The bits of the first `n` of 16 bytes, as two integers.
static FIRST_BYTES: [[u64; 2]; SHORT_BYTES + 1] = {
    let mut masks = [[0; 2]; SHORT_BYTES + 1];
    let mut len = 1;
    while len <= SHORT_BYTES {
        let mask = u128::MAX >> (128 - 8 * len);
        masks[len] = [mask as u64, (mask >> 64) as u64];
        len += 1;
    }
    masks
};

impl<'a> Word<'a> {
    pub(super) fn bytes(self) -> &'a [u8] {
        &self.text[self.start..self.start + self.len]
    }

    /// The key of a word of at most 16 bytes: 16 are read, and those after the word are masked off.
    #[inline(always)]
    pub(super) fn short_key(self) -> [u64; 2] {
        debug_assert!(self.len > 0, "no key is all zeros");
        let (words, _) = self.text[self.start..self.start + SHORT_BYTES].as_chunks::<8>();
        let mask = &FIRST_BYTES[self.len];
        [u64::from_le_bytes(words[0]) & mask[0], u64::from_le_bytes(words[1]) & mask[1]]
    }

    /// The key of a word of at most 48 bytes, read in the same way.
    #[inline(always)]
    pub(super) fn long_key(self) -> [u64; 6] {
        let (words, _) = self.text[self.start..self.start + MAX_BYTES].as_chunks::<8>();
        std::array::from_fn(|index| {
            let mask = FIRST_BYTES[self.len.saturating_sub(8 * index).min(8)][0];
            u64::from_le_bytes(words[index]) & mask
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_the_word_padded_with_zeros() {
        let text: Vec<u8> = (1..=100).collect();
        for len in 1..=MAX_BYTES {
            let word = Word { text: &text, start: 3, len };
            let padded: Vec<u8> =
                text[3..3 + len].iter().copied().chain(std::iter::repeat(0)).take(MAX_BYTES).collect();
            let expected: Vec<u64> = padded.as_chunks().0.iter().map(|bytes| u64::from_le_bytes(*bytes)).collect();
            assert_eq!(word.long_key()[..], expected);
            if len <= SHORT_BYTES {
                assert_eq!(word.short_key()[..], expected[..2]);
            }
        }
    }
}
