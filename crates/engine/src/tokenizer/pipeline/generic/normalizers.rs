//! The normalizers of a file, applied one after the other.

use crate::growth::put;
use crate::tokenizer::file::insertion::check_insertion;
use crate::tokenizer::file::spec::{NormalizerSpec, PatternSpec};
use crate::tokenizer::file::unsupported::Unsupported;
use crate::tokenizer::normalizer::{
    BertNormalizer, ByteLevel, Lowercase, Nmt, Precompiled, Prepend, Replace, Strip, StripAccents, UnicodeForm,
};
use crate::tokenizer::scan::Scanner;

#[derive(Debug)]
enum Normalizer {
    Bert(Box<BertNormalizer>),
    ByteLevel,
    Form(UnicodeForm),
    Lowercase,
    Nmt,
    Precompiled(Box<Precompiled>),
    Prepend(Prepend),
    Replace(Replace),
    Strip(Strip),
    StripAccents,
}

/// The normalizers of a file, in order.
#[derive(Debug)]
pub(super) struct Normalizers {
    list: Vec<Normalizer>,
    scanner: Scanner,
}

/// The buffers of one thread.
#[derive(Debug, Default)]
pub(super) struct NormalizerScratch {
    text: String,
    next: String,
    bytes: Vec<u8>,
}

impl Normalizers {
    /// # Errors
    /// The normalizer that only the reference path runs.
    pub(super) fn new(spec: Option<NormalizerSpec>, scanner: Scanner) -> Result<Self, Unsupported> {
        let mut list = Vec::new();
        if let Some(spec) = spec {
            push(spec, &mut list)?;
        }
        Ok(Self { list, scanner })
    }

    /// The length in bytes of the longest string that the file has them put into texts.
    pub(super) fn longest_insertion(&self) -> usize {
        let longest = |normalizer: &Normalizer| match normalizer {
            Normalizer::Precompiled(precompiled) => precompiled.longest_replacement(),
            Normalizer::Prepend(prepend) => prepend.prefix().len(),
            Normalizer::Replace(replace) => replace.content().len(),
            _ => 0,
        };
        self.list.iter().map(longest).max().unwrap_or(0)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Whether nothing changes `text`.
    pub(super) fn leave(&self, text: &str) -> bool {
        self.list.iter().all(|normalizer| normalizer.leaves(text))
    }

    /// Whether a text that is cut before a single space between two letters is normalized as in one
    /// piece. `starts_with_front`: whether it doesn't matter if a part starts with that space.
    pub(super) fn keep_seams(&self, starts_with_front: bool) -> bool {
        self.list.iter().all(|normalizer| match normalizer {
            Normalizer::Bert(_)
            | Normalizer::Form(_)
            | Normalizer::Lowercase
            | Normalizer::Nmt
            | Normalizer::Precompiled(_)
            | Normalizer::StripAccents => true,
            Normalizer::Replace(replace) => replace.keeps_seams(),
            Normalizer::Strip(strip) => !strip.left || starts_with_front,
            // The first makes letters of spaces, the other changes where a part starts.
            Normalizer::ByteLevel | Normalizer::Prepend(_) => false,
        })
    }

    /// The character that the last normalizer puts in place of each space, if it does only that.
    pub(super) fn last_for_spaces(&self) -> Option<char> {
        match self.list.last() {
            Some(Normalizer::Replace(replace)) => replace.for_spaces(),
            _ => None,
        }
    }

    /// Removes the last normalizer.
    pub(super) fn pop(&mut self) {
        self.list.pop();
    }

    /// The normalized text, or `text` itself if nothing changes it.
    pub(super) fn run<'a>(&self, text: &'a str, scratch: &'a mut NormalizerScratch) -> &'a str {
        let mut is_changed = false;
        for normalizer in &self.list {
            let current = if is_changed { scratch.text.as_str() } else { text };
            if normalizer.leaves(current) {
                continue;
            }
            scratch.next.clear();
            normalizer.normalize(current, self.scanner, &mut scratch.next, &mut scratch.bytes);
            std::mem::swap(&mut scratch.text, &mut scratch.next);
            is_changed = true;
        }
        if is_changed { &scratch.text } else { text }
    }
}

impl Normalizer {
    fn leaves(&self, text: &str) -> bool {
        match self {
            Self::Bert(_) => false,
            Self::ByteLevel => ByteLevel.leaves(text),
            Self::Form(form) => form.leaves(text),
            Self::Lowercase => Lowercase.leaves(text),
            Self::Nmt => Nmt.leaves(text),
            Self::Precompiled(precompiled) => precompiled.leaves(text),
            Self::Prepend(prepend) => prepend.leaves(text),
            Self::Replace(replace) => replace.leaves(text),
            Self::Strip(strip) => strip.leaves(text),
            Self::StripAccents => StripAccents.leaves(text),
        }
    }

    fn normalize(&self, text: &str, scanner: Scanner, out: &mut String, bytes: &mut Vec<u8>) {
        match self {
            Self::Bert(normalizer) => {
                let len = normalizer.normalize(text, scanner, bytes, 0);
                put(out, &String::from_utf8_lossy(&bytes[..len]));
            }
            Self::ByteLevel => ByteLevel.normalize(text, out),
            Self::Form(form) => form.normalize(text, out),
            Self::Lowercase => Lowercase.normalize(text, out),
            Self::Nmt => Nmt.normalize(text, out),
            Self::Precompiled(precompiled) => precompiled.normalize(text, out),
            Self::Prepend(prepend) => prepend.normalize(text, out),
            Self::Replace(replace) => replace.normalize(text, out),
            Self::Strip(strip) => strip.normalize(text, out),
            Self::StripAccents => StripAccents.normalize(text, out),
        }
    }
}

/// Recursion ends: the JSON reader bounds the depth of nesting.
fn push(spec: NormalizerSpec, list: &mut Vec<Normalizer>) -> Result<(), Unsupported> {
    let normalizer = match spec {
        NormalizerSpec::Sequence { normalizers } => {
            return normalizers.into_iter().try_for_each(|spec| push(spec, list));
        }
        NormalizerSpec::BertNormalizer(spec) => Normalizer::Bert(Box::new(BertNormalizer::new(spec.options()))),
        NormalizerSpec::Strip { strip_left, strip_right } => {
            Normalizer::Strip(Strip { left: strip_left, right: strip_right })
        }
        NormalizerSpec::StripAccents => Normalizer::StripAccents,
        NormalizerSpec::Nfc => Normalizer::Form(UnicodeForm::Nfc),
        NormalizerSpec::Nfd => Normalizer::Form(UnicodeForm::Nfd),
        NormalizerSpec::Nfkc => Normalizer::Form(UnicodeForm::Nfkc),
        NormalizerSpec::Nfkd => Normalizer::Form(UnicodeForm::Nfkd),
        NormalizerSpec::Lowercase => Normalizer::Lowercase,
        NormalizerSpec::Nmt => Normalizer::Nmt,
        NormalizerSpec::Precompiled { precompiled_charsmap } => {
            let map = Precompiled::new(&precompiled_charsmap);
            Normalizer::Precompiled(Box::new(
                map.ok_or_else(|| Unsupported::new("the character map of the normalizer `Precompiled` can't be read"))?,
            ))
        }
        NormalizerSpec::Replace { pattern, content } => {
            check_insertion("content", &content)?;
            let (replace, pattern) = match &pattern {
                PatternSpec::String(string) => (Replace::string(string, &content), format!("the string {string:?}")),
                PatternSpec::Regex(regex) => (Replace::regex(regex, &content), format!("the regex {regex:?}")),
            };
            Normalizer::Replace(
                replace.ok_or_else(|| Unsupported::new(format!("a normalizer `Replace` looks for {pattern}")))?,
            )
        }
        NormalizerSpec::Prepend { prepend } => {
            check_insertion("prepend", &prepend)?;
            let prepend = Prepend::new(&prepend);
            Normalizer::Prepend(
                prepend.ok_or_else(|| Unsupported::new("a normalizer `Prepend` has nothing to prepend"))?,
            )
        }
        NormalizerSpec::ByteLevel => Normalizer::ByteLevel,
    };
    list.push(normalizer);
    Ok(())
}
