//! Kernels over the bytes of a text: lower-casing plain ASCII, and finding where words start and end.
//!
//! A file per instruction set. The set is chosen once, when the tokenizer is read.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
pub(super) mod block;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod classes;
#[cfg(target_arch = "aarch64")]
mod neon;
mod scalar;
#[cfg(test)]
mod tests;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod vectors;

use crate::isa::{InstructionSet, Isa};

/// How many bytes of a text are looked through before their words are looked up.
pub(super) const WINDOW_BYTES: usize = 4096;

/// The unit of [`Scanner::find_words`].
pub(super) const BLOCK_BYTES: usize = 64;

/// One set of kernels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Scanner(Isa);

/// Where the words of a window start and end. The nth start belongs to the nth end; after a window there may be one start more,
/// that of a word which goes on.
#[derive(Debug)]
pub(super) struct WordBounds {
    /// Offsets of first bytes.
    pub(super) starts: Vec<u32>,
    /// Offsets behind last bytes.
    pub(super) ends: Vec<u32>,
    pub(super) start_count: usize,
    pub(super) end_count: usize,
    /// What the byte before the window was.
    carry: Carry,
}

#[derive(Debug, Clone, Copy, Default)]
struct Carry {
    word: u64,
    punctuation: u64,
}

/// A text that is taken for plain ASCII, and how it is to be read.
#[derive(Debug, Clone, Copy)]
pub(super) struct PlainText<'a> {
    /// The UTF-16 units of the text, and others behind them.
    pub(super) units: &'a [u16],
    /// How many of them are the text.
    pub(super) len: usize,
    /// Whether to lower-case it.
    pub(super) lower: bool,
    /// The bytes to be looked for.
    pub(super) marks: &'a ByteSet,
}

/// So many bytes are whole blocks: those of `len` bytes, and one behind them at least, where the last word has its end.
pub(super) fn whole_blocks(len: usize) -> usize {
    (len / BLOCK_BYTES + 1) * BLOCK_BYTES
}

impl WordBounds {
    pub(super) fn new() -> Self {
        // Bounds are written in whole blocks, behind which the next ones overwrite.
        let offsets = vec![0; WINDOW_BYTES + BLOCK_BYTES];
        Self { starts: offsets.clone(), ends: offsets, start_count: 0, end_count: 0, carry: Carry::default() }
    }

    /// Forgets everything: the next window starts a text.
    pub(super) fn clear(&mut self) {
        (self.start_count, self.end_count) = (0, 0);
        self.start_text();
    }

    /// Keeps the words there are: the next window starts a text.
    pub(super) fn start_text(&mut self) {
        self.carry = Carry::default();
    }

    /// Makes room for the words of `bytes` bytes more.
    fn reserve(&mut self, bytes: usize) {
        let needed = self.start_count + bytes + BLOCK_BYTES;
        if self.starts.len() < needed {
            self.starts.resize(needed.next_power_of_two(), 0);
            self.ends.resize(needed.next_power_of_two(), 0);
        }
    }

    /// Forgets the words that have ended: what is left is the start of one that goes on, if there is one.
    pub(super) fn keep_unfinished(&mut self) {
        self.start_count -= self.end_count;
        self.end_count = 0;
    }

    /// Adds the bounds of the block at `offset`, of which `word` and `punctuation` are the bytes of those classes.
    #[inline(always)]
    fn push_block(
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

/// Where the offsets of a block go, behind `count` others.
#[inline(always)]
fn room(offsets: &mut [u32], count: usize) -> &mut [u32; BLOCK_BYTES] {
    offsets[count..].first_chunk_mut().expect("bounds of at most a window and a block")
}

/// A block of plain text: bits of its bytes, the first byte's lowest.
#[derive(Debug, Clone, Copy)]
struct PlainBlock {
    space: u64,
    punctuation: u64,
    /// What is not plain.
    stop: u64,
    /// What was looked for.
    marked: u64,
}

/// Writes the offsets of the set bits. A block of English has 10 to 14: 16 are written whatever their number is, because a loop
/// that ends with the last bit is mispredicted every time.
#[inline(always)]
fn push_bits(mut bits: u64, offset: u32, offsets: &mut [u32; BLOCK_BYTES]) {
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

impl Scanner {
    /// How many bytes beyond the copied ones [`Self::copy_ascii`] may overwrite.
    pub(super) const SLACK: usize = 2 * BLOCK_BYTES;

    /// The kernels of [`Isa::detect`].
    pub(super) fn detect() -> Self {
        Self(Isa::detect())
    }

    /// Copies plain ASCII from `source` into `target`, lower-cased if asked, until the first other byte. Returns how many bytes
    /// were copied. With `clean`, control characters are not plain, and `\t`, `\n` and `\r` become spaces.
    ///
    /// `target` must have [`Self::SLACK`] bytes more than `source`; they may be overwritten.
    #[inline]
    pub(super) fn copy_ascii(self, source: &[u8], target: &mut [u8], lower: bool, clean: bool) -> usize {
        match self.0.set() {
            InstructionSet::Scalar => scalar::copy_ascii(source, target, lower, clean),
            // SAFETY: an `Isa` proves that this CPU has every feature that its functions enable.
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx2 => unsafe { avx2::copy_ascii(source, target, lower, clean) },
            // SAFETY: as for AVX2.
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx512 => unsafe { avx512::copy_ascii(source, target, lower, clean) },
            // SAFETY: as for AVX2.
            #[cfg(target_arch = "aarch64")]
            InstructionSet::Neon => unsafe { neon::copy_ascii(source, target, lower, clean) },
        }
    }

    /// Adds the bounds of words and punctuation in `window` to `bounds`: ASCII white space separates, each ASCII punctuation
    /// character is a word, everything else makes words. Offsets count from `offset` before the window.
    ///
    /// `window` is a number of whole blocks.
    #[inline]
    pub(super) fn find_words(self, window: &[u8], offset: u32, bounds: &mut WordBounds) {
        bounds.reserve(window.len());
        match self.0.set() {
            InstructionSet::Scalar => scalar::find_words(window, offset, bounds),
            // SAFETY: an `Isa` proves that this CPU has every feature that its functions enable.
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx2 => unsafe { avx2::find_words(window, offset, bounds) },
            // SAFETY: as for AVX2.
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx512 => unsafe { avx512::find_words(window, offset, bounds) },
            // SAFETY: as for AVX2.
            #[cfg(target_arch = "aarch64")]
            InstructionSet::Neon => unsafe { neon::find_words(window, offset, bounds) },
        }
    }

    /// [`copy_ascii`](Self::copy_ascii), clean, and [`find_words`](Self::find_words) in one pass from UTF-16, for a text that is plain
    /// ASCII from its start to its end: `None` for any other, whose words are not added. Says whether the text has a byte that
    /// `marks` has, or may have.
    ///
    /// `units` and `target` go on behind the text to the end of [`whole_blocks`]: what the units are there does not matter, and the
    /// target may be overwritten.
    #[inline]
    pub(super) fn find_plain_words(
        self,
        text: PlainText<'_>,
        target: &mut [u8],
        offset: u32,
        bounds: &mut WordBounds,
    ) -> Option<bool> {
        bounds.reserve(whole_blocks(text.len));
        match self.0.set() {
            InstructionSet::Scalar => scalar::find_plain_words(text, target, offset, bounds),
            // SAFETY: an `Isa` proves that this CPU has every feature that its functions enable.
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx2 => unsafe { avx2::find_plain_words(text, target, offset, bounds) },
            // SAFETY: as for AVX2.
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx512 => unsafe { avx512::find_plain_words(text, target, offset, bounds) },
            // SAFETY: as for AVX2.
            #[cfg(target_arch = "aarch64")]
            InstructionSet::Neon => unsafe { neon::find_plain_words(text, target, offset, bounds) },
        }
    }

    /// The offset of the first byte that `set` has, or may have.
    #[inline]
    pub(super) fn find_any(self, bytes: &[u8], set: &ByteSet) -> Option<usize> {
        match self.0.set() {
            InstructionSet::Scalar => scalar::find_any(bytes, set),
            // SAFETY: an `Isa` proves that this CPU has every feature that its functions enable.
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx2 => unsafe { avx2::find_any(bytes, set) },
            // SAFETY: as for AVX2.
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx512 => unsafe { avx512::find_any(bytes, set) },
            // SAFETY: as for AVX2.
            #[cfg(target_arch = "aarch64")]
            InstructionSet::Neon => unsafe { neon::find_any(bytes, set) },
        }
    }
}

/// A set of bytes, as two tables of 16: a byte may be in the set if the entries of its low and of its high half have a common
/// bit. That is exact for sets within ASCII; other sets seem to have a few bytes more.
#[derive(Debug, Clone, Default)]
pub(super) struct ByteSet {
    low: [u8; 16],
    high: [u8; 16],
}

impl ByteSet {
    pub(super) fn new(bytes: impl IntoIterator<Item = u8>) -> Self {
        let mut set = Self::default();
        for byte in bytes {
            let bit = 1 << (byte >> 4 & 7);
            set.low[usize::from(byte & 15)] |= bit;
            set.high[usize::from(byte >> 4)] |= bit;
        }
        set
    }

    fn may_have(&self, byte: u8) -> bool {
        self.low[usize::from(byte & 15)] & self.high[usize::from(byte >> 4)] != 0
    }
}
