//! When to bypass the cache: in a text whose words never come again, the cache only costs time.
//! After a stretch of words of which the cache had few, a longer stretch bypasses it; then it is
//! tried again.

/// How many words are looked up before the cache is judged.
const TRIED_WORDS: u32 = 1 << 10;

/// How many words bypass the cache after a stretch that was not worth looking up. Then one word in
/// 33 is looked up in vain. With WordLevel, whose model is itself a look-up, this is noticeable
/// most.
const BYPASSING_WORDS: u32 = 1 << 15;

/// Bypass the cache if more than this many of [`TRIED_WORDS`] look-ups miss: a miss costs several
/// times what a hit saves.
const MAX_MISSES: u32 = TRIED_WORDS / 4 * 3;

/// The current stretch, and how much of it is left.
#[derive(Debug)]
pub(super) struct Bypass {
    is_on: bool,
    words_left: u32,
    /// Words of this stretch that the cache did not have.
    pub(super) new_words: u32,
}

impl Bypass {
    pub(super) fn new() -> Self {
        Self { is_on: false, words_left: TRIED_WORDS, new_words: 0 }
    }

    /// Whether the next `words` words should bypass the cache.
    #[inline(always)]
    pub(super) fn is_due(&mut self, words: u32) -> bool {
        if self.words_left < words {
            self.judge();
        }
        self.words_left = self.words_left.saturating_sub(words);
        self.is_on
    }

    #[cold]
    fn judge(&mut self) {
        self.is_on = !self.is_on && self.new_words > MAX_MISSES;
        self.words_left = if self.is_on { BYPASSING_WORDS } else { TRIED_WORDS };
        self.new_words = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of `words` words, how many are looked up if each that is looked up is new.
    fn looked_up(bypass: &mut Bypass, words: u32) -> u32 {
        let mut count = 0;
        for _ in 0..words {
            if !bypass.is_due(1) {
                bypass.new_words += 1;
                count += 1;
            }
        }
        count
    }

    #[test]
    fn of_words_that_never_come_again_one_in_33_is_looked_up() {
        assert_eq!(looked_up(&mut Bypass::new(), 33 << 12), 4 << 10);
    }

    #[test]
    fn words_that_come_again_are_looked_up_after_the_bypass() {
        let mut bypass = Bypass::new();
        looked_up(&mut bypass, TRIED_WORDS + 1);
        assert!(bypass.is_due(1));
        let looked_up = (0..10 * BYPASSING_WORDS).filter(|_| !bypass.is_due(1)).count();
        assert_eq!(looked_up, (9 * BYPASSING_WORDS + 2) as usize);
    }

    #[test]
    fn a_stretch_with_enough_known_words_is_followed_by_another() {
        let mut bypass = Bypass::new();
        for word in 0..10 * TRIED_WORDS {
            assert!(!bypass.is_due(1));
            bypass.new_words += u32::from(word % 4 != 0);
        }
    }
}
