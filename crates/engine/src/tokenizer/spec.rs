//! `tokenizer.json` as far as our own modules run it: one pass over the file, the vocabulary straight into its final place.
//!
//! What is not described here does not deserialize, and the error says where: then the file is left to the reference path, or broken.

use serde::de::{Error, IgnoredAny};
use serde::{Deserialize, Deserializer};

use super::model_spec::ModelSpec;
use super::normalizer::BertOptions;
use super::pre_tokenizer::Behavior;

/// A file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TokenizerSpec {
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
    pub(super) pre_tokenizer: Option<PreTokenizerSpec>,
    #[serde(rename = "post_processor")]
    _post_processor: Option<PostProcessorSpec>,
    #[serde(rename = "decoder")]
    _decoder: Option<IgnoredAny>,
    pub(super) model: ModelSpec,
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

/// What a part looks for.
#[derive(Deserialize)]
pub(super) enum PatternSpec {
    String(String),
    Regex(String),
}

#[derive(Deserialize)]
#[serde(tag = "type")]
pub(super) enum NormalizerSpec {
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
pub(super) struct BertNormalizerSpec {
    clean_text: bool,
    handle_chinese_chars: bool,
    strip_accents: Option<bool>,
    lowercase: bool,
}

impl BertNormalizerSpec {
    pub(super) fn options(&self) -> BertOptions {
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
pub(super) enum PreTokenizerSpec {
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
    /// `str_rep` of old files is ignored: the crate makes it from `replacement`.
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

/// Which pieces get the character that stands for a space.
#[derive(Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum PrependScheme {
    /// The one at the start of the text.
    First,
    Never,
    #[default]
    Always,
}

fn yes() -> bool {
    true
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
