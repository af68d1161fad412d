//! `tokenizer.json` of any kind, as far as our own modules run it.
//!
//! As in [`crate::tokenizer::spec`], what is not described here does not deserialize.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::model_spec::ModelSpec;
use crate::tokenizer::pre_tokenizer::Behavior;
use crate::tokenizer::spec::{AddedTokenSpec, PostProcessorSpec, Version};

/// A file of any kind.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GenericFile {
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
    BertNormalizer {
        clean_text: bool,
        handle_chinese_chars: bool,
        strip_accents: Option<bool>,
        lowercase: bool,
    },
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
