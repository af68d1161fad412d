//! The word cache of the BERT pipeline.
//!
//! There are two tables: one for short words, of up to 16 bytes, and one for long words, of up to
//! 48. Words of more than 48 bytes are never remembered. A table is an array of lines of 64 bytes,
//! each one line of the CPU's cache, with two short words or one long word. The hash of a word
//! chooses its line; there, a new word replaces the oldest. The key is the word itself, padded with
//! zeros, so equality is exact.
//!
//! A line has room for three ids per word. Longer lists of ids are in a ring, where new lists
//! overwrite the oldest; a word whose list was overwritten is tokenized again.
//!
//! Sizes are fixed, except that the short-word table grows on a thread that meets many new words.

use super::key::{MAX_BYTES, SHORT_BYTES, Word};
pub(in crate::tokenizer) use super::line::SLACK;
use super::line::{IN_LINE, Ids, Line, Lines};
use super::remembered::Remembered;
use super::short_words::ShortWords;
use crate::pooling::prefetch::prefetch_line;
use crate::tokenizer::encode_error::EncodeError;
use crate::tokenizer::model::WordPiece;
use crate::tokenizer::pre_tokenizer::Bounds;

// Both sizes were chosen by measurements on English lines, paragraphs and documents, and on
// multilingual lines: see docs/OPTIMIZATIONS.md.
const LONG_LINES: usize = 1 << 11;
const RING_IDS: usize = 1 << 16;

/// In the place of the count of ids: the word has to be looked up alone. So has a word with
/// `IN_RING` there; [`WordCache::look_up`] treats every count above [`IN_LINE`] alike.
const ALONE: u32 = u32::MAX - 1;

/// How many words are looked up together; a power of two. One word in 10 to 40 is new, and
/// tokenizing new words side by side is faster only if a group has several of them.
const GROUP: usize = 256;

/// The words that one thread remembers.
#[derive(Debug)]
pub(in crate::tokenizer) struct WordCache {
    short: ShortWords,
    long: Lines<6, 1>,
    remembered: Remembered<RING_IDS>,
    /// The words of the current group, whose lines are being fetched from memory.
    pending: Box<[Pending; GROUP]>,
    /// For each word of the group, its ids as a line holds them, or [`ALONE`].
    resolved: Box<[Ids; GROUP]>,
    /// The indices in the group of the words that are not in the short-word table: short words that
    /// are new, and all long words.
    new: Box<[u16; GROUP]>,
}

/// A word of the current group. A long word has the key and the place of its first 16 bytes, which
/// are not used.
#[derive(Debug, Clone, Copy, Default)]
struct Pending {
    key: [u64; 2],
    /// The index of its line in the short-word table.
    place: u32,
    /// 1 for a word of more than [`SHORT_BYTES`], else 0.
    is_long: u32,
}

impl WordCache {
    pub(in crate::tokenizer) fn new() -> Self {
        Self {
            short: ShortWords::new(),
            long: Lines::new(LONG_LINES),
            remembered: Remembered::new(),
            pending: Box::new([Pending::default(); GROUP]),
            resolved: Box::new([Ids::default(); GROUP]),
            new: Box::new([0; GROUP]),
        }
    }

    /// How many bytes the cache takes, without the buffers of a group (about 10 KB).
    pub(in crate::tokenizer) fn bytes(&self) -> usize {
        self.short.lines.bytes() + self.long.bytes() + self.remembered.ring.bytes()
    }

    /// Whether the next `count` words should bypass the cache, because too many words before them
    /// were new. Counts these words, so it must be called exactly once for them.
    #[inline(always)]
    pub(in crate::tokenizer) fn bypasses(&mut self, count: usize) -> bool {
        self.remembered.bypass.is_due(count as u32)
    }

    /// Writes the ids of the words of `text` at `bounds` to the start of `ids`; returns how many
    /// there are. Writes to `ends`, which has one element per word, where the ids of each word end.
    /// `model` tokenizes the words that are not remembered. `ids` must have room for [`SLACK`] more
    /// ids than the words can have.
    ///
    /// # Errors
    /// Those of the model.
    #[inline]
    pub(in crate::tokenizer) fn look_up(
        &mut self,
        text: &[u8],
        bounds: Bounds<'_>,
        model: &WordPiece,
        ids: &mut [u32],
        ends: &mut [u32],
    ) -> Result<usize, EncodeError> {
        // Places in the ring are 32-bit numbers that only grow. When they are about to run out, the
        // cache starts empty again.
        if self.remembered.ring.is_used_up() {
            *self = Self::new();
        }
        self.short.grow_if_due();
        let mut count = 0;
        for (group, ends) in bounds.groups(GROUP).zip(ends.chunks_mut(GROUP)) {
            self.prefetch(text, group);
            let new_count = self.resolve(group.len());
            if new_count > 0 {
                self.resolve_new(text, group, new_count, model)?;
            }
            for (index, end) in ends.iter_mut().enumerate() {
                let (resolved, ids) = (self.resolved[index & (GROUP - 1)], &mut ids[count..]);
                let id_count = resolved[IN_LINE] as usize;
                if id_count <= IN_LINE {
                    // All four numbers are copied, however many of them are ids: a copy of fixed
                    // size needs no branch. `count` leaves out the rest.
                    ids[..SLACK].copy_from_slice(&resolved);
                    count += id_count;
                } else {
                    let (start, len) = group.get(index);
                    count += self.look_up_alone(Word { text, start, len }, model, ids)?;
                }
                *end = count as u32;
            }
        }
        Ok(count)
    }

    /// Prefetches the lines of a group's words, so that the CPU fetches many at a time. If each
    /// line were read as soon as its place is known, each read would wait for memory.
    #[inline(always)]
    fn prefetch(&mut self, text: &[u8], group: Bounds<'_>) {
        for (pending, (start, len)) in self.pending.iter_mut().zip(group.iter()) {
            let key = Word { text, start, len: len.min(SHORT_BYTES) }.short_key();
            let place = self.short.lines.place(&key);
            prefetch_line(&self.short.lines[place]);
            *pending = Pending { key, place: place as u32, is_long: u32::from(len > SHORT_BYTES) };
        }
    }

    /// Resolves the first `count` pending words, at most a group, from the short-word table. Writes
    /// the indices of those that are new, or long, to `new`, and returns how many there are.
    #[inline(always)]
    fn resolve(&mut self, count: usize) -> usize {
        let (short, pending) = (&*self.short.lines, &*self.pending);
        let (resolved, new) = (&mut *self.resolved, &mut *self.new);
        let mut new_count = 0;
        for index in 0..count.min(GROUP) {
            let Pending { key, place, is_long } = pending[index];
            let line = &short[place as usize];
            let matches = line.matches(&key);
            // If the word is new, these are the ids of another word; `resolve_new` overwrites them.
            resolved[index] = line.ids[(matches >> 1) as usize & 1];
            new[new_count & (GROUP - 1)] = index as u16;
            new_count += (u32::from(matches == 0) | is_long) as usize;
        }
        new_count
    }

    /// Resolves the first `count` words of `new`. The model tokenizes the short ones together and
    /// they are remembered. Long words are marked [`ALONE`].
    #[cold]
    #[inline(never)]
    fn resolve_new(
        &mut self,
        text: &[u8],
        group: Bounds<'_>,
        count: usize,
        model: &WordPiece,
    ) -> Result<(), EncodeError> {
        let Self { short, remembered, pending, resolved, new, .. } = self;
        let new = new[..count].iter().map(|&index| usize::from(index));
        new.clone().for_each(|index| resolved[index] = [0, 0, 0, ALONE]);
        let words = new.filter(|&index| pending[index].is_long == 0).map(|index| {
            let (start, len) = group.get(index);
            (index, start, len)
        });
        model.tokenize_short(text, words, |index, ids| {
            let Pending { key, place, .. } = pending[index];
            if let Some(ids) = remembered.remember(ids) {
                resolved[index] = ids;
                short.insert_new(place as usize, key, ids);
            }
        })
    }

    /// Writes the ids of a word that is long, or has too many ids for a line, or could not be
    /// remembered. Returns how many there are.
    #[cold]
    #[inline(never)]
    fn look_up_alone(&mut self, word: Word<'_>, model: &WordPiece, ids: &mut [u32]) -> Result<usize, EncodeError> {
        let Self { short, long, remembered, .. } = self;
        let tokenize = |ids: &mut [u32]| model.tokenize(word.bytes(), ids);
        if word.len <= SHORT_BYTES {
            let key = word.short_key();
            look_up_one(short.lines.line(&key), key, remembered, ids, tokenize)
        } else if word.len <= MAX_BYTES {
            let key = word.long_key();
            look_up_one(long.line(&key), key, remembered, ids, tokenize)
        } else {
            tokenize(ids)
        }
    }
}

/// Writes the ids that `line` has for a word, or else those that `tokenize` gives, which are then
/// remembered. Returns how many there are.
fn look_up_one<const SIZE: usize, const WAYS: usize, const RING: usize>(
    line: &mut Line<SIZE, WAYS>,
    key: [u64; SIZE],
    remembered: &mut Remembered<RING>,
    ids: &mut [u32],
    tokenize: impl Fn(&mut [u32]) -> Result<usize, EncodeError>,
) -> Result<usize, EncodeError> {
    if let Some(found) = line.get(&key)
        && let Some(found) = remembered.get(found)
    {
        ids[..found.len()].copy_from_slice(found);
        return Ok(found.len());
    }
    let count = tokenize(ids)?;
    if let Some(ids) = remembered.remember(&ids[..count]) {
        line.insert(key, ids);
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use std::ops::Range;

    use super::super::short_words::{NEW_WORDS_BEFORE_LAST_GROWTH, size_after};
    use super::*;
    use crate::tokenizer::file::vocabulary::Vocabulary;
    use crate::tokenizer::pre_tokenizer;
    use crate::tokenizer::scan::{Scanner, WordBounds};

    #[test]
    fn the_table_of_a_thread_with_many_new_words_grows_and_keeps_them() {
        // The vocabulary is all pairs of letters, at the start of a word and inside one, so every
        // word of four letters has two ids.
        let pair = |number: u32| [b'a' + (number / 26) as u8, b'a' + (number % 26) as u8].map(char::from);
        let pairs = || (0..26 * 26).map(|number| String::from_iter(pair(number)));
        let mut vocabulary = Vocabulary::default();
        for (id, piece) in (10..).zip(pairs().chain(pairs().map(|pair| format!("##{pair}")))) {
            vocabulary.push_token(&piece).unwrap();
            vocabulary.push_id(id);
        }
        let model = WordPiece::new(vocabulary, "aa", "##", 100).unwrap();
        let (mut cache, mut bounds) = (WordCache::new(), WordBounds::new());
        let mut look_up = |cache: &mut WordCache, words: Range<u32>| {
            let word = |number| pair(number / 676).into_iter().chain(pair(number % 676)).chain([' ']);
            let mut text = String::from_iter(words.clone().flat_map(word)).into_bytes();
            let len = text.len();
            pre_tokenizer::pad(&mut text, len);
            pre_tokenizer::add_words(&text, len, 0, Scanner::detect(), &mut bounds);
            let (mut ids, mut ends) = (vec![0; len], vec![0; words.len()]);
            let count = cache.look_up(&text, Bounds::of(&bounds), &model, &mut ids, &mut ends).unwrap();
            bounds.clear();
            let expected = words.flat_map(|number| [10 + number / 676, 686 + number % 676]);
            assert!(ids[..count].iter().copied().eq(expected));
        };
        for first in (0..=NEW_WORDS_BEFORE_LAST_GROWTH).step_by(1024) {
            look_up(&mut cache, first..first + 1024);
            assert_eq!(cache.short.lines.len(), size_after(first).0, "{first}");
        }
        let new_words = cache.short.new_words;
        look_up(&mut cache, NEW_WORDS_BEFORE_LAST_GROWTH - 10_000..NEW_WORDS_BEFORE_LAST_GROWTH);
        assert!(cache.short.new_words - new_words < 1_000, "{} were forgotten", cache.short.new_words - new_words);
    }
}
