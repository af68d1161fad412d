//! The part of `tokenizer.json` that our own modules can run. The file is read in one pass, and the
//! vocabulary goes straight to its final place.
//!
//! Anything not described here does not deserialize, and the error says where. The file is then
//! left to the reference path, or is broken.

use serde::de::{Error, IgnoredAny};
use serde::{Deserialize, Deserializer};

use super::model_spec::ModelSpec;
use crate::tokenizer::normalizer::BertOptions;
use crate::tokenizer::pre_tokenizer::Behavior;

/// A whole file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::tokenizer) struct TokenizerSpec {
    #[serde(rename = "version")]
    _version: Option<Version>,
    /// model2vec sets truncation and padding itself, whatever the file says.
    #[serde(rename = "truncation")]
    _truncation: Option<IgnoredAny>,
    #[serde(rename = "padding")]
    _padding: Option<IgnoredAny>,
    #[serde(default)]
    pub(in crate::tokenizer) added_tokens: Vec<AddedTokenSpec>,
    pub(in crate::tokenizer) normalizer: Option<NormalizerSpec>,
    pub(in crate::tokenizer) pre_tokenizer: Option<PreTokenizerSpec>,
    #[serde(rename = "post_processor")]
    _post_processor: Option<PostProcessorSpec>,
    #[serde(rename = "decoder")]
    _decoder: Option<IgnoredAny>,
    pub(in crate::tokenizer) model: ModelSpec,
}

#[derive(Deserialize)]
pub(in crate::tokenizer) enum Version {
    #[serde(rename = "1.0")]
    One,
}

#[derive(Deserialize)]
pub(in crate::tokenizer) struct AddedTokenSpec {
    /// The `tokenizers` crate requires a number here, but assigns its own.
    #[serde(rename = "id")]
    _id: u32,
    pub(in crate::tokenizer) content: String,
    pub(in crate::tokenizer) single_word: bool,
    pub(in crate::tokenizer) lstrip: bool,
    pub(in crate::tokenizer) rstrip: bool,
    pub(in crate::tokenizer) normalized: bool,
    #[serde(rename = "special")]
    _special: bool,
}

/// The pattern of a normalizer or pre-tokenizer.
#[derive(Deserialize)]
pub(in crate::tokenizer) enum PatternSpec {
    String(String),
    Regex(String),
}

#[derive(Deserialize)]
#[serde(tag = "type")]
pub(in crate::tokenizer) enum NormalizerSpec {
    #[serde(alias = "Bert")]
    BertNormalizer(BertNormalizerSpec),
    Strip {
        strip_left: bool,
        strip_right: bool,
    },
    StripAccents,
    #[serde(rename = "NFC")]
    Nfc,
    #[serde(rename = "NFD")]
    Nfd,
    #[serde(rename = "NFKC")]
    Nfkc,
    #[serde(rename = "NFKD")]
    Nfkd,
    Sequence {
        normalizers: Vec<Self>,
    },
    Lowercase,
    Nmt,
    Precompiled {
        precompiled_charsmap: String,
    },
    Replace {
        pattern: PatternSpec,
        content: String,
    },
    Prepend {
        prepend: String,
    },
    ByteLevel,
}

#[derive(Deserialize)]
pub(in crate::tokenizer) struct BertNormalizerSpec {
    clean_text: bool,
    handle_chinese_chars: bool,
    strip_accents: Option<bool>,
    lowercase: bool,
}

impl BertNormalizerSpec {
    pub(in crate::tokenizer) fn options(&self) -> BertOptions {
        let Self { clean_text, handle_chinese_chars, lowercase, .. } = *self;
        // tokenizers 0.23.2, normalizers/bert.rs, `normalize`.
        BertOptions {
            clean_text,
            handle_chinese_chars,
            strip_accents: self.strip_accents.unwrap_or(lowercase),
            lowercase,
        }
    }
}

#[derive(Deserialize)]
#[serde(tag = "type")]
pub(in crate::tokenizer) enum PreTokenizerSpec {
    BertPreTokenizer,
    ByteLevel {
        add_prefix_space: bool,
        #[serde(rename = "trim_offsets")]
        _trim_offsets: bool,
        #[serde(default = "yes")]
        use_regex: bool,
    },
    CharDelimiterSplit {
        delimiter: char,
    },
    /// The `str_rep` of old files is ignored: the crate derives it from `replacement`.
    Metaspace {
        replacement: char,
        add_prefix_space: Option<bool>,
        #[serde(default)]
        prepend_scheme: PrependScheme,
        split: Option<bool>,
    },
    Whitespace,
    WhitespaceSplit,
    Sequence {
        pretokenizers: Vec<Self>,
    },
    Split {
        pattern: PatternSpec,
        behavior: Behavior,
        invert: bool,
    },
    Punctuation {
        #[serde(default)]
        behavior: Behavior,
    },
    Digits {
        individual_digits: bool,
    },
}

/// Which pieces get the replacement of a space before them.
#[derive(Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::tokenizer) enum PrependScheme {
    /// The piece at the start of the text.
    First,
    Never,
    #[default]
    Always,
}

fn yes() -> bool {
    true
}

/// The post-processors that don't change the ids of a single text. Post-processors run even without
/// special tokens.
#[derive(Deserialize)]
#[serde(tag = "type")]
pub(in crate::tokenizer) enum PostProcessorSpec {
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

/// A template that contains the text once.
pub(in crate::tokenizer) struct SingleTemplate;

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
            _ => Err(D::Error::custom("expected a template that contains the text once")),
        }
    }
}
