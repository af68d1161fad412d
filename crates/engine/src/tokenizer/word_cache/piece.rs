//! The word cache for one piece at a time.

use super::{IN_LINE, IN_RING, Line, MAX_BYTES, Memory, SHORT_BYTES, Word, WordCache};
use crate::tokenizer::EncodeError;

/// Larger than WordPiece's: its pieces have a space before the word, and its models take longer for a new one.
pub(in crate::tokenizer) type PieceCache = WordCache<{ 1 << 14 }, { 1 << 13 }, { 1 << 18 }>;

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
        let WordCache { short, long, memory, .. } = self;
        if len <= SHORT_BYTES {
            let key = word.short_key();
            append(short.line(&key), key, memory, ids, resolve)
        } else if len <= MAX_BYTES {
            let key = word.long_key();
            append(long.line(&key), key, memory, ids, resolve)
        } else {
            resolve(ids)
        }
    }

    /// To be asked now and then: the places of the ring are numbered, and numbers end.
    pub(in crate::tokenizer) fn forget_if_used_up(&mut self) {
        if self.memory.ring.is_used_up() {
            *self = Self::new();
        }
    }
}

#[inline(always)]
fn append<const SIZE: usize, const WAYS: usize, const RING: usize>(
    line: &mut Line<SIZE, WAYS>,
    key: [u64; SIZE],
    memory: &mut Memory<RING>,
    ids: &mut Vec<u32>,
    resolve: impl FnOnce(&mut Vec<u32>) -> Result<(), EncodeError>,
) -> Result<(), EncodeError> {
    if let Some(found) = line.get(&key) {
        if found[IN_LINE] != IN_RING {
            // All are written whatever their number is: that needs no branch.
            let end = ids.len() + found[IN_LINE] as usize;
            ids.extend_from_slice(found);
            ids.truncate(end);
            return Ok(());
        }
        if let Some(list) = memory.ring.get(found[0]) {
            ids.extend_from_slice(list);
            return Ok(());
        }
    }
    append_new(line, key, memory, ids, resolve)
}

#[cold]
#[inline(never)]
fn append_new<const SIZE: usize, const WAYS: usize, const RING: usize>(
    line: &mut Line<SIZE, WAYS>,
    key: [u64; SIZE],
    memory: &mut Memory<RING>,
    ids: &mut Vec<u32>,
    resolve: impl FnOnce(&mut Vec<u32>) -> Result<(), EncodeError>,
) -> Result<(), EncodeError> {
    let start = ids.len();
    resolve(ids)?;
    if let Some(remembered) = memory.remember(&ids[start..]) {
        line.insert(key, remembered);
    }
    Ok(())
}
