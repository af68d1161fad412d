//! The ids of remembered words, whatever the length of the word: in a line, or in the ring.

use super::bypass::Bypass;
use super::line::{IN_LINE, IN_RING, Ids};
use super::ring::Ring;

/// The ring for long lists of ids, and the count of new words that decides on the bypass.
#[derive(Debug)]
pub(super) struct Remembered<const RING: usize> {
    pub(super) ring: Ring<RING>,
    pub(super) bypass: Bypass,
}

impl<const RING: usize> Remembered<RING> {
    pub(super) fn new() -> Self {
        Self { ring: Ring::new(), bypass: Bypass::new() }
    }

    /// The ids that a line holds for a word, or `None` if the ring has overwritten them.
    pub(super) fn get<'a>(&'a self, found: &'a Ids) -> Option<&'a [u32]> {
        if found[IN_LINE] == IN_RING { self.ring.get(found[0]) } else { found.get(..found[IN_LINE] as usize) }
    }

    /// The ids of a new word in the form in which a line holds them, or `None` if the ring has no
    /// more places.
    pub(super) fn remember(&mut self, ids: &[u32]) -> Option<Ids> {
        self.bypass.new_words += 1;
        let mut remembered = [0; IN_LINE + 1];
        if ids.len() <= IN_LINE {
            remembered[..ids.len()].copy_from_slice(ids);
            remembered[IN_LINE] = ids.len() as u32;
        } else {
            remembered[0] = self.ring.push(ids)?;
            remembered[IN_LINE] = IN_RING;
        }
        Some(remembered)
    }
}
