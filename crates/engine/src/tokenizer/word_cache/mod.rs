//! The words that a thread has seen, with their ids: only a new word meets the model.
//!
//! Tables of a fixed size, by the length of a word, whose lines are those of the CPU's cache. A word belongs in one line; there a
//! new word takes the place of the oldest. A word is its own key, zero-padded, so equality is exact. Words longer than 48 bytes
//! are never remembered. One or two ids are in the line; more are in a ring, where new ones overwrite the oldest.

pub(super) mod piece;
mod rest;

use super::EncodeError;
use super::piece_table::ID_LIMIT;
use super::pre_tokenizer::Words;
use rest::Rest;

// Measured on 21,207 English documents: four places a line of short words, and half of these lines, halve the misses of single
// places.
const SHORT_LINES: usize = 1 << 13;
const MEDIUM_LINES: usize = 1 << 13;
const LONG_LINES: usize = 1 << 11;
const RING_IDS: usize = 1 << 16;

/// Odd, with its bits spread: a line's index is the highest bits of a product.
const MULTIPLIER: u64 = 0x9E37_79B9_7F4A_7C15;

/// The ids of a word: the first in the low half, the second in the high half. One number, so that it stays in a register.
type Ids = u64;

/// In place of the second id: there is none.
const NONE: u32 = u32::MAX;

/// In place of the second id: the first is a place in the ring. No id is that high.
const IN_RING: u32 = ID_LIMIT;

fn pack(first: u32, second: u32) -> Ids {
    u64::from(first) | u64::from(second) << 32
}

fn first(ids: Ids) -> u32 {
    ids as u32
}

fn second(ids: Ids) -> u32 {
    (ids >> 32) as u32
}

/// Words of `8 × SIZE` bytes at most, the newest first, with their first two ids. A key of zeros is no word's.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(64))]
struct Line<const SIZE: usize, const WAYS: usize> {
    keys: [[u64; SIZE]; WAYS],
    ids: [Ids; WAYS],
}

impl<const SIZE: usize, const WAYS: usize> Line<SIZE, WAYS> {
    const EMPTY: Self = Self { keys: [[0; SIZE]; WAYS], ids: [0; WAYS] };

    /// The ids of a word. All places are compared, without a branch for each.
    #[inline(always)]
    fn get(&self, key: [u64; SIZE]) -> Option<Ids> {
        let matches = self.keys.iter().enumerate().map(|(way, found)| u32::from(*found == key) << way);
        let matches = matches.fold(0, |all, matched| all | matched);
        if matches == 0 { None } else { self.ids.get(matches.trailing_zeros() as usize).copied() }
    }

    fn insert(&mut self, key: [u64; SIZE], ids: Ids) {
        // A word whose ids the ring has lost gives up its old place.
        let old = self.keys.iter().position(|found| *found == key).unwrap_or(WAYS - 1);
        self.keys[..=old].rotate_right(1);
        self.ids[..=old].rotate_right(1);
        (self.keys[0], self.ids[0]) = (key, ids);
    }
}

#[derive(Debug)]
struct Lines<const SIZE: usize, const WAYS: usize, const COUNT: usize>(Box<[Line<SIZE, WAYS>; COUNT]>);

impl<const SIZE: usize, const WAYS: usize, const COUNT: usize> Lines<SIZE, WAYS, COUNT> {
    fn new() -> Self {
        let lines = vec![Line::EMPTY; COUNT].into_boxed_slice();
        Self(lines.try_into().expect("as many lines as were made"))
    }

    #[inline(always)]
    fn line(&mut self, key: &[u64; SIZE]) -> &mut Line<SIZE, WAYS> {
        let first = key[0].wrapping_mul(MULTIPLIER);
        let hash = key[1..].iter().fold(first, |hash, word| (hash.rotate_left(29) ^ word).wrapping_mul(MULTIPLIER));
        &mut self.0[(hash >> (64 - COUNT.trailing_zeros())) as usize & (COUNT - 1)]
    }
}

/// What one thread remembers.
#[derive(Debug)]
pub(super) struct WordCache<
    const SHORT: usize = SHORT_LINES,
    const MEDIUM: usize = MEDIUM_LINES,
    const LONG: usize = LONG_LINES,
    const RING: usize = RING_IDS,
> {
    short: Lines<1, 4, SHORT>,
    medium: Lines<2, 2, MEDIUM>,
    long: Lines<6, 1, LONG>,
    ring: Ring<RING>,
    rest: Rest,
}

impl<const SHORT: usize, const MEDIUM: usize, const LONG: usize, const RING: usize>
    WordCache<SHORT, MEDIUM, LONG, RING>
{
    pub(super) fn new() -> Self {
        Self { short: Lines::new(), medium: Lines::new(), long: Lines::new(), ring: Ring::new(), rest: Rest::new() }
    }

    /// Whether the next `count` words are better not looked up: those before were all new.
    #[inline(always)]
    pub(super) fn rests(&mut self, count: usize) -> bool {
        self.rest.is_due(count as u32)
    }

    /// Puts the ids of all `words` at the start of `ids`, and returns how many there are. `resolve` is asked about words that
    /// are not remembered. `ids` has room for two more ids than can come.
    ///
    /// # Errors
    /// Those of `resolve`.
    #[inline]
    pub(super) fn look_up(
        &mut self,
        words: Words<'_>,
        ids: &mut [u32],
        resolve: &impl Fn(&[u8], &mut [u32]) -> Result<usize, EncodeError>,
    ) -> Result<usize, EncodeError> {
        if self.ring.is_used_up() {
            *self = Self::new();
        }
        let WordCache { short, medium, long, ring, rest } = self;
        let mut count = 0;
        if let Some((start, len)) = words.overhanging {
            count = resolve(&words.text[start..start + len], ids)?;
        }
        for (start, len) in words.iter() {
            let word = Word { text: words.text, start, len };
            let ids = &mut ids[count..];
            count += match len {
                1..=8 => look_up(short, ring, rest, word, ids, resolve),
                9..=16 => look_up(medium, ring, rest, word, ids, resolve),
                17..=48 => look_up(long, ring, rest, word, ids, resolve),
                _ => resolve(word.bytes(), ids),
            }?;
        }
        Ok(count)
    }
}

#[derive(Clone, Copy)]
struct Word<'a> {
    text: &'a [u8],
    start: usize,
    len: usize,
}

impl<'a> Word<'a> {
    fn bytes(self) -> &'a [u8] {
        &self.text[self.start..self.start + self.len]
    }

    /// The zero-padded word: whole words of 8 bytes are read, and what lies behind is masked off.
    #[inline(always)]
    fn key<const SIZE: usize>(self) -> [u64; SIZE] {
        let (words, _) = self.text[self.start..self.start + 8 * SIZE].as_chunks::<8>();
        std::array::from_fn(|index| {
            let bytes_here = self.len.saturating_sub(8 * index);
            let mask = match bytes_here {
                0 => 0,
                1..8 => u64::MAX >> (64 - 8 * bytes_here),
                _ => u64::MAX,
            };
            u64::from_le_bytes(words[index]) & mask
        })
    }
}

#[inline(always)]
fn look_up<const SIZE: usize, const WAYS: usize, const COUNT: usize, const RING: usize>(
    lines: &mut Lines<SIZE, WAYS, COUNT>,
    ring: &mut Ring<RING>,
    rest: &mut Rest,
    word: Word<'_>,
    ids: &mut [u32],
    resolve: &impl Fn(&[u8], &mut [u32]) -> Result<usize, EncodeError>,
) -> Result<usize, EncodeError> {
    let key = word.key::<SIZE>();
    let line = lines.line(&key);
    match line.get(key) {
        Some(found) if second(found) != IN_RING => {
            // Two are written whatever their number is: that needs no branch.
            ids[..2].copy_from_slice(&[first(found), second(found)]);
            Ok(1 + usize::from(second(found) != NONE))
        }
        found => look_up_rest(line, key, found, ring, rest, word, ids, resolve),
    }
}

#[cold]
#[inline(never)]
#[allow(clippy::too_many_arguments)] // It is one function, cut in two.
fn look_up_rest<const SIZE: usize, const WAYS: usize, const RING: usize>(
    line: &mut Line<SIZE, WAYS>,
    key: [u64; SIZE],
    found: Option<Ids>,
    ring: &mut Ring<RING>,
    rest: &mut Rest,
    word: Word<'_>,
    ids: &mut [u32],
    resolve: &impl Fn(&[u8], &mut [u32]) -> Result<usize, EncodeError>,
) -> Result<usize, EncodeError> {
    if let Some(found) = found
        && let Some(found) = ring.get(first(found))
    {
        ids[..found.len()].copy_from_slice(found);
        return Ok(found.len());
    }
    rest.new_words += 1;
    let count = resolve(word.bytes(), ids)?;
    let remembered = match ids[..count] {
        [only] => Some(pack(only, NONE)),
        [first, second] => Some(pack(first, second)),
        _ => ring.push(&ids[..count]).map(|place| pack(place, IN_RING)),
    };
    if let Some(remembered) = remembered {
        line.insert(key, remembered);
    }
    Ok(count)
}

/// Lists of ids, each behind its length. Places count up for ever: the slot is the remainder.
#[derive(Debug)]
struct Ring<const IDS: usize = RING_IDS> {
    slots: Box<[u32]>,
    /// The place of the next list.
    end: u32,
}

impl<const IDS: usize> Ring<IDS> {
    fn new() -> Self {
        Self { slots: vec![0; IDS].into(), end: 0 }
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
    use super::*;

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
    fn a_line_keeps_its_newest_words() {
        let mut line = Line::<1, 4>::EMPTY;
        for word in 1..=6 {
            line.insert([word], 10 * word);
        }
        line.insert([4], 41);
        assert_eq!(
            [1, 2, 3, 4, 5, 6].map(|word| line.get([word])),
            [None, None, Some(30), Some(41), Some(50), Some(60)]
        );
        line.insert([7], 70);
        assert_eq!([3, 4, 5, 6, 7].map(|word| line.get([word])), [None, Some(41), Some(50), Some(60), Some(70)]);
    }
}
