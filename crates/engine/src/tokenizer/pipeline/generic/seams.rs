//! Seams: places in a text where it can be cut, and the ids of the text are those of the two parts,
//! one after the other. Other than the cuts of `safe_cuts.rs`, which are inside of the pipeline,
//! these are cuts of the text itself, so that normalizers and pre-tokenizers must not see them
//! either.
//!
//! A seam is a single space between two letters, with the second part starting at the space. What
//! is asked of a file here is that nothing of it crosses such a place.

use super::normalizers::Normalizers;
use super::rewrite::Rewrite;
use super::safe_cuts::SafeCuts;
use super::stages::{Front, Stage, Stages};
use crate::tokenizer::unicode::class::{LETTER, class_of};

/// Which seams the texts of a file have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seams {
    /// None that are certain.
    None,
    /// Every space between two letters.
    All,
    /// Those where no merge of BPE joins the first letter and the space.
    Unjoined,
}

impl Seams {
    pub(super) fn of(normalizers: &Normalizers, stages: &Stages, cuts: Option<&SafeCuts>) -> Self {
        // A space at the start of the second part keeps the front away, as it does inside.
        let starts_with_front = matches!(stages.front, Front::Always(_));
        if !normalizers.keep_seams(starts_with_front) {
            return Self::None;
        }
        for stage in &stages.list {
            match stage {
                Stage::Split(splitter) if splitter.ends_words() => return Self::All,
                Stage::Split(splitter) if splitter.keeps_seams() => {}
                // The piece of the second part starts with a space.
                Stage::Rewrite(Rewrite::Space) => {}
                _ => return Self::None,
            }
        }
        match (stages.list.as_slice(), cuts) {
            ([], Some(cuts)) if normalizers.is_empty() && cuts.knows_ascii_spaces() => Self::Unjoined,
            _ => Self::None,
        }
    }

    /// Whether `at` is a seam.
    pub(super) fn has(self, text: &str, at: usize, cuts: Option<&SafeCuts>) -> bool {
        text.as_bytes().get(at) == Some(&b' ')
            && text[..at].chars().next_back().is_some_and(is_letter)
            && text[at + 1..].chars().next().is_some_and(is_letter)
            && match self {
                Self::None => false,
                Self::All => true,
                Self::Unjoined => cuts.is_some_and(|cuts| cuts.is_cut_before_space(text, at)),
            }
    }
}

/// Letters that every normalizer leaves letters: those of Latin and Cyrillic.
fn is_letter(c: char) -> bool {
    c.is_ascii_alphabetic() || (matches!(c, '\u{c0}'..='\u{24f}' | '\u{400}'..='\u{52f}') && class_of(c) & LETTER != 0)
}
