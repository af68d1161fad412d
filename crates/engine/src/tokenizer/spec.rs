//! `tokenizer.json` as far as our own modules run it: read in one pass, the vocabulary straight into its final place.
//!
//! What is not of the kind described here does not deserialize: then the file is another module's, or broken.

use std::fmt;

use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::vocabulary::Vocabulary;

/// A file of the BERT kind.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BertFile {
    #[serde(rename = "version")]
    _version: Option<Version>,
    /// Set by model2vec, whatever the file says; padding too.
    #[serde(rename = "truncation")]
    _truncation: Option<IgnoredAny>,
    #[serde(rename = "padding")]
    _padding: Option<IgnoredAny>,
    #[serde(default)]
    pub(super) added_tokens: Vec<AddedTokenSpec>,
    pub(super) normalizer: Option<NormalizerSpec>,
    #[serde(rename = "pre_tokenizer")]
    _pre_tokenizer: PreTokenizerSpec,
    #[serde(rename = "post_processor")]
    _post_processor: Option<PostProcessorSpec>,
    #[serde(rename = "decoder")]
    _decoder: Option<IgnoredAny>,
    pub(super) model: WordPieceSpec,
}

#[derive(Deserialize)]
pub(super) enum Version {
    #[serde(rename = "1.0")]
    One,
}

#[derive(Deserialize)]
pub(super) struct AddedTokenSpec {
    /// The `tokenizers` crate asks for a number, and gives its own.
    #[serde(rename = "id")]
    _id: u32,
    pub(super) content: String,
    pub(super) single_word: bool,
    pub(super) lstrip: bool,
    pub(super) rstrip: bool,
    pub(super) normalized: bool,
    #[serde(rename = "special")]
    _special: bool,
}

#[derive(Deserialize)]
pub(super) struct NormalizerSpec {
    #[serde(rename = "type")]
    _kind: NormalizerKind,
    pub(super) clean_text: bool,
    pub(super) handle_chinese_chars: bool,
    pub(super) strip_accents: Option<bool>,
    pub(super) lowercase: bool,
}

#[derive(Deserialize)]
enum NormalizerKind {
    #[serde(alias = "Bert")]
    BertNormalizer,
}

#[derive(Deserialize)]
struct PreTokenizerSpec {
    #[serde(rename = "type")]
    _kind: PreTokenizerKind,
}

#[derive(Deserialize)]
enum PreTokenizerKind {
    BertPreTokenizer,
}

/// Post-processors run even without special tokens. These leave the ids of one text alone.
#[derive(Deserialize)]
#[serde(tag = "type")]
pub(super) enum PostProcessorSpec {
    #[serde(rename = "BertProcessing")]
    Bert,
    #[serde(rename = "RobertaProcessing")]
    Roberta,
    #[serde(rename = "TemplateProcessing")]
    Template {
        #[serde(rename = "single")]
        _single: SingleTemplate,
    },
    ByteLevel,
    Sequence {
        #[serde(rename = "processors")]
        _processors: Vec<Self>,
    },
}

/// A template in which the text comes once.
pub(super) struct SingleTemplate;

#[derive(Deserialize)]
enum TemplatePiece {
    SpecialToken(IgnoredAny),
    Sequence { id: SequenceId },
}

#[derive(Deserialize, PartialEq, Eq)]
enum SequenceId {
    A,
    B,
}

impl<'de> Deserialize<'de> for SingleTemplate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let pieces = Vec::<TemplatePiece>::deserialize(deserializer)?;
        let texts: Vec<_> = pieces.iter().filter(|piece| !matches!(piece, TemplatePiece::SpecialToken(_))).collect();
        match texts.as_slice() {
            [TemplatePiece::Sequence { id: SequenceId::A }] => Ok(Self),
            _ => Err(D::Error::custom("expected a template with the text in it once")),
        }
    }
}

/// The model. Without a `type`, it is WordPiece if it has all of its fields, and not those of a BPE (tokenizers 0.23.2,
/// models/mod.rs, `ModelUntagged`).
pub(super) struct WordPieceSpec {
    pub(super) unknown_token: String,
    pub(super) prefix: String,
    pub(super) max_chars: usize,
    pub(super) vocabulary: Vocabulary,
}

#[derive(Deserialize)]
enum ModelKind {
    WordPiece,
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "snake_case")]
enum ModelField {
    Type,
    UnkToken,
    ContinuingSubwordPrefix,
    MaxInputCharsPerWord,
    Vocab,
    Merges,
    #[serde(other)]
    Other,
}

impl<'de> Deserialize<'de> for WordPieceSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(WordPieceVisitor)
    }
}

struct WordPieceVisitor;

impl<'de> Visitor<'de> for WordPieceVisitor {
    type Value = WordPieceSpec;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a WordPiece model")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<WordPieceSpec, A::Error> {
        let (mut kind, mut unknown_token, mut prefix, mut max_chars, mut vocabulary) = (None, None, None, None, None);
        let mut has_merges = false;
        while let Some(field) = map.next_key()? {
            let is_repeated = match field {
                ModelField::Type => kind.replace(map.next_value::<ModelKind>()?).is_some(),
                ModelField::UnkToken => unknown_token.replace(map.next_value()?).is_some(),
                ModelField::ContinuingSubwordPrefix => prefix.replace(map.next_value()?).is_some(),
                ModelField::MaxInputCharsPerWord => max_chars.replace(map.next_value()?).is_some(),
                ModelField::Vocab => vocabulary.replace(map.next_value_seed(VocabularySeed)?).is_some(),
                ModelField::Merges => {
                    map.next_value::<IgnoredAny>()?;
                    std::mem::replace(&mut has_merges, true)
                }
                ModelField::Other => map.next_value::<IgnoredAny>().map(|_| false)?,
            };
            if is_repeated {
                return Err(A::Error::custom("expected each field of the model once"));
            }
        }
        if kind.is_none() && has_merges {
            return Err(A::Error::custom("expected a WordPiece model, found one with merges"));
        }
        Ok(WordPieceSpec {
            unknown_token: unknown_token.ok_or_else(|| A::Error::missing_field("unk_token"))?,
            prefix: prefix.ok_or_else(|| A::Error::missing_field("continuing_subword_prefix"))?,
            max_chars: max_chars.ok_or_else(|| A::Error::missing_field("max_input_chars_per_word"))?,
            vocabulary: vocabulary.ok_or_else(|| A::Error::missing_field("vocab"))?,
        })
    }
}

/// An object of strings and ids.
pub(super) struct VocabularySeed;

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

/// A string that goes into the vocabulary without a string of its own.
pub(super) struct TokenSeed<'a>(pub(super) &'a mut Vocabulary);

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
