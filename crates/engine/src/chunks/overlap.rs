//! Where a chunk starts that repeats the end of the one before it.

use super::chunker::{ATTEMPTS, CAUTION, Chunker};
use super::places::{ceil, first_sentence_start, floor, last_character_end};
use crate::tokenizer::{EncodeError, is_space};

/// An overlap of fewer bytes starts with a word or not at all.
const LONG_OVERLAP: usize = 48;

impl Chunker<'_> {
    /// Where the chunk starts that comes after the one from `start` to `end`.
    pub(super) fn overlap_start(&mut self, start: usize, end: usize) -> Result<usize, EncodeError> {
        let (text, overlap) = (self.text, self.options.overlap);
        let mut bytes = overlap as f32 * self.bytes_per_token;
        for _ in 0..ATTEMPTS {
            if bytes < 1.0 || end == text.len() {
                break;
            }
            let from = floor(text, end.saturating_sub(bytes as usize)).max(ceil(text, start + 1));
            let Some(word) = word_start(text, from, end) else { break };
            let sentence = first_sentence_start(text, word..floor(text, word.midpoint(end)));
            for next in [sentence, Some(word)].into_iter().flatten() {
                if self.count(next, end, overlap + 1)? <= overlap {
                    return Ok(next);
                }
            }
            bytes = (end - word) as f32 * CAUTION * overlap as f32 / self.piece.len() as f32;
        }
        Ok(end)
    }
}

/// The first start of a word from `from` on; where there is none for long, `from`, or the next
/// bound of characters.
fn word_start(text: &str, from: usize, end: usize) -> Option<usize> {
    let mut is_after_space = text[..from].chars().next_back().is_some_and(is_space);
    for (offset, c) in text[from..end].char_indices() {
        if is_after_space && !is_space(c) {
            return Some(from + offset);
        }
        is_after_space = is_space(c);
    }
    (end - from >= LONG_OVERLAP).then(|| last_character_end(text, 0..from))
}
