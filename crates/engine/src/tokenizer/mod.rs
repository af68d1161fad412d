//! Text to token ids, equal to Python `tokenizers` 0.23.3.

mod added_tokens;
mod bert;
mod double_array;
mod file;
mod generic;
mod model;
mod model_spec;
mod normalizer;
#[cfg(feature = "reference")]
mod piece_length;
mod piece_table;
mod piece_trie;
mod pre_tokenizer;
#[cfg(feature = "reference")]
mod reference;
mod scan;
mod spec;
mod unicode;
mod unicode_table;
mod unsupported;
mod vocabulary;
mod word_cache;

use std::fmt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::LoadError;
use crate::texts::Texts;
pub(crate) use bert::Together;
use bert::{BertScratch, BertTokenizer};
use generic::{GenericScratch, GenericTokenizer};
use spec::TokenizerSpec;
use unsupported::Unsupported;
use vocabulary::VocabularyFacts;

/// Why a text could not be tokenized (a tokenizer file that has no unknown token for a text that needs one, say).
#[derive(Debug)]
pub struct EncodeError {
    /// What happened.
    pub reason: String,
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl std::error::Error for EncodeError {}

/// Buffers and the per-thread piece table that one thread reuses from text to text. Belongs to the tokenizer that made it: used
/// with another one, it starts afresh.
#[derive(Debug)]
pub struct TokenizerScratch {
    /// The number of the tokenizer whose ids are remembered.
    owner: u64,
    bert: Option<Box<BertScratch>>,
    generic: Option<Box<GenericScratch>>,
}

impl TokenizerScratch {
    /// How many bytes it takes, but for the text at work.
    pub(crate) fn bytes(&self) -> usize {
        self.bert.as_ref().map_or(0, |scratch| scratch.bytes())
            + self.generic.as_ref().map_or(0, |scratch| scratch.bytes())
    }

    /// Whether words that were met before are looked up instead of tokenized again, as they are from the start. The ids are the
    /// same; benchmarks measure the difference.
    pub fn remember_words(&mut self, remembers: bool) {
        if let Some(scratch) = &mut self.bert {
            scratch.remember_words(remembers);
        }
        if let Some(scratch) = &mut self.generic {
            scratch.remember_words(remembers);
        }
    }
}

/// A tokenizer read from `tokenizer.json`.
#[derive(Debug)]
pub struct Tokenizer {
    /// No two tokenizers of a process have the same.
    number: u64,
    pipeline: Pipeline,
    facts: VocabularyFacts,
    /// Why the reference path runs it.
    reference_reason: Option<String>,
}

/// What runs a tokenizer file.
#[derive(Debug)]
enum Pipeline {
    /// Our own module for BERT's kind.
    Bert(Box<BertTokenizer>),
    /// Our own modules for all other kinds.
    Generic(Box<GenericTokenizer>),
    /// The `tokenizers` crate.
    #[cfg(feature = "reference")]
    Reference(Box<reference::ReferenceTokenizer>),
}

impl Pipeline {
    /// Our own modules for a file.
    ///
    /// # Errors
    /// What in the file they don't run.
    fn of(json: &[u8]) -> Result<(Self, VocabularyFacts), Unsupported> {
        let spec: TokenizerSpec = serde_json::from_slice(json)?;
        if BertTokenizer::runs(&spec) {
            let tokenizer = BertTokenizer::new(spec)?;
            let facts = tokenizer.facts();
            return Ok((Self::Bert(Box::new(tokenizer)), facts));
        }
        let tokenizer = GenericTokenizer::new(spec)?;
        let facts = tokenizer.facts();
        Ok((Self::Generic(Box::new(tokenizer)), facts))
    }
}

impl Tokenizer {
    /// Reads `tokenizer.json`.
    ///
    /// # Errors
    /// [`LoadError::BadTokenizer`], [`LoadError::UnsupportedTokenizer`].
    pub fn read(path: &Path) -> Result<Self, LoadError> {
        let json = file::read(path)?;
        match Pipeline::of(&json) {
            Ok((pipeline, facts)) => Ok(Self::new(facts, pipeline, None)),
            Err(reason) => Self::read_reference(path, &json, &reason),
        }
    }

    fn new(facts: VocabularyFacts, pipeline: Pipeline, reference_reason: Option<String>) -> Self {
        static NEXT_NUMBER: AtomicU64 = AtomicU64::new(0);
        Self { number: NEXT_NUMBER.fetch_add(1, Ordering::Relaxed), pipeline, facts, reference_reason }
    }

    #[cfg(feature = "reference")]
    fn read_reference(path: &Path, json: &[u8], reason: &Unsupported) -> Result<Self, LoadError> {
        let tokenizer = reference::ReferenceTokenizer::parse(path, json)?;
        Ok(Self::new(tokenizer.facts(), Pipeline::Reference(Box::new(tokenizer)), Some(reason.to_string())))
    }

    #[cfg(not(feature = "reference"))]
    fn read_reference(path: &Path, json: &[u8], reason: &Unsupported) -> Result<Self, LoadError> {
        Err(file::explain(path, json, &format!("expected a pipeline that this build can run, but {reason}")))
    }

    /// Fresh buffers for one thread.
    pub fn scratch(&self) -> TokenizerScratch {
        let mut scratch = TokenizerScratch { owner: self.number, bert: None, generic: None };
        match &self.pipeline {
            Pipeline::Bert(_) => scratch.bert = Some(Box::new(BertScratch::new())),
            Pipeline::Generic(_) => scratch.generic = Some(Box::new(GenericScratch::new())),
            #[cfg(feature = "reference")]
            Pipeline::Reference(_) => {}
        }
        scratch
    }

    /// Appends the ids of `text` to `ids`, without special tokens of the post-processor, the unknown id included; stops after
    /// `limit` ids.
    ///
    /// # Errors
    /// When the file's model has no answer for a piece of this text.
    pub fn encode(
        &self,
        text: &str,
        limit: usize,
        scratch: &mut TokenizerScratch,
        ids: &mut Vec<u32>,
    ) -> Result<(), EncodeError> {
        if scratch.owner != self.number {
            *scratch = self.scratch();
        }
        match &self.pipeline {
            Pipeline::Bert(tokenizer) => {
                let scratch = scratch.bert.get_or_insert_with(|| Box::new(BertScratch::new()));
                tokenizer.encode(text, limit, scratch, ids)
            }
            Pipeline::Generic(tokenizer) => {
                let scratch = scratch.generic.get_or_insert_with(|| Box::new(GenericScratch::new()));
                tokenizer.encode(text, limit, scratch, ids)
            }
            #[cfg(feature = "reference")]
            Pipeline::Reference(tokenizer) => tokenizer.encode(text, limit, ids),
        }
    }

    /// The ids of the texts from number `from` on that can be tokenized together, which is faster than one by one: as many as
    /// [`Together`] has ends. None, where the first is not of that kind: where it has more than `most_units` UTF-16 units, may have an
    /// added token in it, or can't be tokenized; and with other tokenizers than BERT's. Ids are those of [`encode`](Self::encode).
    pub(crate) fn encode_together<'a>(
        &self,
        texts: &Texts,
        from: usize,
        most_units: usize,
        scratch: &'a mut TokenizerScratch,
    ) -> Together<'a> {
        if scratch.owner != self.number {
            *scratch = self.scratch();
        }
        match (&self.pipeline, &mut scratch.bert) {
            // Whichever text it was that has no ids: the caller meets it again, alone.
            (Pipeline::Bert(tokenizer), Some(scratch)) => {
                tokenizer.encode_together(texts, from, most_units, scratch).unwrap_or(Together::NONE)
            }
            _ => Together::NONE,
        }
    }

    /// The vocabulary, added tokens included: `(token, id)` by rising id.
    pub fn vocabulary(&self) -> Vec<(String, u32)> {
        match &self.pipeline {
            Pipeline::Bert(tokenizer) => tokenizer.vocabulary(),
            Pipeline::Generic(tokenizer) => tokenizer.vocabulary(),
            #[cfg(feature = "reference")]
            Pipeline::Reference(tokenizer) => tokenizer.vocabulary(),
        }
    }

    /// How many distinct tokens the vocabulary has, added tokens included: what Python compares with the row count.
    pub fn token_count(&self) -> usize {
        self.facts.token_count
    }

    /// One more than the highest id that `encode` can give.
    pub fn id_bound(&self) -> usize {
        self.facts.id_bound
    }

    /// The id that pooling drops (model2vec 0.10.0, model.py, `_get_unk_token_id`).
    pub fn unknown_id(&self) -> Option<u32> {
        self.facts.unknown_id
    }

    /// `int(np.median(len(token)))` over the vocabulary, in code points.
    pub fn median_token_length(&self) -> usize {
        self.facts.median_token_length
    }

    /// Whether no code of the `tokenizers` crate runs for this model.
    pub fn is_native(&self) -> bool {
        self.reference_reason.is_none()
    }

    /// What in the file our own modules don't run, so that the `tokenizers` crate does; `None` where no code of that crate runs.
    pub fn reference_reason(&self) -> Option<&str> {
        self.reference_reason.as_deref()
    }
}
