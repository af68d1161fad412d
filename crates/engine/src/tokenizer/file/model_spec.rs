//! The `model` of a file, of any kind. Its fields may come in any order, so all are read before the
//! kind is known.

use std::fmt;

use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::insertion::check_insertion;
use super::unsupported::Unsupported;
use super::vocabulary::Vocabulary;
use crate::tokenizer::index::piece_trie::PieceTrie;
use crate::tokenizer::model::bpe::{Bpe, BpeOptions, MergeList};
use crate::tokenizer::model::unigram::Unigram;
use crate::tokenizer::model::word_level::WordLevel;
use crate::tokenizer::model::{Model, WordPiece};

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
pub(in crate::tokenizer) enum ModelKind {
    #[serde(rename = "BPE")]
    Bpe,
    WordPiece,
    WordLevel,
    Unigram,
}

/// The fields of all kinds. A kind ignores the fields of other kinds. A field whose value has
/// another type than here leaves the file to the reference path.
#[derive(Default)]
pub(in crate::tokenizer) struct ModelSpec {
    kind: Option<ModelKind>,
    pub(super) vocabulary: Option<VocabularySpec>,
    pub(super) merges: Option<MergeList>,
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

/// A vocabulary of strings and ids, one of strings and scores, or one of strings and ids that is a
/// trie already (`prepared.rs`).
#[derive(Debug, PartialEq)]
pub(super) enum VocabularySpec {
    Ids(Vocabulary),
    Scores(Vocabulary, Vec<f64>),
    Pieces(PieceTrie),
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

/// Reads a value into its place, which must still be empty.
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
            let id = u32::try_from(scores.len()).map_err(|_| A::Error::custom("expected fewer than 2^32 tokens"))?;
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

/// An object of strings and ids.
struct VocabularySeed;

impl<'de> DeserializeSeed<'de> for VocabularySeed {
    type Value = Vocabulary;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Vocabulary, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for VocabularySeed {
    type Value = Vocabulary;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of tokens and ids")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Vocabulary, A::Error> {
        let mut vocabulary = Vocabulary::default();
        while map.next_key_seed(TokenSeed(&mut vocabulary))?.is_some() {
            vocabulary.push_id(map.next_value()?);
        }
        Ok(vocabulary)
    }
}

/// A string that is appended to the vocabulary without being copied to a `String` first.
struct TokenSeed<'a>(&'a mut Vocabulary);

impl<'de> DeserializeSeed<'de> for TokenSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for TokenSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a token")
    }

    fn visit_str<E: Error>(self, token: &str) -> Result<(), E> {
        self.0.push_token(token).ok_or_else(|| E::custom("expected a vocabulary of less than 4 GiB"))
    }
}

/// A model, and the unknown token that model2vec drops.
pub(in crate::tokenizer) struct BuiltModel {
    pub(in crate::tokenizer) model: Model,
    pub(in crate::tokenizer) unknown: Unknown,
}

/// model2vec 0.10.0, model.py, `_get_unk_token_id`.
pub(in crate::tokenizer) enum Unknown {
    None,
    Token(String),
    Id(u32),
}

impl ModelSpec {
    /// Takes the values of `vocab` and `merges` that were not read by serde.
    pub(super) fn fill_large(&mut self, vocabulary: VocabularySpec, merges: Option<MergeList>) {
        self.vocabulary = Some(vocabulary);
        self.merges = merges.or(self.merges.take());
    }

    /// The kind that the file names, or the first kind whose fields it has (tokenizers 0.23.2,
    /// models/mod.rs, `ModelUntagged`).
    pub(in crate::tokenizer) fn kind(&self) -> ModelKind {
        match (self.kind, &self.vocabulary) {
            (Some(kind), _) => kind,
            (None, Some(VocabularySpec::Scores(..))) => ModelKind::Unigram,
            _ if self.merges.is_some() => ModelKind::Bpe,
            _ if self.continuing_prefix.is_some() && self.max_chars.is_some() => ModelKind::WordPiece,
            _ => ModelKind::WordLevel,
        }
    }

    /// The model.
    ///
    /// # Errors
    /// Why only the reference path runs the model.
    pub(in crate::tokenizer) fn build(mut self) -> Result<BuiltModel, Unsupported> {
        let kind = self.kind();
        match (kind, self.vocabulary.take().ok_or_else(|| missing("vocab"))?) {
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
                check_insertion("continuing_subword_prefix", &options.continuing_prefix)?;
                check_insertion("end_of_word_suffix", &options.end_of_word_suffix)?;
                let merges = self.merges.ok_or_else(|| missing("merges"))?;
                let model = Model::Bpe(Box::new(Bpe::new(vocabulary, &merges, options)?));
                Ok(BuiltModel { model, unknown })
            }
            (ModelKind::Unigram, VocabularySpec::Scores(vocabulary, scores)) => {
                let unknown_id = self.unknown_id.flatten();
                let unknown =
                    match unknown_id {
                        Some(id) => Unknown::Id(u32::try_from(id).map_err(|_| {
                            Unsupported::new(format!("`unk_id` of the model is {id}, which is not an id"))
                        })?),
                        None => Unknown::None,
                    };
                let byte_fallback = self.byte_fallback.unwrap_or(false);
                let model = Model::Unigram(Unigram::new(vocabulary, scores, unknown_id, byte_fallback)?);
                Ok(BuiltModel { model, unknown })
            }
            (ModelKind::WordLevel, VocabularySpec::Ids(vocabulary)) => {
                let unknown_token = self.unknown_token.flatten().ok_or_else(|| missing("unk_token"))?;
                let model = Model::WordLevel(WordLevel::new(vocabulary, &unknown_token)?);
                Ok(BuiltModel { model, unknown: Unknown::Token(unknown_token) })
            }
            (ModelKind::WordPiece, VocabularySpec::Ids(vocabulary)) => self
                .build_word_piece(|unknown, prefix, max_chars| WordPiece::new(vocabulary, unknown, prefix, max_chars)),
            (ModelKind::WordPiece, VocabularySpec::Pieces(pieces)) => {
                self.build_word_piece(|unknown, prefix, max_chars| {
                    WordPiece::of_pieces(pieces, unknown, prefix, max_chars)
                })
            }
            (_, VocabularySpec::Pieces(_)) => Err(Unsupported::new("only WordPiece takes its vocabulary as a trie")),
            (ModelKind::Unigram, VocabularySpec::Ids(_)) => {
                Err(Unsupported::new("the vocabulary of the Unigram model has no scores"))
            }
            (_, VocabularySpec::Scores(..)) => Err(Unsupported::new("the model's vocabulary is a list, not an object")),
        }
    }
    fn build_word_piece(
        self,
        build: impl FnOnce(&str, &str, usize) -> Result<WordPiece, Unsupported>,
    ) -> Result<BuiltModel, Unsupported> {
        let unknown_token = self.unknown_token.flatten().ok_or_else(|| missing("unk_token"))?;
        let prefix = self.continuing_prefix.flatten().ok_or_else(|| missing("continuing_subword_prefix"))?;
        let max_chars = self.max_chars.ok_or_else(|| missing("max_input_chars_per_word"))?;
        let model = Model::WordPiece(build(&unknown_token, &prefix, max_chars)?);
        Ok(BuiltModel { model, unknown: Unknown::Token(unknown_token) })
    }
}

fn missing(field: &str) -> Unsupported {
    Unsupported::new(format!("the model has no `{field}`"))
}
