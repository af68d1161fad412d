//! The words that a thread has seen, with their ids: only a new word meets the model.
//!
//! Two tables, for words of up to 16 and of up to 48 bytes, whose lines are those of the CPU's cache. A word belongs in one line; there a
//! new word takes the place of the oldest. A word is its own key, zero-padded, so equality is exact. Words longer than 48 bytes are never
//! remembered. Up to three ids are in the line; more are in a ring, where new ones overwrite the oldest. The sizes are fixed, but
//! that the table of short words doubles once, on a thread that has much to do.

mod lines;
pub(super) mod piece;
mod rest;

use super::EncodeError;
use super::model::{SHORT_BYTES, WordPiece};
use super::pre_tokenizer::Bounds;
use crate::pooling::prefetch::prefetch_line;
use lines::{Line, Lines};
use rest::Rest;

// Measured on English lines, paragraphs and documents, and multilingual lines: see docs/OPTIMIZATIONS.md.
const LONG_LINES: usize = 1 << 11;
const RING_IDS: usize = 1 << 16;

/// The most bytes of a word that is remembered.
pub(super) const MAX_BYTES: usize = 48;

/// How many ids a line has room for.
const IN_LINE: usize = 3;

/// Up to three ids, and behind them how many there are. More than three are in the ring: then the first number is their place, and the
/// last is [`IN_RING`].
type Ids = [u32; IN_LINE + 1];

const IN_RING: u32 = u32::MAX;

/// Stands for [`IN_RING`] where a word has to be looked up alone.
const ALONE: u32 = u32::MAX - 1;

/// How many numbers [`WordCache::look_up`] writes behind the ids that it counts.
pub(super) const SLACK: usize = IN_LINE + 1;

const SHORT_LINES: usize = 1 << 15;
const MORE_SHORT_LINES: usize = 1 << 16;

/// After so many new words all lines have been overwritten: only then are more of them worth their memory.
const NEW_WORDS_FOR_MORE: u32 = 1 << 17;

/// The short words of a thread: 2 MB, and 4 where there is much to do.
#[derive(Debug)]
struct ShortWords {
    lines: Lines<2, 2>,
    /// How many were new.
    new_words: u32,
}

impl ShortWords {
    fn new() -> Self {
        Self { lines: Lines::new(SHORT_LINES), new_words: 0 }
    }

    /// Takes more lines if it is time. Places from before are no longer right.
    #[inline(always)]
    fn grow_if_due(&mut self) {
        if self.new_words >= NEW_WORDS_FOR_MORE && self.lines.len() < MORE_SHORT_LINES {
            self.lines = self.lines.resized(MORE_SHORT_LINES);
        }
    }

    fn insert_new(&mut self, place: usize, key: [u64; 2], ids: Ids) {
        self.new_words = self.new_words.saturating_add(1);
        self.lines[place].insert(key, ids);
    }

    /// Forgets all words. Places stay right.
    fn clear(&mut self) {
        self.lines.fill(Line::EMPTY);
    }
}

/// What one thread remembers.
#[derive(Debug)]
pub(super) struct WordCache {
    short: ShortWords,
    long: Lines<6, 1>,
    memory: Memory<RING_IDS>,
    /// The words of a group, while their lines are on their way.
    asked: Box<[Asked; GROUP]>,
    /// What their lines have of them.
    answers: Box<[Ids; GROUP]>,
    /// The numbers of those that their lines do not have.
    new: Box<[u16; GROUP]>,
}

/// How many words are looked up together. The new ones among them, one in 10 to 40, are to be so many that their tokenizing side by
/// side pays.
const GROUP: usize = 256;

/// A word that is going to be looked up among the short ones.
#[derive(Debug, Clone, Copy, Default)]
struct Asked {
    key: [u64; 2],
    place: u32,
    /// 1 for a word of more than [`SHORT_BYTES`].
    is_long: u32,
}

/// What is the same for words of every length.
#[derive(Debug)]
struct Memory<const RING: usize> {
    ring: Ring<RING>,
    rest: Rest,
}

impl WordCache {
    pub(super) fn new() -> Self {
        let (asked, answers) = (Box::new([Asked::default(); GROUP]), Box::new([Ids::default(); GROUP]));
        let new = Box::new([0; GROUP]);
        let (short, long) = (ShortWords::new(), Lines::new(LONG_LINES));
        Self { short, long, memory: Memory::new(), asked, answers, new }
    }

    /// How many bytes it takes.
    pub(super) fn bytes(&self) -> usize {
        self.short.lines.bytes() + self.long.bytes() + self.memory.ring.bytes()
    }

    /// Whether the next `count` words are better not looked up: those before were all new.
    #[inline(always)]
    pub(super) fn rests(&mut self, count: usize) -> bool {
        self.memory.rest.is_due(count as u32)
    }

    /// Puts the ids of the words of `text` at `bounds` at the start of `ids`, and returns how many there are; `ends` gets the place where
    /// each word's end. `model` is asked about words that are not remembered. `ids` has room for [`SLACK`] more ids than can come.
    ///
    /// # Errors
    /// The model's.
    #[inline]
    pub(super) fn look_up(
        &mut self,
        text: &[u8],
        bounds: Bounds<'_>,
        model: &WordPiece,
        ids: &mut [u32],
        ends: &mut [u32],
    ) -> Result<usize, EncodeError> {
        if self.memory.ring.is_used_up() {
            *self = Self::new();
        }
        self.short.grow_if_due();
        let mut count = 0;
        for (group, ends) in bounds.groups(GROUP).zip(ends.chunks_mut(GROUP)) {
            self.ask(text, group);
            let new_count = self.find(group.len());
            if new_count > 0 {
                self.find_new(text, group, new_count, model)?;
            }
            for (index, end) in ends.iter_mut().enumerate() {
                let (answer, ids) = (self.answers[index & (GROUP - 1)], &mut ids[count..]);
                let answered = answer[IN_LINE] as usize;
                if answered <= IN_LINE {
                    // All are written whatever their number is: that needs no branch.
                    ids[..SLACK].copy_from_slice(&answer);
                    count += answered;
                } else {
                    let (start, len) = group.get(index);
                    count += self.look_up_alone(Word { text, start, len }, model, ids)?;
                }
                *end = count as u32;
            }
        }
        Ok(count)
    }

    /// Asks for the lines of a group's words, so that they come together: to look at each would be to wait for each.
    #[inline(always)]
    fn ask(&mut self, text: &[u8], group: Bounds<'_>) {
        for (asked, (start, len)) in self.asked.iter_mut().zip(group.iter()) {
            let key = Word { text, start, len: len.min(SHORT_BYTES) }.short_key();
            let place = self.short.lines.place(&key);
            prefetch_line(&self.short.lines[place]);
            *asked = Asked { key, place: place as u32, is_long: u32::from(len > SHORT_BYTES) };
        }
    }

    /// Answers for the first `count` words that were asked for, at most a group. Notes those that are new, and returns how many they
    /// are.
    #[inline(always)]
    fn find(&mut self, count: usize) -> usize {
        let (short, asked) = (&*self.short.lines, &*self.asked);
        let (answers, new) = (&mut *self.answers, &mut *self.new);
        let mut new_count = 0;
        for index in 0..count.min(GROUP) {
            let Asked { key, place, is_long } = asked[index];
            let line = &short[place as usize];
            let matches = line.matches(&key);
            // Those of a new word are overwritten.
            answers[index] = line.ids[(matches >> 1) as usize & 1];
            new[new_count & (GROUP - 1)] = index as u16;
            new_count += (u32::from(matches == 0) | is_long) as usize;
        }
        new_count
    }

    /// Answers for the `count` words of a group that are new. They meet the model together; long ones are left to be looked up alone.
    #[cold]
    #[inline(never)]
    fn find_new(&mut self, text: &[u8], group: Bounds<'_>, count: usize, model: &WordPiece) -> Result<(), EncodeError> {
        let WordCache { short, memory, asked, answers, new, .. } = self;
        let new = new[..count].iter().map(|&index| usize::from(index));
        new.clone().for_each(|index| answers[index] = [0, 0, 0, ALONE]);
        let words = new.filter(|&index| asked[index].is_long == 0).map(|index| {
            let (start, len) = group.get(index);
            (index, start, len)
        });
        model.tokenize_short(text, words, |index, ids| {
            let Asked { key, place, .. } = asked[index];
            if let Some(remembered) = memory.remember(ids) {
                answers[index] = remembered;
                short.insert_new(place as usize, key, remembered);
            }
        })
    }

    /// The ids of a word that is long, or has many ids.
    #[cold]
    #[inline(never)]
    fn look_up_alone(&mut self, word: Word<'_>, model: &WordPiece, ids: &mut [u32]) -> Result<usize, EncodeError> {
        let WordCache { short, long, memory, .. } = self;
        let resolve = |ids: &mut [u32]| model.tokenize(word.bytes(), ids);
        if word.len <= SHORT_BYTES {
            let key = word.short_key();
            look_up_one(short.lines.line(&key), key, memory, ids, resolve)
        } else if word.len <= MAX_BYTES {
            let key = word.long_key();
            look_up_one(long.line(&key), key, memory, ids, resolve)
        } else {
            resolve(ids)
        }
    }
}

#[derive(Clone, Copy)]
struct Word<'a> {
    text: &'a [u8],
    start: usize,
    len: usize,
}

/// The bits of the first `n` of 16 bytes, as two numbers.
static FIRST_BYTES: [[u64; 2]; SHORT_BYTES + 1] = {
    let mut masks = [[0; 2]; SHORT_BYTES + 1];
    let mut len = 1;
    while len <= SHORT_BYTES {
        let mask = u128::MAX >> (128 - 8 * len);
        masks[len] = [mask as u64, (mask >> 64) as u64];
        len += 1;
    }
    masks
};

impl<'a> Word<'a> {
    fn bytes(self) -> &'a [u8] {
        &self.text[self.start..self.start + self.len]
    }

    /// The zero-padded word of at most 16 bytes: 16 are read, and what lies behind is masked off.
    #[inline(always)]
    fn short_key(self) -> [u64; 2] {
        debug_assert!(self.len > 0, "no key is all zeros");
        let (words, _) = self.text[self.start..self.start + SHORT_BYTES].as_chunks::<8>();
        let mask = &FIRST_BYTES[self.len];
        [u64::from_le_bytes(words[0]) & mask[0], u64::from_le_bytes(words[1]) & mask[1]]
    }

    /// The zero-padded word of at most 48 bytes, likewise.
    #[inline(always)]
    fn long_key(self) -> [u64; 6] {
        let (words, _) = self.text[self.start..self.start + MAX_BYTES].as_chunks::<8>();
        std::array::from_fn(|index| {
            let mask = FIRST_BYTES[self.len.saturating_sub(8 * index).min(8)][0];
            u64::from_le_bytes(words[index]) & mask
        })
    }
}

/// The ids that a line has for a word, or those that `resolve` gives.
fn look_up_one<const SIZE: usize, const WAYS: usize, const RING: usize>(
    line: &mut Line<SIZE, WAYS>,
    key: [u64; SIZE],
    memory: &mut Memory<RING>,
    ids: &mut [u32],
    resolve: impl Fn(&mut [u32]) -> Result<usize, EncodeError>,
) -> Result<usize, EncodeError> {
    if let Some(found) = line.get(&key)
        && let Some(found) = memory.get(found)
    {
        ids[..found.len()].copy_from_slice(found);
        return Ok(found.len());
    }
    let count = resolve(ids)?;
    if let Some(remembered) = memory.remember(&ids[..count]) {
        line.insert(key, remembered);
    }
    Ok(count)
}

impl<const RING: usize> Memory<RING> {
    fn new() -> Self {
        Self { ring: Ring::new(), rest: Rest::new() }
    }

    /// The ids that a line has for a word; `None` where the ring has lost them.
    fn get<'a>(&'a self, found: &'a Ids) -> Option<&'a [u32]> {
        if found[IN_LINE] == IN_RING { self.ring.get(found[0]) } else { found.get(..found[IN_LINE] as usize) }
    }

    /// The ids of a new word as a line holds them; `None` where there is no more room.
    fn remember(&mut self, ids: &[u32]) -> Option<Ids> {
        self.rest.new_words += 1;
        let mut remembered = [0; IN_LINE + 1];
        if ids.len() <= IN_LINE {
            remembered[..ids.len()].copy_from_slice(ids);
            remembered[IN_LINE] = ids.len() as u32;
        } else {
            remembered[0] = self.ring.push(ids)?;
            remembered[IN_LINE] = IN_RING;
        }
        Some(remembered)
    }
}

/// Lists of ids, each behind its length. Places count up for ever: the slot is the remainder.
#[derive(Debug)]
struct Ring<const IDS: usize> {
    slots: Box<[u32]>,
    /// The place of the next list.
    end: u32,
}

impl<const IDS: usize> Ring<IDS> {
    fn new() -> Self {
        Self { slots: vec![0; IDS].into(), end: 0 }
    }

    fn bytes(&self) -> usize {
        size_of_val(&*self.slots)
    }

    /// The list at `place`, while nothing has overwritten it.
    fn get(&self, place: u32) -> Option<&[u32]> {
        if self.end - place > IDS as u32 {
            return None;
        }
        let slot = place as usize % IDS;
        Some(&self.slots[slot + 1..][..self.slots[slot] as usize])
    }

    /// Whether the places come to their end: the next window could meet it.
    fn is_used_up(&self) -> bool {
        self.end > u32::MAX - 2 * IDS as u32
    }

    /// The place of a new list; `None` when there are no more.
    fn push(&mut self, list: &[u32]) -> Option<u32> {
        let size = list.len() + 1;
        let slot = self.end as usize % IDS;
        // In one piece: if need be, at the start of the next round.
        let skipped = if slot + size > IDS { IDS - slot } else { 0 };
        let place = self.end.checked_add(skipped as u32)?;
        self.end = place.checked_add(size as u32)?;
        let slot = place as usize % IDS;
        self.slots[slot] = list.len() as u32;
        self.slots[slot + 1..slot + size].copy_from_slice(list);
        Some(place)
    }
}

#[cfg(test)]
mod tests {
    use std::ops::Range;

    use super::*;
    use crate::tokenizer::pre_tokenizer;
    use crate::tokenizer::scan::{Scanner, WordBounds};
    use crate::tokenizer::vocabulary::Vocabulary;

    #[test]
    fn the_ring_gives_a_list_until_it_is_overwritten() {
        let mut ring = Ring::<RING_IDS>::new();
        let lists: Vec<Vec<u32>> =
            (0..40_000_u32).map(|seed| (0..3 + seed % 46).map(|index| seed ^ index).collect()).collect();
        let mut places = Vec::new();
        for (newest, list) in lists.iter().enumerate() {
            places.push(ring.push(list).unwrap());
            let is_kept = |index: usize| ring.get(places[index]).map(|found| assert_eq!(found, lists[index])).is_some();
            assert!(is_kept(newest));
            // 49 ids are the most of a list: so many lists are there, whatever their lengths.
            assert!(newest < 600 || is_kept(newest - 600));
            assert!(newest < 20_000 || !is_kept(newest - 20_000));
        }
    }

    #[test]
    fn the_table_of_a_thread_with_many_new_words_doubles_and_keeps_them() {
        // All pairs of letters, at the start of a word and within: a word of four letters has two ids.
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
        for first in (0..=NEW_WORDS_FOR_MORE).step_by(1024) {
            look_up(&mut cache, first..first + 1024);
            let doubles = first >= NEW_WORDS_FOR_MORE;
            assert_eq!(cache.short.lines.len(), if doubles { MORE_SHORT_LINES } else { SHORT_LINES }, "{first}");
        }
        let new_words = cache.short.new_words;
        look_up(&mut cache, NEW_WORDS_FOR_MORE - 10_000..NEW_WORDS_FOR_MORE);
        assert!(cache.short.new_words - new_words < 1_000, "{} were forgotten", cache.short.new_words - new_words);
    }

    #[test]
    fn a_key_is_the_word_padded_with_zeros() {
        let text: Vec<u8> = (1..=100).collect();
        for len in 1..=MAX_BYTES {
            let word = Word { text: &text, start: 3, len };
            let padded: Vec<u8> =
                text[3..3 + len].iter().copied().chain(std::iter::repeat(0)).take(MAX_BYTES).collect();
            let expected: Vec<u64> = padded.as_chunks().0.iter().map(|bytes| u64::from_le_bytes(*bytes)).collect();
            assert_eq!(word.long_key()[..], expected);
            if len <= SHORT_BYTES {
                assert_eq!(word.short_key()[..], expected[..2]);
            }
        }
    }
}
