//! The table of short words.

use super::line::{Ids, Line, Lines};

/// The lines of a new table.
pub(super) const START_LINES: usize = 1 << 15;

/// The lines of a table that has grown.
pub(super) const GROWN_LINES: usize = 1 << 16;

/// After this many new words all lines have been overwritten. Only then are more of them worth
/// their memory.
pub(super) const NEW_WORDS_BEFORE_GROWTH: u32 = 1 << 17;

/// The short words of a thread: 2 MB, or 4 MB once the thread has met many new words.
#[derive(Debug)]
pub(super) struct ShortWords {
    pub(super) lines: Lines<2, 2>,
    /// How many words were new.
    pub(super) new_words: u32,
}

impl ShortWords {
    pub(super) fn new() -> Self {
        Self { lines: Lines::new(START_LINES), new_words: 0 }
    }

    /// Grows once enough words were new. Places from before are then no longer valid.
    #[inline(always)]
    pub(super) fn grow_if_due(&mut self) {
        if self.new_words >= NEW_WORDS_BEFORE_GROWTH && self.lines.len() < GROWN_LINES {
            self.lines = self.lines.resized(GROWN_LINES);
        }
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
