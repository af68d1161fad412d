//! The table of short words.

use super::line::{Ids, Line, Lines};

/// The sizes of the table: how many lines it has, and how many words were new before. Most
/// processes and threads encode little, and take 64 KB; a table is in the near caches as long as it
/// is small. The last step is taken when all lines have been overwritten.
const SIZES: [(usize, u32); 4] = [(1 << 10, 0), (1 << 13, 1 << 10), (1 << 15, 1 << 13), (1 << 16, 1 << 17)];

/// The short words of a thread: 64 KB, and up to 4 MB once the thread has met many new words.
#[derive(Debug)]
pub(super) struct ShortWords {
    pub(super) lines: Lines<2, 2>,
    /// How many words were new.
    pub(super) new_words: u32,
    /// After this many new words the table grows.
    growth: u32,
}

impl ShortWords {
    pub(super) fn new() -> Self {
        let (lines, growth) = size_after(0);
        Self { lines: Lines::new(lines), new_words: 0, growth }
    }

    /// Grows once enough words were new. Places from before are then no longer valid.
    #[inline(always)]
    pub(super) fn grow_if_due(&mut self) {
        if self.new_words >= self.growth {
            self.grow();
        }
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self) {
        let (lines, growth) = size_after(self.new_words);
        if self.lines.len() < lines {
            self.lines = self.lines.resized(lines);
        }
        self.growth = growth;
    }

    pub(super) fn insert_new(&mut self, place: usize, key: [u64; 2], ids: Ids) {
        self.new_words = self.new_words.saturating_add(1);
        self.lines[place].insert(key, ids);
    }

    /// Forgets all words. Places stay valid.
    pub(super) fn clear(&mut self) {
        self.lines.fill(Line::EMPTY);
    }
}

/// How many lines a table has after this many new words, and after how many it grows next.
pub(super) fn size_after(new_words: u32) -> (usize, u32) {
    let next = SIZES.partition_point(|(_, bound)| *bound <= new_words);
    (SIZES[next - 1].0, SIZES.get(next).map_or(u32::MAX, |(_, bound)| *bound))
}

/// After this many new words a table is as large as it gets.
#[cfg(test)]
pub(super) const NEW_WORDS_BEFORE_LAST_GROWTH: u32 = SIZES[SIZES.len() - 1].1;
