//! Consecutive texts in UTF-16, the encoding of JavaScript strings, in one buffer that is reused.

pub(crate) mod code_points;
pub(crate) mod lines;
pub(crate) mod utf16;
pub(crate) mod values;
mod widen;

use std::collections::TryReserveError;
use std::convert::Infallible;

use crate::growth::Growth;

/// How many units the buffer has after the last text, so that this text too can be read in whole
/// blocks.
const SLACK_UNITS: usize = 64;
/// The largest buffer that is kept for other texts: four times that of a slice of short texts.
const KEPT_UNITS: usize = 1 << 17;

/// Texts in one buffer of UTF-16 units.
#[derive(Debug, Default)]
pub struct Texts {
    /// Always initialized to its length, which is [`SLACK_UNITS`] more than any text needed so far.
    /// The texts are the first `used` units.
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

    /// Frees the buffer if a huge text made it large. This takes milliseconds of the calling
    /// thread.
    pub(crate) fn free_if_huge(&mut self) {
        if self.units.capacity() > KEPT_UNITS {
            *self = Self::default();
        }
    }

    /// Removes the texts and keeps the memory.
    pub fn clear(&mut self) {
        self.used = 0;
        self.ends.clear();
    }

    /// Appends a text, which `fill` writes into a buffer of `room` units. `fill` returns how many
    /// units it wrote, or how many it would have written with more room. Unwinds with an
    /// [`Interrupt`](crate::Interrupt) if there is no memory for that.
    ///
    /// # Errors
    /// Those of `fill`; then nothing is appended.
    pub fn push_with<E>(&mut self, room: usize, fill: impl FnOnce(&mut [u16]) -> Result<usize, E>) -> Result<(), E> {
        self.append_with(room, fill)?;
        self.end_text();
        Ok(())
    }

    /// [`push_with`](Self::push_with) for a piece of a text, which [`end_text`](Self::end_text)
    /// ends.
    ///
    /// # Errors
    /// Those of `fill`; then nothing is appended.
    pub fn append_with<E>(&mut self, room: usize, fill: impl FnOnce(&mut [u16]) -> Result<usize, E>) -> Result<(), E> {
        let needed = self.used + room;
        let length = needed + SLACK_UNITS;
        if self.units.len() < length {
            // Reserved memory is initialized only as far as needed: filling tens of MB with zeros
            // at once takes milliseconds.
            let is_reserved = self.units.capacity() >= length;
            self.units.make_room(length - self.units.len());
            let generous = self.units.capacity().min(self.units.len().saturating_mul(2));
            self.units.resize(if is_reserved { length } else { length.max(generous) }, 0);
        }
        let written = fill(&mut self.units[self.used..needed])?;
        self.used += written.min(room);
        Ok(())
    }

    /// Ends the text whose pieces were appended.
    pub fn end_text(&mut self) {
        self.ends.make_room(1);
        self.ends.push(self.used);
    }

    /// Reserves memory for a text that comes in pieces. `room` is the units of all pieces, plus the
    /// units by which the room of the last one exceeds its text.
    ///
    /// # Errors
    /// When the system can't allocate the memory.
    pub fn reserve(&mut self, room: usize) -> Result<(), TryReserveError> {
        let length = self.used.saturating_add(room).saturating_add(SLACK_UNITS);
        self.units.try_reserve_exact(length.saturating_sub(self.units.len()))
    }

    /// The UTF-16 units of text `index`.
    #[must_use]
    pub fn units(&self, index: usize) -> &[u16] {
        &self.units[self.start(index)..self.ends[index]]
    }

    /// The units from the start of text `index` on, at least [`SLACK_UNITS`] more than the text
    /// has, and how many units the text has.
    pub(crate) fn units_and_more(&self, index: usize) -> (&[u16], usize) {
        let start = self.start(index);
        (&self.units[start..], self.ends[index] - start)
    }

    fn start(&self, index: usize) -> usize {
        if index == 0 { 0 } else { self.ends[index - 1] }
    }
}

/// Texts of UTF-16 units.
impl<T: AsRef<[u16]>> FromIterator<T> for Texts {
    fn from_iter<I: IntoIterator<Item = T>>(texts: I) -> Self {
        let mut all = Self::default();
        for text in texts {
            let units = text.as_ref();
            let Ok(()) = all.push_with(units.len(), |room| {
                room.copy_from_slice(units);
                Ok::<_, Infallible>(units.len())
            });
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::Texts;

    #[test]
    fn a_text_that_comes_in_pieces_is_the_text_that_comes_whole() {
        let units: Vec<u16> = (0..1000_u16).map(|unit| unit.wrapping_mul(7919)).collect();
        for size in [1, 7, 100, 999, 1000, 2000] {
            let mut texts = Texts::default();
            texts.push_with::<()>(3, |buffer| Ok(buffer.len())).unwrap();
            // One unit more, as for N-API, which writes a NUL after each piece.
            texts.reserve(units.len() + 1).unwrap();
            let capacity = texts.units.capacity();
            for piece in units.chunks(size) {
                texts
                    .append_with::<()>(piece.len() + 1, |buffer| {
                        buffer[..piece.len()].copy_from_slice(piece);
                        Ok(piece.len())
                    })
                    .unwrap();
            }
            texts.end_text();
            assert_eq!(texts.units.capacity(), capacity, "no piece moves or clears what was read before");
            texts.push_with::<()>(1, |buffer| Ok(buffer.len())).unwrap();
            assert_eq!((texts.units(1), texts.len(), texts.unit_count()), (&units[..], 3, 1004), "pieces of {size}");
        }
    }

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
