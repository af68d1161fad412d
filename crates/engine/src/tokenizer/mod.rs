//! Text to token ids, equal to Python `tokenizers` 0.23.3.
//!
//! A file is read into a spec (`file/`), from which a pipeline is built (`pipeline/`): added tokens
//! are cut out, then the text between them is normalized (`normalizer/`), split (`pre_tokenizer/`),
//! looked up in the word cache (`cache/`), and, if it is new, tokenized by the model (`model/`).
//! Vector kernels (`scan/`), look-up structures (`index/`) and Unicode tables (`unicode/`) serve
//! these steps.

mod cache;
mod encode_error;
mod file;
mod index;
mod model;
mod normalizer;
mod pipeline;
mod pre_tokenizer;
mod scan;
mod unicode;

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::LoadError;
use crate::texts::Texts;
pub use encode_error::EncodeError;
use file::prepared::Prepared;
use file::unsupported::Unsupported;
use file::vocabulary::VocabularyFacts;
#[cfg(feature = "reference")]
use pipeline::reference::ReferenceTokenizer;
pub(crate) use pipeline::together::Together;
use pipeline::{Pipeline, PipelineScratch};
pub(crate) use unicode::{is_punctuation, is_space};

/// Buffers and the word cache that one thread reuses from text to text.
///
/// They belong to the tokenizer that made them. Used with another tokenizer, they start afresh.
#[derive(Debug)]
pub struct TokenizerScratch {
    /// The number of the tokenizer whose ids are remembered.
    owner: u64,
    pipeline: PipelineScratch,
}

impl TokenizerScratch {
    /// How many bytes it takes, apart from the text being tokenized.
    pub(crate) fn bytes(&self) -> usize {
        self.pipeline.bytes()
    }

    /// Whether words that were met before are looked up instead of tokenized again (the default).
    /// The ids are the same; benchmarks measure the difference.
    pub fn remember_words(&mut self, remembers: bool) {
        self.pipeline.remember_words(remembers);
    }
}

/// A tokenizer read from `tokenizer.json`.
#[derive(Debug)]
pub struct Tokenizer {
    /// Unique among the tokenizers of a process.
    number: u64,
    pipeline: Pipeline,
    facts: VocabularyFacts,
    /// Why the reference path runs it.
    reference_reason: Option<String>,
}

impl Tokenizer {
    /// Reads `tokenizer.json`.
    ///
    /// # Errors
    /// [`LoadError::BadTokenizer`] (`ERR_BAD_TOKENIZER`) if the file is broken, and
    /// [`LoadError::UnsupportedTokenizer`] (`ERR_UNSUPPORTED_TOKENIZER`) if neither our own modules
    /// nor the `tokenizers` crate can run it.
    pub fn read(path: &Path) -> Result<Self, LoadError> {
        if let Some(pipeline) = Prepared::find(path).and_then(Pipeline::prepared) {
            return Ok(Self::new(pipeline, None));
        }
        let json = file::read::read(path)?;
        match Pipeline::of(&json) {
            Ok(pipeline) => Ok(Self::new(pipeline, None)),
            Err(reason) => Self::read_reference(path, &json, &reason),
        }
    }

    /// The contents of the file `tokenizer.prepared`: with it beside a `tokenizer.json`,
    /// [`read`](Self::read) gives the same tokenizer sooner (`tokenizer/file/prepared.rs`).
    ///
    /// # Errors
    /// [`LoadError::BadTokenizer`] (`ERR_BAD_TOKENIZER`) if the file can't be read, and
    /// [`LoadError::UnsupportedTokenizer`] (`ERR_UNSUPPORTED_TOKENIZER`) if it can't be prepared.
    pub fn prepare(path: &Path) -> Result<Vec<u8>, LoadError> {
        let json = file::read::read(path)?;
        let unsupported = |reason: Unsupported| LoadError::UnsupportedTokenizer {
            path: path.to_owned(),
            reason: format!("expected a tokenizer that can be prepared, but {reason}"),
        };
        Pipeline::prepare(&json).map_err(unsupported)
    }

    fn new(pipeline: Pipeline, reference_reason: Option<String>) -> Self {
        static NEXT_NUMBER: AtomicU64 = AtomicU64::new(0);
        let facts = pipeline.facts();
        Self { number: NEXT_NUMBER.fetch_add(1, Ordering::Relaxed), pipeline, facts, reference_reason }
    }

    #[cfg(feature = "reference")]
    fn read_reference(path: &Path, json: &[u8], reason: &Unsupported) -> Result<Self, LoadError> {
        let tokenizer = ReferenceTokenizer::parse(path, json)?;
        Ok(Self::new(Pipeline::Reference(Box::new(tokenizer)), Some(reason.to_string())))
    }

    #[cfg(not(feature = "reference"))]
    fn read_reference(path: &Path, json: &[u8], reason: &Unsupported) -> Result<Self, LoadError> {
        Err(file::read::explain(path, json, &format!("expected a pipeline that this build can run, but {reason}")))
    }

    /// Fresh buffers for one thread.
    pub fn scratch(&self) -> TokenizerScratch {
        TokenizerScratch { owner: self.number, pipeline: self.pipeline.scratch() }
    }

    /// Appends the ids of `text` to `ids`, and stops after `limit` ids. Special tokens of the
    /// post-processor are left out; the unknown id is included.
    ///
    /// # Errors
    /// If the model of the file has no id for a piece of this text.
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
        self.pipeline.encode(text, limit, &mut scratch.pipeline, ids)
    }

    /// The ids of the texts from index `from` on that can be tokenized together, which is faster
    /// than one by one: the result says how many texts there are. There are none if the first text
    /// has more than `max_units` UTF-16 units, may contain an added token, or can't be tokenized,
    /// and for other tokenizers than those of the BERT kind. The ids are those of
    /// [`encode`](Self::encode).
    pub(crate) fn encode_together<'a>(
        &self,
        texts: &Texts,
        from: usize,
        max_units: usize,
        scratch: &'a mut TokenizerScratch,
    ) -> Together<'a> {
        if scratch.owner != self.number {
            *scratch = self.scratch();
        }
        self.pipeline.encode_together(texts, from, max_units, &mut scratch.pipeline)
    }

    /// Whether the ids of this text, and of each slice of it, are those of its parts, one part after
    /// the other, wherever it is cut at a [seam](Self::is_seam). False also when that is not certain.
    pub(crate) fn has_seams(&self, text: &str) -> bool {
        self.pipeline.has_seams(text)
    }

    /// Whether `at` is a seam of a text that [has some](Self::has_seams).
    pub(crate) fn is_seam(&self, text: &str, at: usize) -> bool {
        self.pipeline.is_seam(text, at)
    }

    /// The vocabulary, added tokens included: `(token, id)` by rising id.
    pub fn vocabulary(&self) -> Vec<(String, u32)> {
        self.pipeline.vocabulary()
    }

    /// How many distinct tokens the vocabulary has, added tokens included: the number that Python
    /// compares with the number of rows.
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

    /// The part of the file that our own modules don't run, so that the `tokenizers` crate runs the
    /// file. `None` if no code of that crate runs.
    pub fn reference_reason(&self) -> Option<&str> {
        self.reference_reason.as_deref()
    }
}
