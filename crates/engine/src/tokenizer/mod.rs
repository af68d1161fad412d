//! Text to token ids, equal to Python `tokenizers` 0.23.3.

use std::path::Path;

use crate::LoadError;

/// Why a text could not be tokenized (a tokenizer file that has no unknown token for a text that needs one, say).
#[derive(Debug)]
pub struct EncodeError {
    /// What happened.
    pub reason: String,
}

/// Buffers and the per-thread piece table that one thread reuses from text to text. Belongs to the tokenizer that made it.
#[derive(Debug)]
pub struct TokenizerScratch {}

/// A tokenizer read from `tokenizer.json`.
#[derive(Debug)]
pub struct Tokenizer {}

impl Tokenizer {
    /// Reads `tokenizer.json`.
    ///
    /// # Errors
    /// [`LoadError::BadTokenizer`], [`LoadError::UnsupportedTokenizer`].
    pub fn read(_path: &Path) -> Result<Self, LoadError> {
        Ok(Self {})
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
        _text: &str,
        _limit: usize,
        _scratch: &mut TokenizerScratch,
        _ids: &mut Vec<u32>,
    ) -> Result<(), EncodeError> {
        Ok(())
    }
    /// The vocabulary, added tokens included: `(token, id)` by rising id.
    pub fn vocabulary(&self) -> Vec<(String, u32)> {
        Vec::new()
    }
    /// How many distinct tokens the vocabulary has, added tokens included: what Python compares with the row count.
    pub fn token_count(&self) -> usize {
        0
    }
    /// One more than the highest id that `encode` can give.
    pub fn id_bound(&self) -> usize {
        0
    }
    /// The id that pooling drops (model2vec 0.10.0, model.py, `_get_unk_token_id`).
    pub fn unknown_id(&self) -> Option<u32> {
        None
    }
    /// `int(np.median(len(token)))` over the vocabulary, in code points.
    pub fn median_token_length(&self) -> usize {
        0
    }
    /// Whether no code of the `tokenizers` crate runs for this model.
    pub fn is_native(&self) -> bool {
        false
    }
}
