//! Where the words of a text start and end, collected block by block from bits.

use super::window::{BLOCK_BYTES, WINDOW_BYTES};

/// Where the words of a window start and end. The nth start belongs to the nth end. After a window
/// there may be one more start: that of a word which continues in the next window.
#[derive(Debug)]
pub(in crate::tokenizer) struct WordBounds {
    /// Offsets of first bytes.
    pub(in crate::tokenizer) starts: Vec<u32>,
    /// Offsets after last bytes.
    pub(in crate::tokenizer) ends: Vec<u32>,
    pub(in crate::tokenizer) start_count: usize,
    pub(in crate::tokenizer) end_count: usize,
    /// The class of the byte before the window.
    carry: Carry,
}

#[derive(Debug, Clone, Copy, Default)]
struct Carry {
    word: u64,
    punctuation: u64,
}

impl WordBounds {
    pub(in crate::tokenizer) fn new() -> Self {
        // Bounds are written in whole blocks; the next block overwrites the surplus.
        let offsets = vec![0; WINDOW_BYTES + BLOCK_BYTES];
        Self { starts: offsets.clone(), ends: offsets, start_count: 0, end_count: 0, carry: Carry::default() }
    }

    /// Forgets all words: the next window starts a text.
    pub(in crate::tokenizer) fn clear(&mut self) {
        (self.start_count, self.end_count) = (0, 0);
        self.start_text();
    }

    /// Keeps the words found so far: the next window starts a text.
    pub(in crate::tokenizer) fn start_text(&mut self) {
        self.carry = Carry::default();
    }

    /// Makes room for the words of `bytes` more bytes.
    pub(super) fn reserve(&mut self, bytes: usize) {
        let needed = self.start_count + bytes + BLOCK_BYTES;
        if self.starts.len() < needed {
            self.starts.resize(needed.next_power_of_two(), 0);
            self.ends.resize(needed.next_power_of_two(), 0);
        }
    }

    /// Forgets the words that have ended. The start of a word that continues is kept.
    pub(in crate::tokenizer) fn keep_unfinished(&mut self) {
        self.start_count -= self.end_count;
        self.end_count = 0;
    }

    /// Adds the bounds of the block at `offset`, given the bits of its word bytes and of its
    /// punctuation.
    #[inline(always)]
    pub(super) fn push_block(
        &mut self,
        offset: u32,
        word: u64,
        punctuation: u64,
        push_bits: &impl Fn(u64, u32, &mut [u32; BLOCK_BYTES]),
    ) {
        let before = word << 1 | self.carry.word;
        let starts = word & !before | punctuation;
        let ends = !word & before | punctuation << 1 | self.carry.punctuation;
        self.carry = Carry { word: word >> 63, punctuation: punctuation >> 63 };
        push_bits(starts, offset, room(&mut self.starts, self.start_count));
        push_bits(ends, offset, room(&mut self.ends, self.end_count));
        self.start_count += starts.count_ones() as usize;
        self.end_count += ends.count_ones() as usize;
    }
}

/// Where the offsets of a block are written, after `count` others.
#[inline(always)]
fn room(offsets: &mut [u32], count: usize) -> &mut [u32; BLOCK_BYTES] {
    offsets[count..].first_chunk_mut().expect("bounds of at most a window and a block")
}

/// Writes the offsets of the set bits. A block of English has 10 to 14 words. So 16 offsets are
/// always written: a loop that ends at the last bit would be mispredicted every time.
#[inline(always)]
pub(super) fn push_bits(mut bits: u64, offset: u32, offsets: &mut [u32; BLOCK_BYTES]) {
    for slot in &mut offsets[..16] {
        *slot = offset + bits.trailing_zeros();
        bits &= bits.wrapping_sub(1);
    }
    for slot in &mut offsets[16..] {
        if bits == 0 {
            break;
        }
        *slot = offset + bits.trailing_zeros();
        bits &= bits.wrapping_sub(1);
    }
}
