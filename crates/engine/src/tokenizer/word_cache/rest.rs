//! When to look words up: a text whose words never come again only pays for a cache. After a stretch of words of which the cache
//! had few, it rests for a longer one, and then is tried again.

/// Words that are looked up before it is judged whether that was worth it.
const TRIED_WORDS: u32 = 1 << 10;

/// Words that are not looked up after a stretch that was not worth it. One word in 33 is looked up in vain then: with WordLevel,
/// whose model is a look-up itself, that is felt most.
const RESTED_WORDS: u32 = 1 << 15;

/// Of as many words as are tried, so many new ones are too many: resolving one costs several times what a found one saves.
const TOO_MANY: u32 = TRIED_WORDS / 4 * 3;

/// Which stretch it is, and what is left of it.
#[derive(Debug)]
pub(super) struct Rest {
    is_resting: bool,
    words_left: u32,
    /// Words of this stretch that the cache did not have.
    pub(super) new_words: u32,
}

impl Rest {
    pub(super) fn new() -> Self {
        Self { is_resting: false, words_left: TRIED_WORDS, new_words: 0 }
    }

    /// Whether the next `words` words are not to be looked up.
    #[inline(always)]
    pub(super) fn is_due(&mut self, words: u32) -> bool {
        if self.words_left < words {
            self.judge();
        }
        self.words_left = self.words_left.saturating_sub(words);
        self.is_resting
    }

    #[cold]
    fn judge(&mut self) {
        self.is_resting = !self.is_resting && self.new_words > TOO_MANY;
        self.words_left = if self.is_resting { RESTED_WORDS } else { TRIED_WORDS };
        self.new_words = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of `words` words, how many are looked up when each that is looked up is new.
    fn looked_up(rest: &mut Rest, words: u32) -> u32 {
        let mut count = 0;
        for _ in 0..words {
            if !rest.is_due(1) {
                rest.new_words += 1;
                count += 1;
            }
        }
        count
    }

    #[test]
    fn of_words_that_never_come_again_one_in_33_is_looked_up() {
        assert_eq!(looked_up(&mut Rest::new(), 33 << 12), 4 << 10);
    }

    #[test]
    fn words_that_come_again_are_looked_up_after_the_rest() {
        let mut rest = Rest::new();
        looked_up(&mut rest, TRIED_WORDS + 1);
        assert!(rest.is_due(1));
        let looked_up = (0..10 * RESTED_WORDS).filter(|_| !rest.is_due(1)).count();
        assert_eq!(looked_up, (9 * RESTED_WORDS + 2) as usize);
    }

    #[test]
    fn a_stretch_with_enough_known_words_is_followed_by_another() {
        let mut rest = Rest::new();
        for word in 0..10 * TRIED_WORDS {
            assert!(!rest.is_due(1));
            rest.new_words += u32::from(word % 4 != 0);
        }
    }
}
