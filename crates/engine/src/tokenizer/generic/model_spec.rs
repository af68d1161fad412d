//! The `model` of a file, of whatever kind: its fields are read in any order, and then the kind is known.

use std::fmt;

use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::model::Model;
use crate::tokenizer::model::WordPiece;
use crate::tokenizer::model::bpe::{Bpe, BpeOptions, MergeList};
use crate::tokenizer::model::unigram::Unigram;
use crate::tokenizer::model::word_level::WordLevel;
use crate::tokenizer::spec::{TokenSeed, VocabularySeed};
use crate::tokenizer::vocabulary::Vocabulary;

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
pub(super) enum ModelKind {
    #[serde(rename = "BPE")]
    Bpe,
    WordPiece,
    WordLevel,
    Unigram,
}

/// The fields of all kinds. Those that a kind doesn't know are ignored, whatever they hold: then the file is left to the
/// reference path.
#[derive(Default)]
pub(super) struct ModelSpec {
    kind: Option<ModelKind>,
    vocabulary: Option<VocabularySpec>,
    merges: Option<MergeList>,
    unknown_token: Option<Option<String>>,
    unknown_id: Option<Option<usize>>,
    continuing_prefix: Option<Option<String>>,
    end_of_word_suffix: Option<Option<String>>,
    max_chars: Option<usize>,
    fuse_unknown: Option<bool>,
    byte_fallback: Option<bool>,
    ignore_merges: Option<bool>,
    dropout: Option<Option<f32>>,
}

/// A vocabulary of strings and ids, or one of strings and scores.
enum VocabularySpec {
    Ids(Vocabulary),
    Scores(Vocabulary, Vec<f64>),
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "snake_case")]
enum Field {
    Type,
    Vocab,
    Merges,
    UnkToken,
    UnkId,
    ContinuingSubwordPrefix,
    EndOfWordSuffix,
    MaxInputCharsPerWord,
    FuseUnk,
    ByteFallback,
    IgnoreMerges,
    Dropout,
    #[serde(other)]
    Other,
}

impl<'de> Deserialize<'de> for ModelSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ModelVisitor)
    }
}

struct ModelVisitor;

/// Reads a value into its place, in which there must be none yet.
fn fill<'de, A: MapAccess<'de>, T: Deserialize<'de>>(place: &mut Option<T>, map: &mut A) -> Result<(), A::Error> {
    match place.replace(map.next_value()?) {
        None => Ok(()),
        Some(_) => Err(A::Error::custom("expected each field of the model once")),
    }
}

impl<'de> Visitor<'de> for ModelVisitor {
    type Value = ModelSpec;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a model")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ModelSpec, A::Error> {
        let mut spec = ModelSpec::default();
        while let Some(field) = map.next_key()? {
            match field {
                Field::Type => fill(&mut spec.kind, &mut map)?,
                Field::Vocab => fill(&mut spec.vocabulary, &mut map)?,
                Field::Merges => fill(&mut spec.merges, &mut map)?,
                Field::UnkToken => fill(&mut spec.unknown_token, &mut map)?,
                Field::UnkId => fill(&mut spec.unknown_id, &mut map)?,
                Field::ContinuingSubwordPrefix => fill(&mut spec.continuing_prefix, &mut map)?,
                Field::EndOfWordSuffix => fill(&mut spec.end_of_word_suffix, &mut map)?,
                Field::MaxInputCharsPerWord => fill(&mut spec.max_chars, &mut map)?,
                Field::FuseUnk => fill(&mut spec.fuse_unknown, &mut map)?,
                Field::ByteFallback => fill(&mut spec.byte_fallback, &mut map)?,
                Field::IgnoreMerges => fill(&mut spec.ignore_merges, &mut map)?,
                Field::Dropout => fill(&mut spec.dropout, &mut map)?,
                Field::Other => _ = map.next_value::<IgnoredAny>()?,
            }
        }
        Ok(spec)
    }
}

impl<'de> Deserialize<'de> for VocabularySpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(VocabularyVisitor)
    }
}

struct VocabularyVisitor;

impl<'de> Visitor<'de> for VocabularyVisitor {
    type Value = VocabularySpec;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of tokens and ids, or a list of tokens and scores")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<VocabularySpec, A::Error> {
        VocabularySeed.visit_map(map).map(VocabularySpec::Ids)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<VocabularySpec, A::Error> {
        let (mut vocabulary, mut scores) = (Vocabulary::default(), Vec::new());
        while let Some(score) = seq.next_element_seed(EntrySeed(&mut vocabulary))? {
            let id = u32::try_from(scores.len()).map_err(|_| A::Error::custom("expected less than 2^32 tokens"))?;
            vocabulary.push_id(id);
            scores.push(score);
        }
        Ok(VocabularySpec::Scores(vocabulary, scores))
    }
}

/// A token with its score.
struct EntrySeed<'a>(&'a mut Vocabulary);

impl<'de> DeserializeSeed<'de> for EntrySeed<'_> {
    type Value = f64;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<f64, D::Error> {
        deserializer.deserialize_tuple(2, self)
    }
}

impl<'de> Visitor<'de> for EntrySeed<'_> {
    type Value = f64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a token and a score")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<f64, A::Error> {
        seq.next_element_seed(TokenSeed(self.0))?.ok_or_else(|| A::Error::invalid_length(0, &self))?;
        let score = seq.next_element()?;
        score.ok_or_else(|| A::Error::custom("expected a score"))
    }
}

/// A model, and the unknown token as model2vec asks for it.
pub(super) struct BuiltModel {
    pub(super) model: Model,
    pub(super) unknown: Unknown,
}

/// model2vec 0.10.0, model.py, `_get_unk_token_id`.
pub(super) enum Unknown {
    None,
    Token(String),
    Id(u32),
}

impl ModelSpec {
    /// The kind that the file says, or the first that has all of its fields (tokenizers 0.23.2, models/mod.rs,
    /// `ModelUntagged`).
    fn kind(&self) -> Option<ModelKind> {
        if self.kind.is_some() {
            return self.kind;
        }
        match &self.vocabulary {
            Some(VocabularySpec::Scores(..)) => Some(ModelKind::Unigram),
            _ if self.merges.is_some() => Some(ModelKind::Bpe),
            _ if self.continuing_prefix.is_some() && self.max_chars.is_some() => Some(ModelKind::WordPiece),
            _ => Some(ModelKind::WordLevel),
        }
    }

    /// `None` for a model that is left to the reference path.
    pub(super) fn build(self) -> Option<BuiltModel> {
        match (self.kind()?, self.vocabulary?) {
            (ModelKind::Bpe, VocabularySpec::Ids(vocabulary)) => {
                let unknown_token = self.unknown_token.flatten();
                let unknown = unknown_token.clone().map_or(Unknown::None, Unknown::Token);
                let options = BpeOptions {
                    unknown_token,
                    fuse_unknown: self.fuse_unknown.unwrap_or(false),
                    byte_fallback: self.byte_fallback.unwrap_or(false),
                    ignore_merges: self.ignore_merges.unwrap_or(false),
                    continuing_prefix: self.continuing_prefix.flatten().unwrap_or_default(),
                    end_of_word_suffix: self.end_of_word_suffix.flatten().unwrap_or_default(),
                    dropout: self.dropout.flatten(),
                };
                let model = Model::Bpe(Box::new(Bpe::new(vocabulary, &self.merges?, options)?));
                Some(BuiltModel { model, unknown })
            }
            (ModelKind::Unigram, VocabularySpec::Scores(vocabulary, scores)) => {
                let unknown_id = self.unknown_id.flatten();
                let unknown = match unknown_id {
                    Some(id) => Unknown::Id(u32::try_from(id).ok()?),
                    None => Unknown::None,
                };
                let byte_fallback = self.byte_fallback.unwrap_or(false);
                let model = Model::Unigram(Unigram::new(vocabulary, &scores, unknown_id, byte_fallback)?);
                Some(BuiltModel { model, unknown })
            }
            (ModelKind::WordLevel, VocabularySpec::Ids(vocabulary)) => {
                let unknown_token = self.unknown_token??;
                let model = Model::WordLevel(WordLevel::new(vocabulary, &unknown_token)?);
                Some(BuiltModel { model, unknown: Unknown::Token(unknown_token) })
            }
            (ModelKind::WordPiece, VocabularySpec::Ids(vocabulary)) => {
                let unknown_token = self.unknown_token??;
                let prefix = self.continuing_prefix??;
                let model = Model::WordPiece(WordPiece::new(vocabulary, &unknown_token, &prefix, self.max_chars?)?);
                Some(BuiltModel { model, unknown: Unknown::Token(unknown_token) })
            }
            _ => None,
        }
    }
}
