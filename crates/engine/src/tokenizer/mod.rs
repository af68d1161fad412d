//! Text to token ids, equal to Python `tokenizers` 0.23.3.

mod file;
#[cfg(feature = "reference")]
mod piece_length;
#[cfg(feature = "reference")]
mod reference;
mod vocabulary;

use std::fmt;
use std::path::Path;

use crate::LoadError;
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

/// Buffers and the per-thread piece table that one thread reuses from text to text. Belongs to the tokenizer that made it.
#[derive(Debug)]
pub struct TokenizerScratch {}

/// A tokenizer read from `tokenizer.json`.
#[derive(Debug)]
pub struct Tokenizer {
    pipeline: Pipeline,
    facts: VocabularyFacts,
}

/// What runs a tokenizer file.
#[derive(Debug)]
enum Pipeline {
    /// The `tokenizers` crate.
    #[cfg(feature = "reference")]
    Reference(Box<reference::ReferenceTokenizer>),
}

impl Tokenizer {
    /// Reads `tokenizer.json`.
    ///
    /// # Errors
    /// [`LoadError::BadTokenizer`], [`LoadError::UnsupportedTokenizer`].
    pub fn read(path: &Path) -> Result<Self, LoadError> {
        let json = file::read(path)?;
        Self::read_reference(path, &json)
    }

    #[cfg(feature = "reference")]
    fn read_reference(path: &Path, json: &[u8]) -> Result<Self, LoadError> {
        let tokenizer = reference::ReferenceTokenizer::parse(path, json)?;
        let facts = tokenizer.facts();
        Ok(Self { pipeline: Pipeline::Reference(Box::new(tokenizer)), facts })
    }

    #[cfg(not(feature = "reference"))]
    fn read_reference(path: &Path, json: &[u8]) -> Result<Self, LoadError> {
        Err(file::explain(path, json, "expected a pipeline that this build can run"))
    }

    /// Fresh buffers for one thread.
    pub fn scratch(&self) -> TokenizerScratch {
        TokenizerScratch {}
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
        _scratch: &mut TokenizerScratch,
        ids: &mut Vec<u32>,
    ) -> Result<(), EncodeError> {
        match &self.pipeline {
            #[cfg(feature = "reference")]
            Pipeline::Reference(tokenizer) => tokenizer.encode(text, limit, ids),
        }
    }

    /// The vocabulary, added tokens included: `(token, id)` by rising id.
    pub fn vocabulary(&self) -> Vec<(String, u32)> {
        match &self.pipeline {
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
        match &self.pipeline {
            #[cfg(feature = "reference")]
            Pipeline::Reference(_) => false,
        }
    }
}
