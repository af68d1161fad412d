//! The model of a file, of any kind.

use super::WordPiece;
use super::bpe::{Bpe, BpeScratch};
use super::unigram::{Unigram, UnigramScratch};
use super::word_level::WordLevel;
use crate::growth::Growth;
use crate::tokenizer::encode_error::EncodeError;

#[derive(Debug)]
pub(in crate::tokenizer) enum Model {
    Bpe(Box<Bpe>),
    Unigram(Unigram),
    WordLevel(WordLevel),
    WordPiece(WordPiece),
}

/// The buffers of one thread.
#[derive(Debug, Default)]
pub(in crate::tokenizer) struct ModelScratch {
    bpe: BpeScratch,
    unigram: UnigramScratch,
}

impl Model {
    /// The id of a whole string.
    pub(in crate::tokenizer) fn id(&self, token: &str) -> Option<u32> {
        match self {
            Self::Bpe(model) => model.id(token),
            Self::Unigram(model) => model.id(token),
            Self::WordLevel(model) => model.id(token),
            Self::WordPiece(model) => model.id(token),
        }
    }

    /// How many entries the file has (`get_vocab_size`).
    pub(in crate::tokenizer) fn size(&self) -> usize {
        match self {
            Self::Bpe(model) => model.vocabulary().len(),
            Self::Unigram(model) => model.vocabulary().len(),
            Self::WordLevel(model) => model.vocabulary().len(),
            Self::WordPiece(model) => model.len(),
        }
    }

    /// Every distinct string with its id.
    pub(in crate::tokenizer) fn tokens(&self) -> Box<dyn Iterator<Item = (&str, u32)> + '_> {
        match self {
            Self::Bpe(model) => Box::new(model.vocabulary().tokens()),
            Self::Unigram(model) => Box::new(model.tokens()),
            Self::WordLevel(model) => Box::new(model.vocabulary().tokens()),
            Self::WordPiece(model) => Box::new(model.vocabulary().tokens()),
        }
    }

    /// Appends the ids of `piece[start..]`; the piece can be cut at `start`. Returns whether the
    /// ids are the same whatever comes before the piece: see `pipeline/generic/safe_cuts.rs`.
    ///
    /// # Errors
    /// Those of the model.
    pub(in crate::tokenizer) fn tokenize_from(
        &self,
        piece: &str,
        start: usize,
        scratch: &mut ModelScratch,
        ids: &mut Vec<u32>,
    ) -> Result<bool, EncodeError> {
        match self {
            Self::Bpe(model) => model.tokenize(&piece[start..], &mut scratch.bpe, ids)?,
            Self::Unigram(model) => return model.tokenize_from(piece, start, &mut scratch.unigram, ids),
            Self::WordLevel(model) => {
                ids.make_room(1);
                ids.push(model.tokenize(&piece[start..])?);
            }
            Self::WordPiece(model) => {
                let first = ids.len();
                // However long the word is.
                ids.make_room(model.max_ids());
                ids.resize(first + model.max_ids(), 0);
                let count = model.tokenize(&piece.as_bytes()[start..], &mut ids[first..])?;
                ids.truncate(first + count);
            }
        }
        Ok(true)
    }
}
