//! Random choices of mutants, the same for the same seed.

pub(crate) struct Random(fastrand::Rng);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(fastrand::Rng::with_seed(seed))
    }

    pub(crate) fn byte(&mut self) -> u8 {
        self.0.u8(..)
    }

    /// A number below `bound`, which is not 0.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0.usize(..bound)
    }

    pub(crate) fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }

    /// A position in `0..=length`, half of the time near the ends, where headers and settings are.
    pub(crate) fn position(&mut self, length: usize) -> usize {
        match self.below(4) {
            0 => self.below(length.min(256) + 1),
            1 => length - self.below(length.min(256) + 1),
            _ => self.below(length + 1),
        }
    }
}
