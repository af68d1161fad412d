//! Finds the chunks of a text, from its start to its end.
//!
//! A chunk is filled with pieces of the text, the first of most of its size, the others ever
//! smaller, and goes back to the last sentence end. Pieces end before white space, where hardly any
//! tokenizer's ids depend on what follows. The tokenizer has the last word: where it isn't certain
//! that the ids of the pieces are those of the chunk, the chunk is tokenized as a whole, and made
//! smaller until it fits.

use super::ChunkOptions;
use super::places::{
    ceil, first_sentence_start, first_word_end, floor, is_space, last_character_end, last_sentence_end, last_word_end,
    space_end,
};
use crate::texts::code_points::first_code_points;
use crate::tokenizer::{EncodeError, Tokenizer, TokenizerScratch, is_punctuation};

/// The bytes of a token at the start of a text, and the most that are assumed.
const TYPICAL_BYTES: f32 = 4.0;
const MOST_BYTES: usize = 64;
/// How much of the room that is left the next piece is to take.
const CAUTION: f32 = 0.85;
/// A chunk ends with at most this many bytes of white space: the rest of it starts the next one.
const MOST_SPACE: usize = 64;
/// How many times a chunk is made smaller because the ids of its pieces were fewer than its own.
const ATTEMPTS: usize = 6;
/// An overlap of fewer bytes starts with a word or not at all.
const LONG_OVERLAP: usize = 48;

/// The chunks of one text.
pub(crate) struct Chunker<'a> {
    tokenizer: &'a Tokenizer,
    scratch: &'a mut TokenizerScratch,
    text: &'a str,
    options: ChunkOptions,
    /// The most code points of a chunk.
    most_code_points: Option<usize>,
    /// See [`Tokenizer::adds_up`].
    adds_up: bool,
    /// About how many bytes a token has here.
    bytes_per_token: f32,
    /// The ids of the chunk.
    ids: Vec<u32>,
    /// The ids of a piece.
    piece: Vec<u32>,
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
            adds_up: tokenizer.adds_up(text),
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

    /// The end of the chunk from `start` on; its ids are in `ids` then. It is beyond `before`, or no
    /// chunk from `start` on ends beyond it. With `start` at `before` there always is one.
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

    /// Where a chunk from `start` on ends that has about `room` ids, and whether `ids` certainly has
    /// its ids.
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
        let (mut at, mut is_in_word) = (start, false);
        while at < most {
            match self.next_piece(at, most, room, is_in_word)? {
                Piece::Fits(end) => at = end,
                // A word that no chunk has room for is cut; but it may start with a chunk.
                Piece::TooLong if !is_in_word && self.ids.len() < room.div_ceil(2) => is_in_word = true,
                Piece::TooMany if !is_in_word && at == start => is_in_word = true,
                Piece::TooLong | Piece::TooMany => break,
            }
            if self.ids.len() > 8 {
                self.bytes_per_token = ((at - start) as f32 / self.ids.len() as f32).clamp(1.0, MOST_BYTES as f32);
            }
        }
        if at == text.len() {
            return Ok((at, self.adds_up && !is_in_word));
        }
        let limit = match is_in_word {
            true if at == start => ceil(text, start + 1),
            true => last_character_end(text, start..at),
            false => space_end(text, at, floor(text, most.min(at + most_space))),
        };
        let half = floor(text, start.midpoint(limit)).max(before);
        let sentence = if half < limit { last_sentence_end(text, half..limit) } else { None };
        let end = sentence.unwrap_or(limit);
        if !self.adds_up || is_in_word || !is_between_words(text, end) {
            return Ok((end, false));
        }
        if end < at {
            let after = self.count(end, at, usize::MAX)?;
            self.ids.truncate(self.ids.len() - after);
        }
        Ok((end, true))
    }

    /// Appends the ids of the next piece from `at` on, as large as there is room for in `room` ids.
    fn next_piece(&mut self, at: usize, most: usize, room: usize, is_in_word: bool) -> Result<Piece, EncodeError> {
        let text = self.text;
        let room = room - self.ids.len();
        let expected = room as f32 * self.bytes_per_token;
        let all_fits = most == text.len() && ((most - at) as f32) < expected;
        let target = if all_fits { most } else { most.min(at + (expected * CAUTION) as usize) };
        let mut end = match piece_end(text, at, floor(text, target), most, is_in_word) {
            Some(end) => end,
            None => return Ok(Piece::TooLong),
        };
        loop {
            // One more than a chunk may have says that no chunk has room for it.
            let count = self.count(at, end, self.options.size + 1)?;
            if count <= room {
                self.ids.extend_from_slice(&self.piece);
                return Ok(Piece::Fits(end));
            }
            let target = at + ((end - at) as f32 * CAUTION * room as f32 / count as f32) as usize;
            match piece_end(text, at, floor(text, target), end - 1, is_in_word) {
                Some(smaller) => end = smaller,
                None => return Ok(if count > self.options.size { Piece::TooLong } else { Piece::TooMany }),
            }
        }
    }

    /// Where the chunk starts that comes after the one from `start` to `end`.
    fn overlap_start(&mut self, start: usize, end: usize) -> Result<usize, EncodeError> {
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

    /// How far a chunk from `start` on may reach.
    fn most_end(&self, start: usize) -> usize {
        let bytes = self.options.size.saturating_add(4).saturating_mul(MOST_BYTES);
        let end = floor(self.text, start.saturating_add(bytes));
        let Some(count) = self.most_code_points else { return end };
        start + first_code_points(&self.text[start..end], count.max(1)).len()
    }

    /// The number of ids from `start` to `end`, which are in `piece` then; at most `limit`.
    fn count(&mut self, start: usize, end: usize, limit: usize) -> Result<usize, EncodeError> {
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

/// The next piece of a chunk.
enum Piece {
    /// It was appended, and ends here.
    Fits(usize),
    /// There is no room for the next word.
    TooMany,
    /// No chunk has room for it.
    TooLong,
}

/// Where a piece from `at` on ends: at the last word end up to `target`, else at the first one up to
/// `most`; inside words at the last character's end up to `target`, else after one character.
fn piece_end(text: &str, at: usize, target: usize, most: usize, is_in_word: bool) -> Option<usize> {
    if !is_in_word {
        return last_word_end(text, at..target.max(at)).or_else(|| first_word_end(text, at..most));
    }
    let first = ceil(text, at + 1);
    if first <= most { Some(target.clamp(first, most)) } else { None }
}

/// Whether the ids before and after `at` are those of the text, where [`Tokenizer::adds_up`].
fn is_between_words(text: &str, at: usize) -> bool {
    let is_apart = |c: char| is_space(c) || is_punctuation(c);
    text[..at].chars().next_back().is_none_or(is_apart) || text[at..].chars().next().is_none_or(is_space)
}

/// The first start of a word from `from` on; where there is none for long, `from`, or the next bound
/// of characters.
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
