//! Texts to the token ids that are pooled: the limits and rules of model2vec around the tokenizer.

use std::ops::ControlFlow;

use crate::growth::{Growth, put_all};
use crate::interrupt::{Pace, STEP_BYTES, check};
use crate::model::scratch::Scratch;
use crate::model::static_model::StaticModel;
use crate::model::text_stats::TextStats;
use crate::texts::Texts;
use crate::texts::code_points::first_code_points;
use crate::tokenizer::{EncodeError, TokenizerScratch};

impl StaticModel {
    /// The token ids of `text` that [`encode`](Self::encode) pools.
    ///
    /// # Errors
    /// Those of [`encode`](Self::encode).
    pub fn token_ids<'a>(
        &self,
        text: &str,
        max_length: Option<usize>,
        scratch: &'a mut Scratch,
    ) -> Result<(&'a [u32], TextStats), EncodeError> {
        scratch.ids.clear();
        let stats = self.append_ids(text, max_length, &mut scratch.tokenizer, &mut scratch.ids)?;
        Ok((&scratch.ids, stats))
    }

    /// [`token_ids`](Self::token_ids) of a text in UTF-16; a lone surrogate counts as U+FFFD.
    ///
    /// # Errors
    /// Those of [`encode`](Self::encode).
    pub fn token_ids_utf16<'a>(
        &self,
        units: &[u16],
        max_length: Option<usize>,
        scratch: &'a mut Scratch,
    ) -> Result<(&'a [u32], TextStats), EncodeError> {
        scratch.ids.clear();
        let stats = self.append_ids_utf16(units, max_length, scratch)?;
        Ok((&scratch.ids, stats))
    }

    /// Calls `each` with the token ids and the stats of some texts at a time, in order, until all
    /// texts are done or `each` breaks. The ids are those that [`encode`](Self::encode) pools, one
    /// text after the other; `pooled` in the stats is how many of them belong to each text.
    ///
    /// # Errors
    /// The index of the first text that can't be tokenized, and why.
    pub fn token_ids_of(
        &self,
        texts: &Texts,
        max_length: Option<usize>,
        scratch: &mut Scratch,
        mut each: impl FnMut(&[u32], &[TextStats]) -> ControlFlow<()>,
    ) -> Result<(), (usize, EncodeError)> {
        let mut index = 0;
        while index < texts.len() {
            scratch.ids.clear();
            scratch.ends.clear();
            self.append_ids_of_some(texts, index, max_length, scratch).map_err(|error| (index, error))?;
            index += scratch.stats.len();
            if each(&scratch.ids, &scratch.stats).is_break() {
                break;
            }
        }
        Ok(())
    }

    /// Tokenizes the text with index `from`, and some texts after it where tokenizing them together
    /// is faster. Appends the ids to `scratch.ids` and where each text ends to `scratch.ends`; sets
    /// `scratch.stats` to the stats of these texts alone.
    ///
    /// # Errors
    /// When text `from` can't be tokenized.
    pub(super) fn append_ids_of_some(
        &self,
        texts: &Texts,
        from: usize,
        max_length: Option<usize>,
        scratch: &mut Scratch,
    ) -> Result<(), EncodeError> {
        let limit = max_length.unwrap_or(usize::MAX);
        // A text has at most as many code points as units, so one this short is not cut.
        let most_units = limit.saturating_mul(self.median_token_length);
        let Scratch { ids, ends, stats, tokenizer, .. } = &mut *scratch;
        stats.clear();
        let together = self.tokenizer.encode_together(texts, from, most_units, tokenizer);
        if together.ends.is_empty() {
            let alone = self.append_ids_utf16(texts.units(from), max_length, scratch)?;
            scratch.ends.push(scratch.ids.len());
            scratch.stats.push(alone);
            return Ok(());
        }
        let dropped = self.unknown_id.filter(|unknown| contains(together.ids, *unknown));
        let mut start = 0;
        for &end in together.ends {
            let found = &together.ids[start..end as usize];
            start = end as usize;
            ids.make_room(found.len());
            let (before, kept) = (ids.len(), &found[..found.len().min(limit)]);
            match dropped {
                None => put_all(ids, kept),
                Some(unknown) => ids.extend(kept.iter().filter(|id| **id != unknown)),
            }
            ends.push(ids.len());
            stats.push(TextStats {
                pooled: (ids.len() - before) as u32,
                found: kept.len() as u32,
                truncated: kept.len() < found.len(),
            });
        }
        Ok(())
    }

    /// Appends the ids of a text in UTF-16 to `scratch.ids`.
    pub(super) fn append_ids_utf16(
        &self,
        units: &[u16],
        max_length: Option<usize>,
        scratch: &mut Scratch,
    ) -> Result<TextStats, EncodeError> {
        let Scratch { utf8, tokenizer, ids, .. } = scratch;
        self.append_ids(utf8.transcode(units), max_length, tokenizer, ids)
    }

    /// Appends the ids of `text` by the rules of model2vec 0.10.0 (model.py, `_encode_dispatch` and
    /// `tokenize`): cut the text to `max_length × median_token_length` code points, keep the first
    /// `max_length` ids, then drop the unknown id.
    pub(super) fn append_ids(
        &self,
        text: &str,
        max_length: Option<usize>,
        tokenizer: &mut TokenizerScratch,
        ids: &mut Vec<u32>,
    ) -> Result<TextStats, EncodeError> {
        let start = ids.len();
        let mut truncated = false;
        if let Some(limit) = max_length {
            let kept = first_code_points(text, limit.saturating_mul(self.median_token_length));
            truncated = kept.len() < text.len();
            // One id more than is kept shows whether ids were cut.
            self.tokenizer.encode(kept, limit.saturating_add(1), tokenizer, ids)?;
            truncated |= ids.len() - start > limit;
            ids.truncate(start.saturating_add(limit));
        } else {
            self.tokenizer.encode(text, usize::MAX, tokenizer, ids)?;
        }
        let found = (ids.len() - start) as u32;
        if let Some(unknown) = self.unknown_id {
            drop_from(ids, start, unknown);
        }
        Ok(TextStats { pooled: (ids.len() - start) as u32, found, truncated })
    }
}

/// Whether `ids` contains `unknown`. Most texts do not. Without an early exit the compiler compares
/// four ids or more at a time.
fn contains(ids: &[u32], unknown: u32) -> bool {
    ids.iter().fold(false, |any, &id| any | (id == unknown))
}

/// Removes `unknown` from `ids[start..]`.
pub(super) fn drop_from(ids: &mut Vec<u32>, start: usize, unknown: u32) {
    let mut steps = ids[start..].chunks(STEP_BYTES);
    let is_in = |step: &[u32]| {
        if step.len() == STEP_BYTES {
            check();
        }
        contains(step, unknown)
    };
    if !steps.any(is_in) {
        return;
    }
    let (mut kept, mut pace) = (start, Pace::new());
    for place in start..ids.len() {
        pace.step(1);
        ids[kept] = ids[place];
        kept += usize::from(ids[kept] != unknown);
    }
    ids.truncate(kept);
}
