//! The words that a thread has seen, with their ids: only a new word meets the model.
//!
//! Tables of a fixed size, by the length of a word, in which a word has one place: the next word of that place takes it over.
//! A word is its own key, zero-padded, so equality is exact. Words longer than 48 bytes, and words with a NUL, which looks like
//! padding, are never remembered. One or two ids are in the entry; more are in a ring, where new ones overwrite the oldest.

use super::EncodeError;
use super::piece_table::ID_LIMIT;
use super::pre_tokenizer::Words;

const SHORT_SLOTS: usize = 1 << 13;
const MEDIUM_SLOTS: usize = 1 << 12;
const LONG_SLOTS: usize = 1 << 10;
const RING_IDS: usize = 1 << 15;

/// Odd, with its bits spread: an index is the highest bits of a product.
const MULTIPLIER: u64 = 0x9E37_79B9_7F4A_7C15;

/// In place of the second id: there is none.
const NONE: u32 = u32::MAX;

/// In place of the second id: the first is a place in the ring. No id is that high.
const IN_RING: u32 = ID_LIMIT;

/// A word of `WORDS × 8` bytes at most, and where its ids are.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
struct Entry<const WORDS: usize> {
    key: [u64; WORDS],
    first: u32,
    second: u32,
}

/// One table. Keys are never zero: a word has no NUL.
#[derive(Debug)]
struct Slots<const WORDS: usize, const COUNT: usize>(Box<[Entry<WORDS>; COUNT]>);

impl<const WORDS: usize, const COUNT: usize> Slots<WORDS, COUNT> {
    fn new() -> Self {
        let slots = vec![Entry { key: [0; WORDS], first: 0, second: 0 }; COUNT].into_boxed_slice();
        Self(slots.try_into().expect("as many slots as were made"))
    }

    #[inline(always)]
    fn slot(&mut self, key: &[u64; WORDS]) -> &mut Entry<WORDS> {
        let hash = match WORDS {
            1 => key[0].wrapping_mul(MULTIPLIER),
            _ => key[1..].iter().fold(key[0].wrapping_mul(MULTIPLIER), |hash, word| {
                (hash.rotate_left(29) ^ word).wrapping_mul(MULTIPLIER)
            }),
        };
        &mut self.0[(hash >> (64 - COUNT.trailing_zeros())) as usize & (COUNT - 1)]
    }
}

/// What one thread remembers.
#[derive(Debug)]
pub(super) struct WordCache {
    short: Slots<1, SHORT_SLOTS>,
    medium: Slots<2, MEDIUM_SLOTS>,
    long: Slots<6, LONG_SLOTS>,
    ring: Ring,
}

impl WordCache {
    pub(super) fn new() -> Self {
        Self { short: Slots::new(), medium: Slots::new(), long: Slots::new(), ring: Ring::new() }
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
        let mut count = 0;
        for (start, len) in words.iter() {
            let word = Word { text: words.text, start, len };
            let ids = &mut ids[count..];
            count += match len {
                1..=8 => look_up(&mut self.short, &mut self.ring, word, ids, resolve),
                9..=16 => look_up(&mut self.medium, &mut self.ring, word, ids, resolve),
                17..=48 => look_up(&mut self.long, &mut self.ring, word, ids, resolve),
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
    fn key<const WORDS: usize>(self) -> [u64; WORDS] {
        let (words, _) = self.text[self.start..self.start + 8 * WORDS].as_chunks::<8>();
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
fn look_up<const WORDS: usize, const COUNT: usize>(
    slots: &mut Slots<WORDS, COUNT>,
    ring: &mut Ring,
    word: Word<'_>,
    ids: &mut [u32],
    resolve: &impl Fn(&[u8], &mut [u32]) -> Result<usize, EncodeError>,
) -> Result<usize, EncodeError> {
    let key = word.key::<WORDS>();
    let entry = slots.slot(&key);
    if entry.key == key && entry.second != IN_RING {
        // Two are written whatever their number is: that needs no branch.
        ids[..2].copy_from_slice(&[entry.first, entry.second]);
        return Ok(1 + usize::from(entry.second != NONE));
    }
    look_up_rest(entry, key, ring, word, ids, resolve)
}

#[cold]
#[inline(never)]
fn look_up_rest<const WORDS: usize>(
    entry: &mut Entry<WORDS>,
    key: [u64; WORDS],
    ring: &mut Ring,
    word: Word<'_>,
    ids: &mut [u32],
    resolve: &impl Fn(&[u8], &mut [u32]) -> Result<usize, EncodeError>,
) -> Result<usize, EncodeError> {
    if entry.key == key
        && entry.second == IN_RING
        && let Some(found) = ring.get(entry.first)
    {
        ids[..found.len()].copy_from_slice(found);
        return Ok(found.len());
    }
    let count = resolve(word.bytes(), ids)?;
    *entry = match ids[..count] {
        [first] => Entry { key, first, second: NONE },
        [first, second] => Entry { key, first, second },
        _ => match ring.push(&ids[..count]) {
            Some(place) => Entry { key, first: place, second: IN_RING },
            None => return Ok(count),
        },
    };
    Ok(count)
}

/// Lists of ids, each behind its length. Places count up for ever: the slot is the remainder.
#[derive(Debug)]
struct Ring {
    slots: Box<[u32]>,
    /// The place of the next list.
    end: u32,
}

impl Ring {
    fn new() -> Self {
        Self { slots: vec![0; RING_IDS].into(), end: 0 }
    }

    /// The list at `place`, while nothing has overwritten it.
    fn get(&self, place: u32) -> Option<&[u32]> {
        if self.end - place > RING_IDS as u32 {
            return None;
        }
        let slot = place as usize % RING_IDS;
        Some(&self.slots[slot + 1..][..self.slots[slot] as usize])
    }

    /// The place of a new list; `None` when all places have been given out.
    fn push(&mut self, list: &[u32]) -> Option<u32> {
        let size = list.len() + 1;
        let mut place = self.end;
        let slot = place as usize % RING_IDS;
        if slot + size > RING_IDS {
            // In one piece: at the start of the next round.
            place = place.checked_add((RING_IDS - slot) as u32)?;
        }
        self.end = place.checked_add(size as u32)?;
        let slot = place as usize % RING_IDS;
        self.slots[slot] = list.len() as u32;
        self.slots[slot + 1..slot + size].copy_from_slice(list);
        Some(place)
    }
}
