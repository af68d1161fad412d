//! `BertPreTokenizer`: words between white space, punctuation alone (tokenizers 0.23.2,
//! pre_tokenizers/bert.rs).
//!
//! The scanner finds ASCII boundaries only. Other boundaries are made ASCII first: by the
//! normalizer if it can, else by [`separate`].

use std::ops::ControlFlow;

use crate::growth::{Growth, lengthen, put_all};
use crate::interrupt::Pace;
use crate::tokenizer::scan::{BLOCK_BYTES, Scanner, WINDOW_BYTES, WordBounds, whole_blocks};
use crate::tokenizer::unicode::{PUNCTUATION, Property, WHITESPACE};

/// The words that end in one window of a text.
#[derive(Debug, Clone, Copy)]
pub(in crate::tokenizer) struct Words<'a> {
    /// The whole text, followed by padding.
    pub(in crate::tokenizer) text: &'a [u8],
    /// Start and length of a word that started before the window.
    pub(in crate::tokenizer) overhanging: Option<(usize, usize)>,
    /// The bounds of the words that lie in the window.
    pub(in crate::tokenizer) bounds: Bounds<'a>,
}

/// Where the words of a window start and end.
#[derive(Debug, Clone, Copy)]
pub(in crate::tokenizer) struct Bounds<'a> {
    window_start: usize,
    starts: &'a [u32],
    ends: &'a [u32],
}

impl<'a> Bounds<'a> {
    /// The bounds of a text that is one window.
    pub(in crate::tokenizer) fn of(bounds: &'a WordBounds) -> Self {
        let (starts, ends) = (&bounds.starts[..bounds.start_count], &bounds.ends[..bounds.end_count]);
        Self { window_start: 0, starts, ends }
    }

    /// How many words there are.
    pub(in crate::tokenizer) fn len(self) -> usize {
        self.starts.len()
    }

    /// Start and length of a word.
    pub(in crate::tokenizer) fn get(self, index: usize) -> (usize, usize) {
        let (start, end) = (self.starts[index], self.ends[index]);
        (self.window_start + start as usize, (end - start) as usize)
    }

    /// Start and length of each word.
    #[inline(always)]
    pub(in crate::tokenizer) fn iter(self) -> impl Iterator<Item = (usize, usize)> {
        let bounds = self.starts.iter().zip(self.ends);
        bounds.map(move |(&start, &end)| (self.window_start + start as usize, (end - start) as usize))
    }

    /// The words in groups of `size`.
    #[inline(always)]
    pub(in crate::tokenizer) fn groups(self, size: usize) -> impl Iterator<Item = Self> {
        let groups = self.starts.chunks(size).zip(self.ends.chunks(size));
        groups.map(move |(starts, ends)| Self { starts, ends, ..self })
    }
}

/// How many bytes must follow a text, so that words can be read in whole vectors.
pub(in crate::tokenizer) const PADDING: usize = 2 * BLOCK_BYTES;

/// Puts spaces after the first `len` bytes of `text`, so that the last word ends there.
pub(in crate::tokenizer) fn pad(text: &mut Vec<u8>, len: usize) {
    lengthen(text, len + PADDING, b' ');
    text[len..len + PADDING].fill(b' ');
}

/// Adds the bounds of the words in the first `len` bytes of the padded `text`. Offsets count from
/// `offset` before the text.
pub(in crate::tokenizer) fn add_words(text: &[u8], len: usize, offset: u32, scanner: Scanner, bounds: &mut WordBounds) {
    bounds.start_text();
    scanner.find_words(&text[..whole_blocks(len)], offset, bounds);
}

/// Passes the words of the first `len` bytes of the padded `text` to `each`, a window at a time,
/// until it breaks.
pub(in crate::tokenizer) fn split<B>(
    text: &[u8],
    len: usize,
    scanner: Scanner,
    bounds: &mut WordBounds,
    mut each: impl FnMut(Words<'_>) -> ControlFlow<B>,
) -> ControlFlow<B> {
    bounds.clear();
    let mut unfinished = None;
    for (index, window) in text[..whole_blocks(len)].chunks(WINDOW_BYTES).enumerate() {
        let window_start = index * WINDOW_BYTES;
        scanner.find_words(window, 0, bounds);
        let (starts, ends) = (&bounds.starts[..bounds.start_count], &bounds.ends[..bounds.end_count]);
        let goes_on = starts.len() > ends.len();
        let last_start = starts.last().filter(|_| goes_on).map(|start| window_start + *start as usize);
        if let Some(end) = ends.first() {
            let overhanging = unfinished.map(|start| (start, window_start + *end as usize - start));
            let skipped = usize::from(overhanging.is_some());
            let (starts, ends) = (&starts[skipped..ends.len()], &ends[skipped..]);
            each(Words { text, overhanging, bounds: Bounds { window_start, starts, ends } })?;
            unfinished = last_start;
        } else {
            unfinished = unfinished.or(last_start);
        }
        bounds.keep_unfinished();
    }
    ControlFlow::Continue(())
}

/// Writes `text` to `out` with ASCII word boundaries only: non-ASCII white space becomes a space,
/// and non-ASCII punctuation gets spaces around it. Returns the length.
pub(in crate::tokenizer) fn separate(text: &str, out: &mut Vec<u8>) -> usize {
    out.clear();
    if text.is_ascii() {
        put_all(out, text.as_bytes());
        return out.len();
    }
    let mut pace = Pace::new();
    for c in text.chars() {
        pace.step(c.len_utf8());
        out.make_room(c.len_utf8() + 2);
        let property = Property::of(c);
        let is_boundary = !c.is_ascii() && property.is(PUNCTUATION);
        if !c.is_ascii() && property.is(WHITESPACE) {
            out.push(b' ');
            continue;
        }
        if is_boundary {
            out.push(b' ');
        }
        out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        if is_boundary {
            out.push(b' ');
        }
    }
    out.len()
}
