//! `NFC`, `NFD`, `NFKC`, `NFKD` in Unicode 9.0: the version of `unicode-normalization-alignments`
//! 0.1.12, with which `tokenizers` 0.23.2 normalizes.
//!
//! Nearly all text is already normalized, and is copied in runs (UAX #15, section 9, quick check).
//! The character that ends a run is normalized together with the text that it may depend on: from
//! the last boundary before it to the first boundary after it.

use super::{ascii, mark_order};
use crate::growth::{Growth, put};
use crate::interrupt::Pace;
use crate::tokenizer::unicode;
use crate::tokenizer::unicode::character::{
    BREAKS_CANONICAL, BREAKS_COMPATIBLE, Character, KEPT_BY_NFC, KEPT_BY_NFD, KEPT_BY_NFKC, KEPT_BY_NFKD, compose,
    decompose_compatible, starters_len,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::tokenizer) enum UnicodeForm {
    Nfc,
    Nfd,
    Nfkc,
    Nfkd,
}

/// The start of a text that its form leaves alone, in bytes.
struct Kept {
    len: usize,
    /// The last boundary: text after `len` changes nothing before it.
    boundary: usize,
}

impl UnicodeForm {
    /// Whether the form certainly leaves the text alone. False for some texts that it also leaves
    /// alone.
    pub(in crate::tokenizer) fn leaves(self, text: &str) -> bool {
        self.kept(text).len == text.len()
    }

    pub(in crate::tokenizer) fn normalize(self, text: &str, out: &mut String) {
        let mut segment = Segment::default();
        let (mut rest, mut pace) = (text, Pace::new());
        loop {
            pace.step(1);
            let kept = self.kept(rest);
            if kept.len == rest.len() {
                return put(out, rest);
            }
            let (before, changed) = rest.split_at(kept.boundary);
            put(out, before);
            let (changed, after) = changed.split_at(self.boundary_after(changed, kept.len - kept.boundary));
            segment.fill(self, changed);
            if self.composes() {
                segment.compose(out)
            } else {
                segment.push(out)
            }
            rest = after;
        }
    }

    /// The longest start of the text in which all characters are kept and in canonical order.
    fn kept(self, text: &str) -> Kept {
        let flag = self.kept_flag();
        let bytes = text.as_bytes();
        let (mut at, mut boundary, mut last_class) = (0, 0, 0);
        let mut pace = Pace::new();
        loop {
            pace.step(1);
            if ascii::starts_long_run(&bytes[at..]) {
                at += ascii::plain_len(&bytes[at..], |_| true);
                (boundary, last_class) = (at - 1, 0);
            }
            let starters = starters_len(&bytes[at..], flag);
            if starters > 0 {
                at += starters;
                let last = text[..at].chars().next_back().map_or(0, char::len_utf8);
                (boundary, last_class) = (at - last, 0);
            }
            let Some(c) = text[at..].chars().next() else { return Kept { len: at, boundary } };
            let character = Character::of(c);
            if character.is_starter(flag) {
                (boundary, last_class) = (at, 0);
            } else {
                let class = character.combining_class();
                if !character.is(flag) || class < last_class {
                    let boundary = if character.is(self.breaks_flag()) { at } else { boundary };
                    return Kept { len: at, boundary };
                }
                last_class = class;
            }
            at += c.len_utf8();
        }
    }

    /// The next boundary in the text after the character at `changed`.
    fn boundary_after(self, text: &str, changed: usize) -> usize {
        let is_boundary =
            |character: Character| character.is_starter(self.kept_flag()) || character.is(self.breaks_flag());
        let mut pace = Pace::new();
        let mut chars = text[changed..].char_indices().skip(1);
        let mut is_found = |c| {
            pace.step(1);
            is_boundary(Character::of(c))
        };
        chars.find(|(_, c)| is_found(*c)).map_or(text.len(), |(at, _)| changed + at)
    }

    fn kept_flag(self) -> u8 {
        match self {
            Self::Nfc => KEPT_BY_NFC,
            Self::Nfd => KEPT_BY_NFD,
            Self::Nfkc => KEPT_BY_NFKC,
            Self::Nfkd => KEPT_BY_NFKD,
        }
    }

    fn breaks_flag(self) -> u8 {
        if self.is_compatible() { BREAKS_COMPATIBLE } else { BREAKS_CANONICAL }
    }

    fn composes(self) -> bool {
        matches!(self, Self::Nfc | Self::Nfkc)
    }

    fn is_compatible(self) -> bool {
        matches!(self, Self::Nfkc | Self::Nfkd)
    }
}

/// Text between two boundaries, decomposed and in canonical order: characters with their combining
/// classes.
#[derive(Default)]
struct Segment {
    chars: Vec<(u8, char)>,
    /// Marks that follow the starter and don't compose with it, while later characters still may.
    marks: Vec<char>,
}

impl Segment {
    fn fill(&mut self, form: UnicodeForm, text: &str) {
        self.chars.clear();
        // Where the characters that are not yet in order start.
        let mut unordered = 0;
        let mut emit = |c| {
            let class = Character::of(c).combining_class();
            if class == 0 {
                self.order_from(unordered);
                unordered = self.chars.len() + 1;
            }
            self.chars.make_room(1);
            self.chars.push((class, c));
        };
        let mut pace = Pace::new();
        for c in text.chars() {
            pace.step(1);
            if form.is_compatible() {
                decompose_compatible(c, &mut emit);
            } else {
                unicode::decompose(c, &mut emit);
            }
        }
        self.order_from(unordered);
    }

    fn order_from(&mut self, start: usize) {
        mark_order::sort(&mut self.chars[start..]);
    }

    fn push(&self, out: &mut String) {
        self.make_room_in(out);
        out.extend(self.chars.iter().map(|(_, c)| c));
    }

    /// Makes room for the characters, none of which has more than four bytes.
    fn make_room_in(&self, out: &mut String) {
        out.make_room(4 * self.chars.len());
    }

    /// Pushes the composed characters (unicode-normalization-alignments 0.1.12, recompose.rs).
    fn compose(&mut self, out: &mut String) {
        self.marks.clear();
        self.make_room_in(out);
        let mut pace = Pace::new();
        let (mut starter, mut last_class) = (None, None);
        for &(class, c) in &self.chars {
            pace.step(1);
            let Some(first) = starter else {
                if class == 0 {
                    starter = Some(c)
                } else {
                    out.push(c)
                }
                continue;
            };
            let is_blocked = last_class.is_some_and(|last| last >= class);
            if let Some(composed) = compose(first, c).filter(|_| !is_blocked) {
                starter = Some(composed);
            } else if class == 0 {
                out.push(first);
                out.extend(self.marks.drain(..));
                (starter, last_class) = (Some(c), None);
            } else {
                self.marks.make_room(1);
                self.marks.push(c);
                last_class = Some(class);
            }
        }
        out.extend(starter);
        out.extend(&self.marks);
    }
}
