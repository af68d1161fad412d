//! The pre-tokenizers of a file as stages: each splits or rewrites the pieces of the stage before
//! it.

use super::rewrite::Rewrite;
use crate::tokenizer::file::spec::{PatternSpec, PreTokenizerSpec, PrependScheme};
use crate::tokenizer::file::unsupported::Unsupported;
use crate::tokenizer::pre_tokenizer::{Behavior, Pattern, Splitter};

#[derive(Debug)]
pub(super) enum Stage {
    Split(Splitter),
    Rewrite(Rewrite),
}

/// Whether a text that doesn't start with a space gets one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Front {
    Never,
    /// At the start and after each added token, unless the text there starts with this character.
    Always(char),
    /// Only at the start, unless the text starts with this character.
    AtStart(char),
}

#[derive(Debug)]
pub(super) struct Stages {
    pub(super) front: Front,
    pub(super) list: Vec<Stage>,
    /// The last rewriting, which is left until the model tokenizes a piece.
    pub(super) rewrite: Rewrite,
}

impl Stages {
    /// `is_normalized`: whether there are normalizers. The reference then no longer knows the
    /// original offsets of characters.
    ///
    /// # Errors
    /// The part of the file that only the reference path runs.
    pub(super) fn new(spec: Option<PreTokenizerSpec>, is_normalized: bool) -> Result<Self, Unsupported> {
        let mut stages = Self { front: Front::Never, list: Vec::new(), rewrite: Rewrite::Nothing };
        if let Some(spec) = spec {
            stages.push(spec, is_normalized)?;
        }
        if let Some(Stage::Rewrite(rewrite)) = stages.list.last() {
            stages.rewrite = *rewrite;
            stages.list.pop();
        }
        Ok(stages)
    }

    /// The last stage, if it splits.
    pub(super) fn last_split(&self) -> Option<&Splitter> {
        match self.list.last() {
            Some(Stage::Split(splitter)) => Some(splitter),
            _ => None,
        }
    }

    /// Takes over the work of a normalizer that replaces each space, if no stage depends on it:
    /// then it can wait until the model tokenizes a piece. Returns whether it does.
    pub(super) fn defer_spaces(&mut self, replacement: char) -> bool {
        // Such a splitter finds no space after the normalizer.
        let is_idle = |stage: &Stage| matches!(stage, Stage::Split(splitter) if splitter.is_for_spaces());
        let can_wait = self.front == Front::Never && self.rewrite == Rewrite::Nothing && self.list.iter().all(is_idle);
        if can_wait {
            self.list.clear();
            self.rewrite = Rewrite::Metaspace { replacement, with_prefix: false };
        }
        can_wait
    }

    fn split(&mut self, pattern: Pattern, behavior: Behavior) {
        self.list.push(Stage::Split(Splitter::new(pattern, behavior, false)));
    }

    fn is_first(&self) -> bool {
        self.list.is_empty() && self.front == Front::Never
    }

    /// Recursion ends: the JSON reader bounds the depth of nesting.
    fn push(&mut self, spec: PreTokenizerSpec, is_normalized: bool) -> Result<(), Unsupported> {
        match spec {
            PreTokenizerSpec::Sequence { pretokenizers } => {
                return pretokenizers.into_iter().try_for_each(|spec| self.push(spec, is_normalized));
            }
            PreTokenizerSpec::BertPreTokenizer => {
                self.split(Pattern::WhiteSpace, Behavior::Removed);
                self.split(Pattern::Punctuation, Behavior::Isolated);
            }
            PreTokenizerSpec::ByteLevel { add_prefix_space, use_regex: true, .. } => {
                if add_prefix_space {
                    if self.is_first() {
                        self.front = Front::Always(' ');
                    } else {
                        self.list.push(Stage::Rewrite(Rewrite::Space));
                    }
                }
                self.split(Pattern::Gpt2, Behavior::Isolated);
                self.list.push(Stage::Rewrite(Rewrite::ByteLevel { with_prefix: false }));
            }
            PreTokenizerSpec::ByteLevel { add_prefix_space, .. } => {
                self.list.push(Stage::Rewrite(Rewrite::ByteLevel { with_prefix: add_prefix_space }));
            }
            PreTokenizerSpec::CharDelimiterSplit { delimiter } => {
                self.split(Pattern::Char(delimiter), Behavior::Removed);
            }
            PreTokenizerSpec::Metaspace { replacement, add_prefix_space, prepend_scheme, split } => {
                // The crate refuses such a file.
                if add_prefix_space == Some(false) && prepend_scheme != PrependScheme::Never {
                    return Err(Unsupported::new(
                        "`add_prefix_space` and `prepend_scheme` of a `Metaspace` contradict each other",
                    ));
                }
                // After a split, only the first piece can start with another character.
                let mut with_prefix = prepend_scheme == PrependScheme::Always;
                if with_prefix && self.is_first() {
                    // Then the rewritten piece depends on the piece alone, wherever it is.
                    self.front = Front::Always(replacement);
                    with_prefix = false;
                }
                if prepend_scheme == PrependScheme::First {
                    if is_normalized || !self.is_first() {
                        return Err(Unsupported::new(
                            "a `Metaspace` with `prepend_scheme` \"first\" comes after a normalizer or another pre-tokenizer",
                        ));
                    }
                    self.front = Front::AtStart(replacement);
                }
                if split.unwrap_or(true) {
                    self.split(Pattern::Metaspace(replacement), Behavior::MergedWithNext);
                }
                self.list.push(Stage::Rewrite(Rewrite::Metaspace { replacement, with_prefix }));
            }
            PreTokenizerSpec::Whitespace => {
                self.list.push(Stage::Split(Splitter::new(Pattern::Words, Behavior::Removed, true)));
            }
            PreTokenizerSpec::WhitespaceSplit => self.split(Pattern::WhiteSpace, Behavior::Removed),
            PreTokenizerSpec::Split { pattern, behavior, invert } => {
                let pattern = match pattern {
                    PatternSpec::String(text) if text.is_empty() => {
                        return Err(Unsupported::new("a pre-tokenizer `Split` looks for an empty string"));
                    }
                    PatternSpec::String(text) => Pattern::Text(text),
                    PatternSpec::Regex(regex) => Pattern::recognize(&regex).ok_or_else(|| {
                        Unsupported::new(format!("a pre-tokenizer `Split` looks for the regex {regex:?}"))
                    })?,
                };
                self.list.push(Stage::Split(Splitter::new(pattern, behavior, invert)));
            }
            PreTokenizerSpec::Punctuation { behavior } => self.split(Pattern::Punctuation, behavior),
            PreTokenizerSpec::Digits { individual_digits: true } => self.split(Pattern::Numeric, Behavior::Isolated),
            PreTokenizerSpec::Digits { .. } => self.split(Pattern::Numeric, Behavior::Contiguous),
        }
        Ok(())
    }
}
