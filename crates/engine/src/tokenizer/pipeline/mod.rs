//! The pipelines that run a tokenizer file: which one it is, and its buffers.

pub(super) mod added_tokens;
mod bert;
mod generic;
#[cfg(feature = "reference")]
pub(super) mod reference;
#[cfg(test)]
mod tests;
pub(super) mod together;

use super::encode_error::EncodeError;
use super::file::large_values;
use super::file::prepared::Prepared;
use super::file::unsupported::Unsupported;
use super::file::vocabulary::VocabularyFacts;
use crate::texts::Texts;
use bert::{BertScratch, BertTokenizer};
use generic::{GenericScratch, GenericTokenizer};
#[cfg(feature = "reference")]
use reference::ReferenceTokenizer;
use together::Together;

/// What runs a tokenizer file.
#[derive(Debug)]
pub(super) enum Pipeline {
    /// Our own modules for the BERT kind.
    Bert(Box<BertTokenizer>),
    /// Our own modules for all other kinds.
    Generic(Box<GenericTokenizer>),
    /// The `tokenizers` crate.
    #[cfg(feature = "reference")]
    Reference(Box<ReferenceTokenizer>),
}

/// The buffers of one thread.
#[derive(Debug)]
pub(super) enum PipelineScratch {
    Bert(Box<BertScratch>),
    Generic(Box<GenericScratch>),
    #[cfg(feature = "reference")]
    Reference,
}

impl Pipeline {
    /// Our own modules for a file.
    ///
    /// # Errors
    /// The part of the file that they don't run.
    pub(super) fn of(json: &[u8]) -> Result<Self, Unsupported> {
        let spec = large_values::parse(json)?;
        if BertTokenizer::runs(&spec) {
            return Ok(Self::Bert(Box::new(BertTokenizer::new(spec)?)));
        }
        Ok(Self::Generic(Box::new(GenericTokenizer::new(spec)?)))
    }

    pub(super) fn scratch(&self) -> PipelineScratch {
        match self {
            Self::Bert(_) => PipelineScratch::Bert(Box::new(BertScratch::new())),
            Self::Generic(_) => PipelineScratch::Generic(Box::new(GenericScratch::new())),
            #[cfg(feature = "reference")]
            Self::Reference(_) => PipelineScratch::Reference,
        }
    }

    /// See [`Tokenizer::encode`](super::Tokenizer::encode). `scratch` is that of this pipeline.
    pub(super) fn encode(
        &self,
        text: &str,
        limit: usize,
        scratch: &mut PipelineScratch,
        ids: &mut Vec<u32>,
    ) -> Result<(), EncodeError> {
        match (self, scratch) {
            (Self::Bert(tokenizer), PipelineScratch::Bert(scratch)) => tokenizer.encode(text, limit, scratch, ids),
            (Self::Generic(tokenizer), PipelineScratch::Generic(scratch)) => {
                tokenizer.encode(text, limit, scratch, ids)
            }
            #[cfg(feature = "reference")]
            (Self::Reference(tokenizer), _) => tokenizer.encode(text, limit, ids),
            _ => unreachable!("the scratch of another pipeline"),
        }
    }

    /// See [`Tokenizer::encode_together`](super::Tokenizer::encode_together).
    pub(super) fn encode_together<'a>(
        &self,
        texts: &Texts,
        from: usize,
        max_units: usize,
        scratch: &'a mut PipelineScratch,
    ) -> Together<'a> {
        match (self, scratch) {
            // If one of the texts has an error, the caller meets it again when it encodes that text
            // alone.
            (Self::Bert(tokenizer), PipelineScratch::Bert(scratch)) => {
                tokenizer.encode_together(texts, from, max_units, scratch).unwrap_or(Together::NONE)
            }
            _ => Together::NONE,
        }
    }

    /// Our own modules for a file of which this was prepared; `None` if the two don't go together.
    pub(super) fn prepared(prepared: Prepared) -> Option<Self> {
        BertTokenizer::prepared(prepared).map(|tokenizer| Self::Bert(Box::new(tokenizer)))
    }

    /// See [`Tokenizer::prepare`](super::Tokenizer::prepare).
    ///
    /// # Errors
    /// Why there is nothing to prepare.
    pub(super) fn prepare(json: &[u8]) -> Result<Vec<u8>, Unsupported> {
        let Self::Bert(tokenizer) = Self::of(json)? else {
            return Err(Unsupported::new("only tokenizers of the BERT kind can be prepared"));
        };
        let unusual = || Unsupported::new("the file or its vocabulary is too unusual to be prepared");
        tokenizer.prepare(json).ok_or_else(unusual)
    }

    /// See [`Tokenizer::has_seams`](super::Tokenizer::has_seams).
    pub(super) fn has_seams(&self, text: &str) -> bool {
        match self {
            Self::Bert(tokenizer) => tokenizer.has_seams(text),
            Self::Generic(tokenizer) => tokenizer.has_seams(text),
            #[cfg(feature = "reference")]
            Self::Reference(_) => false,
        }
    }

    /// See [`Tokenizer::is_seam`](super::Tokenizer::is_seam).
    pub(super) fn is_seam(&self, text: &str, at: usize) -> bool {
        match self {
            Self::Bert(_) => bert::is_seam(text, at),
            Self::Generic(tokenizer) => tokenizer.is_seam(text, at),
            #[cfg(feature = "reference")]
            Self::Reference(_) => false,
        }
    }

    /// The vocabulary, added tokens included, by rising id.
    pub(super) fn vocabulary(&self) -> Vec<(String, u32)> {
        match self {
            Self::Bert(tokenizer) => tokenizer.vocabulary(),
            Self::Generic(tokenizer) => tokenizer.vocabulary(),
            #[cfg(feature = "reference")]
            Self::Reference(tokenizer) => tokenizer.vocabulary(),
        }
    }

    pub(super) fn facts(&self) -> VocabularyFacts {
        match self {
            Self::Bert(tokenizer) => tokenizer.facts(),
            Self::Generic(tokenizer) => tokenizer.facts(),
            #[cfg(feature = "reference")]
            Self::Reference(tokenizer) => tokenizer.facts(),
        }
    }
}

impl PipelineScratch {
    /// How many bytes it takes, apart from the text being tokenized.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Bert(scratch) => scratch.bytes(),
            Self::Generic(scratch) => scratch.bytes(),
            #[cfg(feature = "reference")]
            Self::Reference => 0,
        }
    }

    /// See [`TokenizerScratch::remember_words`](super::TokenizerScratch::remember_words).
    pub(super) fn remember_words(&mut self, remembers: bool) {
        match self {
            Self::Bert(scratch) => scratch.remember_words(remembers),
            Self::Generic(scratch) => scratch.remember_words(remembers),
            #[cfg(feature = "reference")]
            Self::Reference => {}
        }
    }
}
