//! Texts that are tokenized together, some KB at a time: their words fill whole groups of the word
//! cache, and stay in the first-level cache of the CPU.

use super::scratch::{BertScratch, WordScratch};
use super::tokenizer::{BertTokenizer, CHUNK_BYTES};
use crate::growth::lengthen;
use crate::texts::Texts;
use crate::tokenizer::cache::word::SLACK;
use crate::tokenizer::encode_error::EncodeError;
use crate::tokenizer::pipeline::together::Together;
use crate::tokenizer::pre_tokenizer::{self, Bounds};
use crate::tokenizer::scan::{PlainText, whole_blocks};

/// Texts are tokenized together until they have this many bytes: a few groups of words.
const TOGETHER_BYTES: usize = 1 << 12;

/// At most this many texts are tokenized together. More would be very short ones, or empty.
const TOGETHER_TEXTS: usize = 1 << 10;

impl BertTokenizer {
    /// The ids of the texts from index `from` on that can be tokenized together: those of at most
    /// `max_units` UTF-16 units and without added tokens, up to the first other text. See
    /// `Tokenizer::encode_together`.
    ///
    /// # Errors
    /// Those of [`encode`](Self::encode), for any of the texts.
    pub(in crate::tokenizer) fn encode_together<'a>(
        &self,
        texts: &Texts,
        from: usize,
        max_units: usize,
        scratch: &'a mut BertScratch,
    ) -> Result<Together<'a>, EncodeError> {
        scratch.text_ends.clear();
        scratch.words.bounds.clear();
        if self.keeps_nul || !self.added_tokens.in_normalized.is_empty() || !scratch.words.remembers {
            return Ok(Together::NONE);
        }
        let mut end = 0;
        for index in (from..texts.len()).take(TOGETHER_TEXTS) {
            let (units, len) = texts.units_and_more(index);
            if end >= TOGETHER_BYTES || len > max_units.min(CHUNK_BYTES) {
                break;
            }
            let Some(text_end) = self.add_words(units, len, end, scratch) else { break };
            end = text_end;
            scratch.text_ends.push(scratch.words.bounds.start_count as u32);
        }
        let WordScratch { bounds, cache, ids, ends, .. } = &mut scratch.words;
        let bounds = Bounds::of(bounds);
        // No word has more ids than bytes.
        lengthen(ids, end + SLACK, 0);
        lengthen(ends, bounds.len(), 0);
        let ends = &mut ends[..bounds.len()];
        let count = self.look_up(&scratch.normalized, bounds, Some(cache), ids, ends)?;
        for end in &mut scratch.text_ends {
            *end = end.checked_sub(1).map_or(0, |last_word| ends[last_word as usize]);
        }
        Ok(Together { ids: &ids[..count], ends: &scratch.text_ends })
    }

    /// Writes a text, normalized, after the first `start` normalized bytes, and adds the bounds of
    /// its words. Returns where it ends, or `None` if there may be an added token in it.
    fn add_words(&self, units: &[u16], len: usize, start: usize, scratch: &mut BertScratch) -> Option<usize> {
        let BertScratch { normalized, words: WordScratch { bounds, .. }, utf8, .. } = scratch;
        let added_tokens = &self.added_tokens.in_text;
        let needed = start + whole_blocks(len) + pre_tokenizer::PADDING;
        lengthen(normalized, needed, 0);
        let lower = self.normalizer.lowercases();
        let text = PlainText { units, len, lower, marks: added_tokens.first_bytes() };
        let words_before = bounds.start_count;
        if let Some(is_marked) = self.scanner.find_plain_words(text, &mut normalized[start..], start as u32, bounds) {
            if is_marked && added_tokens.is_in(utf8.transcode(&units[..len]), self.scanner) {
                (bounds.start_count, bounds.end_count) = (words_before, words_before);
                return None;
            }
            return Some(start + len);
        }
        let text = utf8.transcode(&units[..len]);
        if added_tokens.is_in(text, self.scanner) {
            return None;
        }
        let end = self.normalizer.normalize(text, self.scanner, normalized, start);
        pre_tokenizer::pad(normalized, end);
        pre_tokenizer::add_words(&normalized[start..], end - start, start as u32, self.scanner, bounds);
        Some(end)
    }
}
