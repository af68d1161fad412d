//! The word cache for the pieces of a text, a group at a time: first all lines of a group are asked for, then the pieces are
//! looked up, so that no look-up waits for memory alone.

use std::ops::Range;

use super::{IN_LINE, IN_RING, Lines, MAX_BYTES, Memory, SHORT_BYTES, SLACK, ShortWords, Word};
use crate::pooling::prefetch::prefetch_line;
use crate::tokenizer::EncodeError;

// Larger than WordPiece's: these pieces have a space before the word, and their models take longer for a new one.
const LONG_LINES: usize = 1 << 13;
const RING_IDS: usize = 1 << 18;

/// A group is looked up when it has this many pieces.
const GROUP: usize = 64;

/// Room for new ids that one long piece made larger is not kept.
const KEPT_IDS: usize = 1 << 16;

/// How many pieces [`PieceCache::ask`] may be given behind those of a group.
const MORE: usize = 64;

/// What one thread remembers.
#[derive(Debug)]
pub(in crate::tokenizer) struct PieceCache {
    short: ShortWords,
    long: Lines<6, 1>,
    memory: Memory<RING_IDS>,
    /// The pieces that have been asked for.
    asked: Box<[Asked; GROUP + MORE]>,
    count: usize,
    /// The ids of a new piece.
    new_ids: Vec<u32>,
}

/// A piece whose line is on its way.
#[derive(Debug, Clone, Copy, Default)]
struct Asked {
    /// Of a short piece, else of its start.
    key: [u64; 2],
    start: usize,
    len: usize,
    /// Of the line among the short ones.
    place: usize,
}

/// Whether the ids that a model has appended for a new piece may be remembered.
pub(in crate::tokenizer) type Resolved = Result<bool, EncodeError>;

impl PieceCache {
    pub(in crate::tokenizer) fn new() -> Self {
        Self {
            short: ShortWords::new(),
            long: Lines::new(LONG_LINES),
            memory: Memory::new(),
            asked: Box::new([Asked::default(); GROUP + MORE]),
            count: 0,
            new_ids: Vec::new(),
        }
    }

    /// How many bytes it takes.
    pub(in crate::tokenizer) fn bytes(&self) -> usize {
        self.short.lines.bytes() + self.long.bytes() + self.memory.ring.bytes()
    }

    /// Before a text: pieces that were asked for and never answered, because of an error, are forgotten.
    pub(in crate::tokenizer) fn start(&mut self) {
        self.count = 0;
        self.short.grow_if_due();
    }

    /// Whether it is time for an answer: [`MORE`] pieces can still be asked for.
    #[inline(always)]
    pub(in crate::tokenizer) fn is_group(&self) -> bool {
        self.count >= GROUP
    }

    /// Asks for the piece in `range`, if `is_piece`, which needs no branch. Behind `text[range.start..]` there are [`MAX_BYTES`]
    /// bytes at least.
    #[inline(always)]
    pub(in crate::tokenizer) fn ask(&mut self, text: &[u8], range: Range<usize>, is_piece: bool) {
        let len = range.len();
        let key = Word { text, start: range.start, len: len.min(SHORT_BYTES) }.short_key();
        let place = self.short.lines.place(&key);
        prefetch_line(&self.short.lines[place]);
        self.asked[self.count] = Asked { key, start: range.start, len, place };
        self.count += usize::from(is_piece);
    }

    /// Appends the ids of all pieces that were asked for, which are `text`'s. `resolve` is asked about pieces that are not remembered,
    /// and about all of them unless `is_cacheable`: a piece that has a NUL is not.
    ///
    /// # Errors
    /// Those of `resolve`.
    #[inline]
    pub(in crate::tokenizer) fn answer(
        &mut self,
        text: &[u8],
        is_cacheable: bool,
        ids: &mut Vec<u32>,
        resolve: &mut impl FnMut(Range<usize>, &mut Vec<u32>) -> Resolved,
    ) -> Result<(), EncodeError> {
        let count = std::mem::take(&mut self.count);
        if !is_cacheable || self.memory.rest.is_due(count as u32) {
            return self.asked[..count].iter().try_for_each(|asked| resolve(asked.range(), ids).map(|_| ()));
        }
        if self.memory.ring.is_used_up() {
            // Not a new one: its lines have been asked for.
            self.short.clear();
            (self.long, self.memory) = (Lines::new(LONG_LINES), Memory::new());
        }
        // Where the next id goes. Behind it, there is room for those of all pieces that are in lines.
        let mut end = ids.len();
        ids.resize(end + ROOM, 0);
        for index in 0..count {
            let Asked { key, len, place, .. } = self.asked[index];
            if len <= SHORT_BYTES {
                let line = &self.short.lines[place];
                if let Some(found) = line.get(&key)
                    && found[IN_LINE] != IN_RING
                {
                    // All are written whatever their number is: that needs no branch.
                    ids[end..end + SLACK].copy_from_slice(found);
                    end += found[IN_LINE] as usize;
                    continue;
                }
            }
            end = self.answer_rest(text, index, ids, end, resolve)?;
        }
        ids.truncate(end);
        Ok(())
    }

    /// A piece that is new, long, or has many ids. Returns where its ids end.
    #[cold]
    #[inline(never)]
    fn answer_rest(
        &mut self,
        text: &[u8],
        index: usize,
        ids: &mut Vec<u32>,
        end: usize,
        resolve: &mut impl FnMut(Range<usize>, &mut Vec<u32>) -> Resolved,
    ) -> Result<usize, EncodeError> {
        let asked = self.asked[index];
        let word = Word { text, start: asked.start, len: asked.len };
        let PieceCache { short, long, memory, new_ids, .. } = self;
        let short_line = asked.place;
        let found = if word.len <= SHORT_BYTES {
            short.lines[short_line].get(&asked.key)
        } else if word.len <= MAX_BYTES {
            let key = word.long_key();
            long.line(&key).get(&key)
        } else {
            None
        };
        if let Some(found) = found.and_then(|found| memory.get(found)) {
            return Ok(put(found, ids, end));
        }
        // An error may have left some.
        new_ids.clear();
        let may_be_remembered = resolve(asked.range(), new_ids)?;
        if may_be_remembered
            && word.len <= MAX_BYTES
            && let Some(remembered) = memory.remember(new_ids)
        {
            if word.len <= SHORT_BYTES {
                short.insert_new(short_line, asked.key, remembered);
            } else {
                let key = word.long_key();
                long.line(&key).insert(key, remembered);
            }
        }
        let end = put(new_ids, ids, end);
        new_ids.clear();
        new_ids.shrink_to(KEPT_IDS);
        Ok(end)
    }
}

impl Asked {
    fn range(&self) -> Range<usize> {
        self.start..self.start + self.len
    }
}

/// Room for the ids of all pieces of a group, and for what is written behind the last ones.
const ROOM: usize = (GROUP + MORE) * IN_LINE + SLACK;

/// Puts ids at `end`, and makes room behind them. Returns where they end.
fn put(list: &[u32], ids: &mut Vec<u32>, end: usize) -> usize {
    let new_end = end + list.len();
    if ids.len() < new_end + ROOM {
        ids.resize(new_end + ROOM, 0);
    }
    ids[end..new_end].copy_from_slice(list);
    new_end
}

#[cfg(test)]
mod tests {
    use super::super::{MORE_SHORT_LINES, NEW_WORDS_FOR_MORE, SHORT_LINES};
    use super::*;

    #[test]
    fn the_room_of_a_long_piece_is_not_kept() {
        let text = vec![b'x'; (1 << 20) + MAX_BYTES];
        let mut cache = PieceCache::new();
        let mut ids = Vec::new();
        cache.ask(&text, 0..1 << 20, true);
        let mut resolve = |part: Range<usize>, ids: &mut Vec<u32>| {
            ids.extend((0..).take(part.len()));
            Ok(true)
        };
        cache.answer(&text, true, &mut ids, &mut resolve).unwrap();
        assert!(ids.iter().copied().eq(0..1 << 20));
        assert!(cache.new_ids.capacity() <= KEPT_IDS);
    }

    #[test]
    fn the_table_of_a_thread_with_many_new_pieces_doubles_and_keeps_them() {
        let mut cache = PieceCache::new();
        // A piece is a number of eight digits. Returns how many the model was asked about.
        let look_up = |cache: &mut PieceCache, pieces: Range<u32>| {
            let mut asked = 0;
            let mut text = String::from_iter(pieces.clone().map(|piece| format!("{piece:08}"))).into_bytes();
            text.extend([b' '; MAX_BYTES]);
            let mut ids = Vec::new();
            cache.start();
            for group in (0..8 * pieces.len()).step_by(8 * GROUP) {
                let starts = (group..group + 8 * GROUP).step_by(8).filter(|start| *start < 8 * pieces.len());
                starts.for_each(|start| cache.ask(&text, start..start + 8, true));
                let mut resolve = |piece: Range<usize>, ids: &mut Vec<u32>| {
                    asked += 1;
                    ids.push(std::str::from_utf8(&text[piece]).unwrap().parse().unwrap());
                    Ok(true)
                };
                cache.answer(&text, true, &mut ids, &mut resolve).unwrap();
            }
            assert!(ids.into_iter().eq(pieces));
            asked
        };
        // Half of what it is asked about is known, or it would rest.
        for first in (1..=NEW_WORDS_FOR_MORE).step_by(1 << 8) {
            assert_eq!(cache.short.lines.len(), SHORT_LINES);
            look_up(&mut cache, first..first + (1 << 8));
            look_up(&mut cache, first..first + (1 << 8));
        }
        let forgotten = look_up(&mut cache, NEW_WORDS_FOR_MORE - 10_000..NEW_WORDS_FOR_MORE);
        assert_eq!(cache.short.lines.len(), MORE_SHORT_LINES);
        assert!(forgotten < 1_000, "{forgotten} were forgotten");
    }

    #[test]
    fn a_ring_that_is_used_up_takes_the_words_of_a_doubled_table_along() {
        let mut cache = PieceCache::new();
        cache.short.new_words = NEW_WORDS_FOR_MORE;
        let mut text = String::from_iter((0..GROUP).map(|piece| format!("{piece:08}"))).into_bytes();
        text.extend([b' '; MAX_BYTES]);
        let look_up = |cache: &mut PieceCache, ring_end: u32| {
            let (mut asked, mut ids) = (0, Vec::new());
            cache.start();
            (0..8 * GROUP).step_by(8).for_each(|start| cache.ask(&text, start..start + 8, true));
            cache.memory.ring.end = ring_end;
            let mut resolve = |piece: Range<usize>, ids: &mut Vec<u32>| {
                asked += 1;
                ids.extend([piece.start as u32; 5]);
                Ok(true)
            };
            cache.answer(&text, true, &mut ids, &mut resolve).unwrap();
            assert!(ids.into_iter().eq((0..8 * GROUP as u32).step_by(8).flat_map(|start| [start; 5])));
            asked
        };
        assert_eq!(look_up(&mut cache, 0), GROUP);
        assert_eq!(cache.short.lines.len(), MORE_SHORT_LINES);
        let end = cache.memory.ring.end;
        assert_eq!(look_up(&mut cache, end), 0);
        assert_eq!(look_up(&mut cache, u32::MAX - RING_IDS as u32), GROUP);
    }
}
