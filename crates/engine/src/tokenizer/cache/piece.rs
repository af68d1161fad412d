//! The word cache of the generic pipeline, whose words are the pieces of a text.
//!
//! A group of pieces is handled at a time: first the lines of all are prefetched, then the pieces
//! are looked up, so that no look-up waits for memory alone.

use std::ops::Range;

pub(in crate::tokenizer) use super::key::MAX_BYTES;
use super::key::{SHORT_BYTES, Word};
use super::line::{IN_LINE, IN_RING, Lines, SLACK};
use super::remembered::Remembered;
use super::short_words::ShortWords;
use crate::growth::{Growth, let_go_if_large};
use crate::pooling::prefetch::prefetch_line;
use crate::tokenizer::encode_error::EncodeError;

// Larger than those of the BERT pipeline: these pieces have a space before the word, and their
// models take longer for a new one.
const LONG_LINES: usize = 1 << 13;
const RING_IDS: usize = 1 << 18;

/// A group is looked up when it has this many pieces.
const GROUP: usize = 64;

/// Room for new ids that one long piece has enlarged beyond this is not kept.
const KEPT_IDS: usize = 1 << 16;

/// How many more pieces than a group [`PieceCache::prefetch`] may be given.
const MORE: usize = 64;

/// Room for the ids of all pieces of a group, and for what is written after the last ones.
const ROOM: usize = (GROUP + MORE) * IN_LINE + SLACK;

/// The pieces that one thread remembers.
#[derive(Debug)]
pub(in crate::tokenizer) struct PieceCache {
    short: ShortWords,
    long: Lines<6, 1>,
    remembered: Remembered<RING_IDS>,
    /// The pieces whose lines have been prefetched.
    pending: Box<[Pending; GROUP + MORE]>,
    count: usize,
    /// The ids of a new piece.
    new_ids: Vec<u32>,
}

/// A piece whose line is being fetched from memory.
#[derive(Debug, Clone, Copy, Default)]
struct Pending {
    /// The key of a short piece, or of the start of a longer one.
    key: [u64; 2],
    start: usize,
    len: usize,
    /// The place of the line among the short ones.
    place: usize,
}

/// Whether the ids that a model has appended for a new piece may be remembered.
pub(in crate::tokenizer) type MayRemember = Result<bool, EncodeError>;

impl PieceCache {
    pub(in crate::tokenizer) fn new() -> Self {
        Self {
            short: ShortWords::new(),
            long: Lines::new(LONG_LINES),
            remembered: Remembered::new(),
            pending: Box::new([Pending::default(); GROUP + MORE]),
            count: 0,
            new_ids: Vec::new(),
        }
    }

    /// How many bytes the cache takes.
    pub(in crate::tokenizer) fn bytes(&self) -> usize {
        self.short.lines.bytes() + self.long.bytes() + self.remembered.ring.bytes()
    }

    /// Starts a text. Pieces that are still pending, because of an error, are forgotten.
    pub(in crate::tokenizer) fn start(&mut self) {
        self.count = 0;
    }

    /// Whether the pending pieces should be resolved. Until then, [`MORE`] pieces still fit.
    #[inline(always)]
    pub(in crate::tokenizer) fn is_group(&self) -> bool {
        self.count >= GROUP
    }

    /// Prefetches the line of the piece in `range`, which becomes pending if `is_piece`; that needs
    /// no branch. At least [`MAX_BYTES`] bytes follow `range.start` in `text`.
    #[inline(always)]
    pub(in crate::tokenizer) fn prefetch(&mut self, text: &[u8], range: Range<usize>, is_piece: bool) {
        let len = range.len();
        let key = Word { text, start: range.start, len: len.min(SHORT_BYTES) }.short_key();
        let place = self.short.lines.place(&key);
        prefetch_line(&self.short.lines[place]);
        self.pending[self.count] = Pending { key, start: range.start, len, place };
        self.count += usize::from(is_piece);
    }

    /// Appends the ids of all pending pieces, which are pieces of `text`. `tokenize` is called for
    /// pieces that are not remembered, and for all of them unless `is_cacheable`: a text that has a
    /// NUL is not.
    ///
    /// # Errors
    /// Those of `tokenize`.
    #[inline]
    pub(in crate::tokenizer) fn resolve(
        &mut self,
        text: &[u8],
        is_cacheable: bool,
        ids: &mut Vec<u32>,
        tokenize: &mut impl FnMut(Range<usize>, &mut Vec<u32>) -> MayRemember,
    ) -> Result<(), EncodeError> {
        let count = std::mem::take(&mut self.count);
        if !is_cacheable || self.remembered.bypass.is_due(count as u32) {
            return self.pending[..count].iter().try_for_each(|piece| tokenize(piece.range(), ids).map(|_| ()));
        }
        if self.remembered.ring.is_used_up() {
            // The short lines are cleared, not replaced: they have been prefetched.
            self.short.clear();
            (self.long, self.remembered) = (Lines::new(LONG_LINES), Remembered::new());
        }
        // Where the next id goes. There is room after it for the ids of all pieces that are in
        // lines.
        let mut end = ids.len();
        ids.make_room(ROOM);
        ids.resize(end + ROOM, 0);
        for index in 0..count {
            let Pending { key, len, place, .. } = self.pending[index];
            if len <= SHORT_BYTES {
                let line = &self.short.lines[place];
                if let Some(found) = line.get(&key)
                    && found[IN_LINE] != IN_RING
                {
                    // All are written whatever their number: that needs no branch.
                    ids[end..end + SLACK].copy_from_slice(found);
                    end += found[IN_LINE] as usize;
                    continue;
                }
            }
            end = self.resolve_alone(text, index, ids, end, tokenize)?;
        }
        ids.truncate(end);
        // No piece has a place now.
        self.short.grow_if_due();
        Ok(())
    }

    /// Resolves a piece that is new, is long, or has many ids. Returns where its ids end.
    #[cold]
    #[inline(never)]
    fn resolve_alone(
        &mut self,
        text: &[u8],
        index: usize,
        ids: &mut Vec<u32>,
        end: usize,
        tokenize: &mut impl FnMut(Range<usize>, &mut Vec<u32>) -> MayRemember,
    ) -> Result<usize, EncodeError> {
        let Pending { key, start, len, place } = self.pending[index];
        let word = Word { text, start, len };
        let Self { short, long, remembered, new_ids, .. } = self;
        let found = if len <= SHORT_BYTES {
            short.lines[place].get(&key)
        } else if len <= MAX_BYTES {
            let key = word.long_key();
            long.line(&key).get(&key)
        } else {
            None
        };
        if let Some(found) = found.and_then(|found| remembered.get(found)) {
            return Ok(put(found, ids, end));
        }
        // An error may have left some.
        new_ids.clear();
        let may_remember = tokenize(start..start + len, new_ids)?;
        if may_remember
            && len <= MAX_BYTES
            && let Some(ids) = remembered.remember(new_ids)
        {
            if len <= SHORT_BYTES {
                short.insert_new(place, key, ids);
            } else {
                let key = word.long_key();
                long.line(&key).insert(key, ids);
            }
        }
        let end = put(new_ids, ids, end);
        let_go_if_large(new_ids, KEPT_IDS);
        Ok(end)
    }
}

impl Pending {
    fn range(&self) -> Range<usize> {
        self.start..self.start + self.len
    }
}

/// Writes ids at `end`, and makes room after them. Returns where they end.
fn put(list: &[u32], ids: &mut Vec<u32>, end: usize) -> usize {
    let new_end = end + list.len();
    if ids.len() < new_end + ROOM {
        ids.make_room(new_end + ROOM - ids.len());
        ids.resize(new_end + ROOM, 0);
    }
    ids[end..new_end].copy_from_slice(list);
    new_end
}

#[cfg(test)]
mod tests {
    use super::super::short_words::{NEW_WORDS_BEFORE_LAST_GROWTH, size_after};
    use super::*;

    #[test]
    fn the_room_of_a_long_piece_is_not_kept() {
        let text = vec![b'x'; (1 << 20) + MAX_BYTES];
        let mut cache = PieceCache::new();
        let mut ids = Vec::new();
        cache.prefetch(&text, 0..1 << 20, true);
        let mut tokenize = |part: Range<usize>, ids: &mut Vec<u32>| {
            ids.extend((0..).take(part.len()));
            Ok(true)
        };
        cache.resolve(&text, true, &mut ids, &mut tokenize).unwrap();
        assert!(ids.iter().copied().eq(0..1 << 20));
        assert!(cache.new_ids.capacity() <= KEPT_IDS);
    }

    #[test]
    fn the_table_of_a_thread_with_many_new_pieces_grows_and_keeps_them() {
        let mut cache = PieceCache::new();
        // A piece is a number of eight digits. Returns how many the model tokenizes.
        let look_up = |cache: &mut PieceCache, pieces: Range<u32>| {
            let mut tokenized = 0;
            let mut text = String::from_iter(pieces.clone().map(|piece| format!("{piece:08}"))).into_bytes();
            text.extend([b' '; MAX_BYTES]);
            let mut ids = Vec::new();
            cache.start();
            for group in (0..8 * pieces.len()).step_by(8 * GROUP) {
                let starts = (group..group + 8 * GROUP).step_by(8).filter(|start| *start < 8 * pieces.len());
                starts.for_each(|start| cache.prefetch(&text, start..start + 8, true));
                let mut tokenize = |piece: Range<usize>, ids: &mut Vec<u32>| {
                    tokenized += 1;
                    ids.push(std::str::from_utf8(&text[piece]).unwrap().parse().unwrap());
                    Ok(true)
                };
                cache.resolve(&text, true, &mut ids, &mut tokenize).unwrap();
            }
            assert!(ids.into_iter().eq(pieces));
            tokenized
        };
        // Half of the pieces are known, or the cache would be bypassed.
        for first in (1..=NEW_WORDS_BEFORE_LAST_GROWTH).step_by(1 << 8) {
            look_up(&mut cache, first..first + (1 << 8));
            assert_eq!(cache.short.lines.len(), size_after(cache.short.new_words).0);
            look_up(&mut cache, first..first + (1 << 8));
        }
        let forgotten = look_up(&mut cache, NEW_WORDS_BEFORE_LAST_GROWTH - 10_000..NEW_WORDS_BEFORE_LAST_GROWTH);
        assert_eq!(cache.short.lines.len(), size_after(NEW_WORDS_BEFORE_LAST_GROWTH).0);
        assert!(forgotten < 1_000, "{forgotten} were forgotten");
    }

    #[test]
    fn a_ring_that_is_used_up_takes_the_words_of_a_grown_table_along() {
        let mut cache = PieceCache::new();
        cache.short.new_words = NEW_WORDS_BEFORE_LAST_GROWTH;
        let mut text = String::from_iter((0..GROUP).map(|piece| format!("{piece:08}"))).into_bytes();
        text.extend([b' '; MAX_BYTES]);
        let look_up = |cache: &mut PieceCache, ring_end: u32| {
            let (mut tokenized, mut ids) = (0, Vec::new());
            cache.start();
            (0..8 * GROUP).step_by(8).for_each(|start| cache.prefetch(&text, start..start + 8, true));
            cache.remembered.ring.end = ring_end;
            let mut tokenize = |piece: Range<usize>, ids: &mut Vec<u32>| {
                tokenized += 1;
                ids.extend([piece.start as u32; 5]);
                Ok(true)
            };
            cache.resolve(&text, true, &mut ids, &mut tokenize).unwrap();
            assert!(ids.into_iter().eq((0..8 * GROUP as u32).step_by(8).flat_map(|start| [start; 5])));
            tokenized
        };
        assert_eq!(look_up(&mut cache, 0), GROUP);
        assert_eq!(cache.short.lines.len(), size_after(NEW_WORDS_BEFORE_LAST_GROWTH).0);
        let end = cache.remembered.ring.end;
        assert_eq!(look_up(&mut cache, end), 0);
        assert_eq!(look_up(&mut cache, u32::MAX - RING_IDS as u32), GROUP);
    }
}
