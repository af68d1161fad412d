//! The word cache for one piece at a time.

use super::rest::Rest;
use super::{IN_RING, Line, Lines, NONE, Ring, Word, WordCache, first, pack, second};
use crate::tokenizer::EncodeError;

/// Pieces of at most so many bytes are remembered.
pub(in crate::tokenizer) const MAX_BYTES: usize = 48;

/// Larger than WordPiece's: its pieces have a space before the word, and its models take longer for a new one.
pub(in crate::tokenizer) type PieceCache = WordCache<{ 1 << 13 }, { 1 << 14 }, { 1 << 13 }, { 1 << 18 }>;

impl PieceCache {
    /// Appends the ids of the piece of `len` bytes at `start`, which has no NUL. Behind `text[start..]` there are
    /// [`MAX_BYTES`] bytes at least. `resolve` is asked about pieces that are not remembered.
    ///
    /// # Errors
    /// Those of `resolve`.
    #[inline(always)]
    pub(in crate::tokenizer) fn append(
        &mut self,
        text: &[u8],
        start: usize,
        len: usize,
        ids: &mut Vec<u32>,
        resolve: impl FnOnce(&mut Vec<u32>) -> Result<(), EncodeError>,
    ) -> Result<(), EncodeError> {
        let word = Word { text, start, len };
        let WordCache { short, medium, long, ring, rest } = self;
        match len {
            1..=8 => append(short, ring, rest, word, ids, resolve),
            9..=16 => append(medium, ring, rest, word, ids, resolve),
            17..=MAX_BYTES => append(long, ring, rest, word, ids, resolve),
            _ => resolve(ids),
        }
    }

    /// To be asked now and then: the places of the ring are numbered, and numbers end.
    pub(in crate::tokenizer) fn forget_if_used_up(&mut self) {
        if self.ring.is_used_up() {
            *self = Self::new();
        }
    }
}

#[inline(always)]
fn append<const SIZE: usize, const WAYS: usize, const COUNT: usize, const RING: usize>(
    lines: &mut Lines<SIZE, WAYS, COUNT>,
    ring: &mut Ring<RING>,
    rest: &mut Rest,
    word: Word<'_>,
    ids: &mut Vec<u32>,
    resolve: impl FnOnce(&mut Vec<u32>) -> Result<(), EncodeError>,
) -> Result<(), EncodeError> {
    let key = word.key::<SIZE>();
    let line = lines.line(&key);
    let found = line.get(key);
    if let Some(found) = found {
        if second(found) != IN_RING {
            ids.push(first(found));
            if second(found) != NONE {
                ids.push(second(found));
            }
            return Ok(());
        }
        if let Some(list) = ring.get(first(found)) {
            ids.extend_from_slice(list);
            return Ok(());
        }
    }
    append_new(line, key, ring, rest, ids, resolve)
}

#[cold]
#[inline(never)]
fn append_new<const SIZE: usize, const WAYS: usize, const RING: usize>(
    line: &mut Line<SIZE, WAYS>,
    key: [u64; SIZE],
    ring: &mut Ring<RING>,
    rest: &mut Rest,
    ids: &mut Vec<u32>,
    resolve: impl FnOnce(&mut Vec<u32>) -> Result<(), EncodeError>,
) -> Result<(), EncodeError> {
    rest.new_words += 1;
    let start = ids.len();
    resolve(ids)?;
    let remembered = match ids[start..] {
        [only] => Some(pack(only, NONE)),
        [first, second] => Some(pack(first, second)),
        _ => ring.push(&ids[start..]).map(|place| pack(place, super::IN_RING)),
    };
    if let Some(remembered) = remembered {
        line.insert(key, remembered);
    }
    Ok(())
}
