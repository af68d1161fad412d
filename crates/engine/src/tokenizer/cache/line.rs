//! The lines that hold remembered words: each is one line of the CPU's cache.

use std::ops::{Deref, DerefMut};

use memmap2::MmapMut;

/// How many ids a line has room for.
pub(super) const IN_LINE: usize = 3;

/// Up to three ids, followed by their count. If there are more than three, they are in the ring:
/// then the first number is their place there, and the last is [`IN_RING`].
pub(super) type Ids = [u32; IN_LINE + 1];

pub(super) const IN_RING: u32 = u32::MAX;

/// How many numbers a cache may write after the ids that it counts.
pub(in crate::tokenizer) const SLACK: usize = IN_LINE + 1;

/// Odd, with its bits spread: the index of a line is among the 16 highest bits of a product, which
/// all bits of a key reach.
const MULTIPLIER: u64 = 0x9E37_79B9_7F4A_7C15;

/// The size of a huge page on most systems, below which there can't be one.
#[cfg(target_os = "linux")]
const HUGE_PAGE: usize = 2 << 20;

const _: () = assert!(size_of::<Line<2, 2>>() == 64 && size_of::<Line<6, 1>>() == 64);

/// Words of at most `8 × SIZE` bytes, the newest first. No word has a key of zeros.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(64))]
pub(super) struct Line<const SIZE: usize, const WAYS: usize> {
    pub(super) keys: [[u64; SIZE]; WAYS],
    pub(super) ids: [Ids; WAYS],
}

impl<const SIZE: usize, const WAYS: usize> Line<SIZE, WAYS> {
    pub(super) const EMPTY: Self = Self { keys: [[0; SIZE]; WAYS], ids: [[0; IN_LINE + 1]; WAYS] };

    /// The ids of a word.
    #[inline(always)]
    pub(super) fn get(&self, key: &[u64; SIZE]) -> Option<&Ids> {
        let matches = self.matches(key);
        if matches == 0 { None } else { self.ids.get(matches.trailing_zeros() as usize) }
    }

    /// A bit for the place of a word. All keys are compared, without a branch for each.
    #[inline(always)]
    pub(super) fn matches(&self, key: &[u64; SIZE]) -> u32 {
        let matches = self.keys.iter().enumerate().map(|(way, found)| {
            let different = found.iter().zip(key).fold(0, |all, (found, wanted)| all | (found ^ wanted));
            u32::from(different == 0) << way
        });
        matches.fold(0, |all, matched| all | matched)
    }

    pub(super) fn insert(&mut self, key: [u64; SIZE], ids: Ids) {
        // A word whose ids the ring has overwritten gives up its old place.
        let old = self.keys.iter().position(|found| *found == key).unwrap_or(WAYS - 1);
        self.keys[..=old].rotate_right(1);
        self.ids[..=old].rotate_right(1);
        (self.keys[0], self.ids[0]) = (key, ids);
    }
}

/// Lines in a memory mapping; their number is a power of two.
///
/// They are not on the heap. There, megabytes that are aligned to 64 bytes come from
/// `posix_memalign`, and glibc (2.36) seldom reuses the holes that they leave: a process that loads
/// and closes models would grow by such a hole each time. A mapping goes back to the system as a
/// whole.
#[derive(Debug)]
pub(super) struct Lines<const SIZE: usize, const WAYS: usize> {
    memory: MmapMut,
    count: usize,
}

impl<const SIZE: usize, const WAYS: usize> Lines<SIZE, WAYS> {
    /// # Panics
    /// If the system has no memory for them. That ends the call, not the process.
    pub(super) fn new(count: usize) -> Self {
        assert!(count.is_power_of_two() && count <= 1 << 16);
        let bytes = count * size_of::<Line<SIZE, WAYS>>();
        let memory = MmapMut::map_anon(bytes).unwrap_or_else(|error| panic!("{bytes} bytes for a word cache: {error}"));
        #[cfg(target_os = "linux")]
        if bytes >= HUGE_PAGE {
            // One page fault instead of hundreds. A kernel without huge pages refuses.
            let _ = memory.advise(memmap2::Advice::HugePage);
        }
        Self { memory, count }
    }

    /// How many bytes the lines take.
    pub(super) fn bytes(&self) -> usize {
        self.memory.len()
    }

    #[inline(always)]
    pub(super) fn place(&self, key: &[u64; SIZE]) -> usize {
        let first = key[0].wrapping_mul(MULTIPLIER);
        let hash = key[1..].iter().fold(first, |hash, word| (hash.rotate_left(29) ^ word).wrapping_mul(MULTIPLIER));
        (hash >> 48) as usize & (self.count - 1)
    }

    #[inline(always)]
    pub(super) fn line(&mut self, key: &[u64; SIZE]) -> &mut Line<SIZE, WAYS> {
        let place = self.place(key);
        &mut self[place]
    }

    /// A copy with the same words in `count` lines.
    pub(super) fn resized(&self, count: usize) -> Self {
        let mut lines = Self::new(count);
        for line in &**self {
            // The newest last.
            for (key, ids) in line.keys.iter().zip(&line.ids).rev().filter(|(key, _)| **key != [0; SIZE]) {
                lines.line(key).insert(*key, *ids);
            }
        }
        lines
    }
}

impl<const SIZE: usize, const WAYS: usize> Deref for Lines<SIZE, WAYS> {
    type Target = [Line<SIZE, WAYS>];

    #[inline(always)]
    fn deref(&self) -> &Self::Target {
        // SAFETY: the mapping begins at a page, has room for `count` lines, and began as zeros, which are empty lines.
        unsafe { std::slice::from_raw_parts(self.memory.as_ptr().cast(), self.count) }
    }
}

impl<const SIZE: usize, const WAYS: usize> DerefMut for Lines<SIZE, WAYS> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut Self::Target {
        // SAFETY: as in `deref`.
        unsafe { std::slice::from_raw_parts_mut(self.memory.as_mut_ptr().cast(), self.count) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_keeps_its_newest_words() {
        let mut line = Line::<1, 4>::EMPTY;
        let ids = |id| [id, 0, 0, 1];
        for word in 1..=6 {
            line.insert([word], ids(10 * word as u32));
        }
        line.insert([4], ids(41));
        let kept = |line: &Line<1, 4>, word| line.get(&[word]).map(|found| found[0]);
        assert_eq!(
            [1, 2, 3, 4, 5, 6].map(|word| kept(&line, word)),
            [None, None, Some(30), Some(41), Some(50), Some(60)]
        );
        line.insert([7], ids(70));
        assert_eq!([3, 4, 5, 6, 7].map(|word| kept(&line, word)), [None, Some(41), Some(50), Some(60), Some(70)]);
    }

    #[test]
    fn a_larger_table_has_the_same_words() {
        let mut small = Lines::<1, 4>::new(4);
        let ids = |id| [id, 0, 0, 1];
        for word in 1..=100 {
            small.line(&[word]).insert([word], ids(word as u32));
        }
        let large = small.resized(64);
        let kept = |lines: &Lines<1, 4>, word| lines[lines.place(&[word])].get(&[word]).copied();
        for word in 1..=100 {
            assert_eq!(kept(&large, word), kept(&small, word), "{word}");
        }
        assert_eq!((1..=100).filter(|word| kept(&large, *word).is_some()).count(), 16);
    }

    #[test]
    fn new_lines_are_empty() {
        let lines = Lines::<2, 2>::new(1 << 15);
        assert_eq!((lines.len(), lines.bytes()), (1 << 15, 2 << 20));
        assert!(lines.iter().all(|line| line.keys == Line::<2, 2>::EMPTY.keys && line.ids == Line::<2, 2>::EMPTY.ids));
    }
}
