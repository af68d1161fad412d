//! `BertPreTokenizer`: words between white space, punctuation alone (tokenizers 0.23.2, pre_tokenizers/bert.rs).
//!
//! The scanner knows ASCII boundaries only. Those beyond ASCII are made ASCII first: by the normalizer where it can, else here.

use std::ops::ControlFlow;

use crate::tokenizer::scan::{BLOCK_BYTES, Scanner, WINDOW_BYTES, WordBounds};
use crate::tokenizer::unicode::{PUNCTUATION, Property, WHITESPACE};

/// The words that end in one window of a text.
#[derive(Debug, Clone, Copy)]
pub(in crate::tokenizer) struct Words<'a> {
    /// The whole text, with padding behind it.
    pub(in crate::tokenizer) text: &'a [u8],
    /// Where the first word starts; it may have started before the window.
    first_start: usize,
    window_start: usize,
    starts: &'a [u32],
    ends: &'a [u32],
}

impl Words<'_> {
    /// Start and length of each word.
    #[inline(always)]
    pub(in crate::tokenizer) fn iter(&self) -> impl Iterator<Item = (usize, usize)> {
        let ends = self.ends.iter().map(|end| self.window_start + *end as usize);
        let starts = self.starts.iter().skip(1).map(|start| self.window_start + *start as usize);
        std::iter::once(self.first_start).chain(starts).zip(ends).map(|(start, end)| (start, end - start))
    }
}

/// How many bytes must be behind a text, so that words can be read in whole vectors.
const PADDING: usize = 2 * BLOCK_BYTES;

/// Puts spaces behind the first `len` bytes of `text`: the last word ends there.
pub(in crate::tokenizer) fn pad(text: &mut Vec<u8>, len: usize) {
    if text.len() < len + PADDING {
        text.resize(len + PADDING, b' ');
    }
    text[len..len + PADDING].fill(b' ');
}

/// Gives the words of the first `len` bytes of the padded `text` to `each`, a window at a time, until it breaks.
pub(in crate::tokenizer) fn split<B>(
    text: &[u8],
    len: usize,
    scanner: Scanner,
    bounds: &mut WordBounds,
    mut each: impl FnMut(Words<'_>) -> ControlFlow<B>,
) -> ControlFlow<B> {
    bounds.clear();
    let padded_len = (len / BLOCK_BYTES + 1) * BLOCK_BYTES;
    let mut unfinished = None;
    for (index, window) in text[..padded_len].chunks(WINDOW_BYTES).enumerate() {
        let window_start = index * WINDOW_BYTES;
        scanner.find_words(window, bounds);
        let (starts, ends) = (&bounds.starts[..bounds.start_count], &bounds.ends[..bounds.end_count]);
        let first = starts.first().map(|start| window_start + *start as usize);
        if let (Some(first_start), false) = (unfinished.or(first), ends.is_empty()) {
            each(Words { text, first_start, window_start, starts, ends })?;
        }
        let goes_on = starts.len() > ends.len();
        unfinished = match starts.last() {
            Some(last) if goes_on && !(ends.is_empty() && unfinished.is_some()) => Some(window_start + *last as usize),
            _ => unfinished.filter(|_| goes_on),
        };
        bounds.keep_unfinished();
    }
    ControlFlow::Continue(())
}

/// Puts `text` into `out` with ASCII boundaries of words only: white space beyond ASCII as a space, punctuation beyond ASCII
/// between spaces. Returns the length.
pub(in crate::tokenizer) fn separate(text: &str, out: &mut Vec<u8>) -> usize {
    out.clear();
    if text.is_ascii() {
        out.extend_from_slice(text.as_bytes());
        return out.len();
    }
    for c in text.chars() {
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
