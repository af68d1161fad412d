//! Finds the chunks of a text, from its start to its end.
//!
//! A chunk is filled with pieces of the text, the first of most of its size, the others ever
//! smaller, and goes back to the last sentence end. Pieces end before white space, where hardly any
//! tokenizer's ids depend on what follows. The tokenizer has the last word: where it isn't certain
//! that the ids of the pieces are those of the chunk, the chunk is tokenized as a whole, and made
//! smaller until it fits. It is certain where pieces meet at seams (`Tokenizer::is_seam`).

use super::filling::{Filled, Piece, Sentence};
use super::options::ChunkOptions;
use super::places::{
    ceil, first_sentence_start, first_word_end, floor, last_character_end, last_sentence_end, last_word_end, space_end,
};
use crate::growth::put_all;
use crate::texts::code_points::first_code_points;
use crate::tokenizer::{EncodeError, Tokenizer, TokenizerScratch, is_space};

/// The bytes of a token at the start of a text, and the most that are assumed.
const TYPICAL_BYTES: f32 = 4.0;
const MOST_BYTES: usize = 64;
/// How much of the room that is left the next piece is to take.
pub(super) const CAUTION: f32 = 0.85;
/// A chunk ends with at most this many bytes of white space: the rest of it starts the next one.
const MOST_SPACE: usize = 64;
/// How many times a chunk is made smaller because the ids of its pieces were fewer than its own.
pub(super) const ATTEMPTS: usize = 6;
/// Seams are looked for in this many bytes.
const FAR_SEAM: usize = 128;

/// The chunks of one text.
pub(crate) struct Chunker<'a> {
    tokenizer: &'a Tokenizer,
    scratch: &'a mut TokenizerScratch,
    pub(super) text: &'a str,
    pub(super) options: ChunkOptions,
    /// The most code points of a chunk.
    most_code_points: Option<usize>,
    /// See [`Tokenizer::has_seams`].
    has_seams: bool,
    /// About how many bytes a token has here.
    pub(super) bytes_per_token: f32,
    /// The ids of the chunk.
    ids: Vec<u32>,
    /// The ids of a piece.
    pub(super) piece: Vec<u32>,
    previous: Option<(usize, usize)>,
}

impl<'a> Chunker<'a> {
    /// `most_code_points`: of a chunk; `None` = no limit.
    pub(crate) fn new(
        tokenizer: &'a Tokenizer,
        scratch: &'a mut TokenizerScratch,
        text: &'a str,
        options: ChunkOptions,
        most_code_points: Option<usize>,
    ) -> Self {
        Self {
            tokenizer,
            scratch,
            text,
            options: ChunkOptions { size: options.size.max(1), ..options },
            most_code_points,
            has_seams: tokenizer.has_seams(text),
            bytes_per_token: TYPICAL_BYTES,
            ids: Vec::new(),
            piece: Vec::new(),
            previous: None,
        }
    }

    /// The bytes of the next chunk; `None` after the last one.
    ///
    /// # Errors
    /// When a piece of the text can't be tokenized.
    pub(crate) fn next(&mut self) -> Result<Option<(usize, usize)>, EncodeError> {
        let (mut start, before) = match self.previous {
            None => (0, 0),
            Some((start, end)) => (self.overlap_start(start, end)?, end),
        };
        if before == self.text.len() {
            return Ok(None);
        }
        let mut end = self.end_of(start, before)?;
        if end <= before {
            // With the overlap there is no room for anything new.
            start = before;
            end = self.end_of(start, before)?;
        }
        self.previous = Some((start, end));
        Ok(self.previous)
    }

    /// The ids of the chunk that [`next`](Self::next) has found, unknown ones included.
    pub(crate) fn ids(&mut self) -> &mut Vec<u32> {
        &mut self.ids
    }

    /// The end of the chunk from `start` on; its ids are in `ids` then. It is beyond `before`, or
    /// no chunk from `start` on ends beyond it. With `start` at `before` there always is one.
    fn end_of(&mut self, start: usize, before: usize) -> Result<usize, EncodeError> {
        let size = self.options.size;
        let (mut room, mut end) = (size, start);
        for attempt in 0..ATTEMPTS {
            let is_certain;
            // White space at the end may be what was too much.
            let most_space = if attempt == 0 { MOST_SPACE } else { 0 };
            (end, is_certain) = self.fill(start, before, room, most_space)?;
            if !is_certain {
                self.tokenize(start, end)?;
            }
            if self.ids.len() <= size {
                return Ok(end);
            }
            if attempt > 0 {
                room = room.saturating_sub(self.ids.len() - size + attempt).max(1);
            }
        }
        let first = ceil(self.text, start + 1);
        while self.ids.len() > size && end > first {
            end = last_character_end(self.text, start..start + (end - start) / 2).max(first);
            self.tokenize(start, end)?;
        }
        Ok(end)
    }

    /// Where a chunk from `start` on ends that has about `room` ids, and whether `ids` certainly
    /// has its ids.
    fn fill(
        &mut self,
        start: usize,
        before: usize,
        room: usize,
        most_space: usize,
    ) -> Result<(usize, bool), EncodeError> {
        let text = self.text;
        let most = self.most_end(start);
        self.ids.clear();
        let mut filled = Filled { at: start, seam: start, ids: 0 };
        let (mut is_in_word, mut is_certain) = (false, self.has_seams);
        while filled.at < most {
            if !is_in_word && self.ids.len() >= room.div_ceil(2) {
                match self.next_sentence(&filled, start, before, most, room)? {
                    Sentence::Fits(end) => {
                        is_certain &= self.add_piece(&mut filled, end)?;
                        continue;
                    }
                    Sentence::Last(end) => return Ok((end, is_certain && self.move_end(start, filled.at, end)?)),
                    Sentence::None => {}
                }
            }
            match self.next_piece(&filled, most, room, is_in_word)? {
                Piece::Fits(end) => is_certain &= self.add_piece(&mut filled, end)?,
                // A word that no chunk has room for is cut; but it may start with a chunk.
                Piece::TooLong if !is_in_word && self.ids.len() < room.div_ceil(2) => is_in_word = true,
                Piece::TooMany if !is_in_word && filled.at == start => is_in_word = true,
                Piece::TooLong | Piece::TooMany => break,
            }
            // Characters of one word are counted one after the other.
            if is_in_word {
                (filled.seam, filled.ids, is_certain) = (filled.at, self.ids.len(), false);
            }
            if self.ids.len() > 8 {
                let bytes = (filled.at - start) as f32 / self.ids.len() as f32;
                self.bytes_per_token = bytes.clamp(1.0, MOST_BYTES as f32);
            }
        }
        let at = filled.at;
        if at == text.len() {
            return Ok((at, is_certain));
        }
        let limit = match is_in_word {
            true if at == start => ceil(text, start + 1),
            true => last_character_end(text, start..at),
            false => space_end(text, at, floor(text, most.min(at + most_space))),
        };
        let half = floor(text, start.midpoint(limit)).max(before);
        let sentence = if half < limit { last_sentence_end(text, half..limit) } else { None };
        let end = sentence.unwrap_or(limit);
        Ok((end, is_certain && self.move_end(start, at, end)?))
    }

    /// What becomes of the sentence that goes on at the end of what is filled: with most texts the
    /// last words for which there is room need not be found. Where it fits, `piece` has its ids.
    fn next_sentence(
        &mut self,
        filled: &Filled,
        start: usize,
        before: usize,
        most: usize,
        room: usize,
    ) -> Result<Sentence, EncodeError> {
        let (text, at) = (self.text, filled.at);
        // No chunk will reach further than twice as far as expected.
        let expected = (room - self.ids.len().min(room)) as f32 * self.bytes_per_token;
        let reach = floor(text, most.min(at + 2 * expected as usize + MOST_SPACE));
        let next = first_sentence_start(text, ceil(text, at + 1).min(reach)..reach);
        if let Some(end) = next
            && filled.ids + self.count(filled.seam, end, self.options.size + 1)? <= room
        {
            return Ok(Sentence::Fits(end));
        }
        let half = floor(text, start.midpoint(reach)).max(before);
        if half >= at || (next.is_none() && reach == text.len()) {
            return Ok(Sentence::None);
        }
        Ok(last_sentence_end(text, half..at).map_or(Sentence::None, Sentence::Last))
    }

    /// Sets `piece` to the ids from the last seam on to the end of the next piece, as large as
    /// there is room for in `room` ids.
    fn next_piece(
        &mut self,
        filled: &Filled,
        most: usize,
        room: usize,
        is_in_word: bool,
    ) -> Result<Piece, EncodeError> {
        let (text, at) = (self.text, filled.at);
        let expected = (room - self.ids.len().min(room)) as f32 * self.bytes_per_token;
        let all_fits = most == text.len() && ((most - at) as f32) < expected;
        let target = if all_fits { most } else { most.min(at + (expected * CAUTION) as usize) };
        let mut end = match self.piece_end(at, floor(text, target), most, is_in_word) {
            Some(end) => end,
            None => return Ok(Piece::TooLong),
        };
        loop {
            // One more than a chunk may have says that no chunk has room for it.
            let count = self.count(filled.seam, end, self.options.size + 1)?;
            if filled.ids + count <= room {
                return Ok(Piece::Fits(end));
            }
            let fits = (room - filled.ids.min(room)) as f32 / count as f32;
            let target = filled.seam + ((end - filled.seam) as f32 * CAUTION * fits) as usize;
            match self.piece_end(at, floor(text, target.max(at)), end - 1, is_in_word) {
                Some(smaller) => end = smaller,
                None => return Ok(if count > self.options.size { Piece::TooLong } else { Piece::TooMany }),
            }
        }
    }

    /// Adds the piece up to `end`, whose ids are in `piece`. Returns whether the next one starts at
    /// a seam.
    fn add_piece(&mut self, filled: &mut Filled, end: usize) -> Result<bool, EncodeError> {
        self.ids.truncate(filled.ids);
        put_all(&mut self.ids, &self.piece);
        filled.at = end;
        if !self.has_seams {
            (filled.seam, filled.ids) = (end, self.ids.len());
            return Ok(false);
        }
        match self.last_seam(filled.seam, end) {
            Some(seam) => {
                let after = if seam < end { self.count(seam, end, usize::MAX)? } else { 0 };
                (filled.seam, filled.ids) = (seam, self.ids.len() - after);
            }
            None if end - filled.seam <= FAR_SEAM => {}
            None => {
                (filled.seam, filled.ids) = (end, self.ids.len());
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Makes the ids from `start` to `at` those from `start` to `end`, and returns true, where
    /// there is a seam that makes it certain.
    fn move_end(&mut self, start: usize, at: usize, end: usize) -> Result<bool, EncodeError> {
        if end == at {
            return Ok(true);
        }
        let Some(seam) = self.last_seam(start, at.min(end)) else { return Ok(false) };
        if seam < at {
            let after = self.count(seam, at, usize::MAX)?;
            self.ids.truncate(self.ids.len() - after);
        }
        if seam < end {
            self.count(seam, end, usize::MAX)?;
            put_all(&mut self.ids, &self.piece);
        }
        Ok(true)
    }

    /// The last seam up to `target`, not far from it, and beyond `at`.
    fn last_seam(&self, at: usize, target: usize) -> Option<usize> {
        let is_seam = |place: &usize| self.text.is_char_boundary(*place) && self.tokenizer.is_seam(self.text, *place);
        (target.saturating_sub(FAR_SEAM).max(at + 1)..=target).rev().find(is_seam)
    }

    /// Where a piece from `at` on ends: at the last seam or word end up to `target`, else at the
    /// first word end up to `most`; inside words at `target`, but after one character at least.
    fn piece_end(&self, at: usize, target: usize, most: usize, is_in_word: bool) -> Option<usize> {
        let text = self.text;
        if is_in_word {
            let first = ceil(text, at + 1);
            return (first <= most).then(|| target.clamp(first, most));
        }
        let is_end = |seam: &usize| text[*seam..].starts_with(is_space);
        let seam = if self.has_seams && target < text.len() { self.last_seam(at, target).filter(is_end) } else { None };
        seam.or_else(|| last_word_end(text, at..target)).or_else(|| first_word_end(text, at..most))
    }

    /// How far a chunk from `start` on may reach.
    fn most_end(&self, start: usize) -> usize {
        let bytes = self.options.size.saturating_add(4).saturating_mul(MOST_BYTES);
        let end = floor(self.text, start.saturating_add(bytes));
        let Some(count) = self.most_code_points else { return end };
        start + first_code_points(&self.text[start..end], count.max(1)).len()
    }

    /// The number of ids from `start` to `end`, which are in `piece` then; at most `limit`.
    pub(super) fn count(&mut self, start: usize, end: usize, limit: usize) -> Result<usize, EncodeError> {
        self.piece.clear();
        self.tokenizer.encode(&self.text[start..end], limit, self.scratch, &mut self.piece)?;
        Ok(self.piece.len())
    }

    /// Sets `ids` to those from `start` to `end`.
    fn tokenize(&mut self, start: usize, end: usize) -> Result<(), EncodeError> {
        self.ids.clear();
        self.tokenizer.encode(&self.text[start..end], usize::MAX, self.scratch, &mut self.ids)
    }
}
