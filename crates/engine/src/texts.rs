//! A run of texts in UTF-16, as JavaScript holds them, in one buffer that is used again and again.

/// How many units more than the texts the buffer has, so that the last text can be read in whole blocks.
const SLACK_UNITS: usize = 64;

/// Texts in one buffer of UTF-16 units.
#[derive(Debug, Default)]
pub struct Texts {
    /// Always initialized to its length, [`SLACK_UNITS`] more than was ever asked for; the texts are the first `used` units.
    units: Vec<u16>,
    used: usize,
    ends: Vec<usize>,
}

impl Texts {
    /// How many texts there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no text.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// How many UTF-16 units all texts have.
    #[must_use]
    pub fn unit_count(&self) -> usize {
        self.used
    }

    /// How many units the buffer holds without growing.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.units.len()
    }

    /// Forgets the texts, keeps the memory.
    pub fn clear(&mut self) {
        self.used = 0;
        self.ends.clear();
    }

    /// Appends a text that `fill` writes into a buffer of `room` units; `fill` gives the unit count it wrote.
    ///
    /// # Errors
    /// What `fill` gives: then nothing is appended.
    pub fn push_with<E>(&mut self, room: usize, fill: impl FnOnce(&mut [u16]) -> Result<usize, E>) -> Result<(), E> {
        let needed = self.used + room;
        if self.units.len() < needed + SLACK_UNITS {
            self.units.resize((needed + SLACK_UNITS).max(self.units.len() * 2), 0);
        }
        let written = fill(&mut self.units[self.used..needed])?;
        self.used += written.min(room);
        self.ends.push(self.used);
        Ok(())
    }

    /// The UTF-16 units of text `index`.
    #[must_use]
    pub fn units(&self, index: usize) -> &[u16] {
        &self.units[self.start(index)..self.ends[index]]
    }

    /// The units from text `index` on, at least [`SLACK_UNITS`] more than it has, and how many it has.
    pub(crate) fn units_and_more(&self, index: usize) -> (&[u16], usize) {
        let start = self.start(index);
        (&self.units[start..], self.ends[index] - start)
    }

    fn start(&self, index: usize) -> usize {
        if index == 0 { 0 } else { self.ends[index - 1] }
    }
}

#[cfg(test)]
mod tests {
    use super::Texts;

    #[test]
    fn a_text_that_cannot_be_read_leaves_nothing_behind() {
        let mut texts = Texts::default();
        let mut push = |unit: Result<u16, &'static str>| {
            texts.push_with(5, |buffer| {
                buffer[0] = unit?;
                Ok(1)
            })
        };
        assert_eq!((push(Ok(1)), push(Err("no")), push(Ok(2))), (Ok(()), Err("no"), Ok(())));
        assert_eq!((texts.units(0), texts.units(1), texts.len()), (&[1][..], &[2][..], 2));
    }
}
