//! A text to its chunks, each with the ids that are pooled.

use std::ops::ControlFlow;

use crate::chunks::{Chunk, ChunkOptions, Chunker};
use crate::model::ids::drop_from;
use crate::model::scratch::Scratch;
use crate::model::static_model::StaticModel;
use crate::tokenizer::EncodeError;

impl StaticModel {
    /// Calls `each` with the chunks of a text in UTF-16, in order, and with the ids of each that
    /// are pooled, until it breaks. A lone surrogate counts as U+FFFD.
    ///
    /// The first chunk starts where the text starts, each other one where the one before ends, or
    /// up to `overlap` ids before that; the last one ends where the text ends. An empty text has no
    /// chunk. A chunk has at most `size` ids, except for one of a single code point that has more.
    ///
    /// # Errors
    /// When a piece of the text can't be tokenized.
    pub fn chunks_utf16(
        &self,
        units: &[u16],
        options: ChunkOptions,
        scratch: &mut Scratch,
        mut each: impl FnMut(Chunk, &[u32]) -> ControlFlow<()>,
    ) -> Result<(), EncodeError> {
        let Scratch { utf8, tokenizer, .. } = scratch;
        let text = utf8.transcode(units);
        let most = options.max_length.map(|limit| limit.saturating_mul(self.median_token_length));
        let mut chunker = Chunker::new(&self.tokenizer, tokenizer, text, options, most);
        let (mut counted, mut start_unit) = (0, 0);
        while let Some((start, end)) = chunker.next()? {
            start_unit += units_of(&text[counted..start]);
            counted = start;
            let units = (start_unit, start_unit + units_of(&text[start..end]));
            let ids = chunker.ids();
            let chunk = Chunk { bytes: (start, end), units, tokens: ids.len() };
            if let Some(unknown) = self.unknown_id {
                drop_from(ids, 0, unknown);
            }
            if each(chunk, ids).is_break() {
                break;
            }
        }
        Ok(())
    }
}

/// How many UTF-16 units a text has.
fn units_of(text: &str) -> usize {
    // A unit for each character, and another one for those of four bytes.
    let starts = text.bytes().filter(|byte| byte & 0xc0 != 0x80).count();
    starts + text.bytes().filter(|byte| *byte >= 0xf0).count()
}
