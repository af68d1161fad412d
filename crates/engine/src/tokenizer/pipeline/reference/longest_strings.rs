//! The lengths of strings that the `tokenizers` crate makes much of, found before it reads the file.
//!
//! It keeps the pieces of a Unigram vocabulary in a trie with one node per byte, and drops it
//! recursively. At about 80 bytes of stack per level, a piece of 30,000 bytes overflows a stack of 2
//! MB and ends the process, and `catch_unwind` can't stop that. A pattern becomes a regex, whose
//! program has about 200 bytes for each of the pattern's, and takes seconds to make for some 100 KB.
//! What is put into texts is put there for each match or each character, and a token's string is
//! copied for each time that it is found.

use std::fmt;

use serde::Deserializer;
use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::tokenizer::normalizer::longest_replacement;

/// Lengths in bytes; 0 of what there is none of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Longest {
    /// Of the pieces of a Unigram vocabulary.
    pub(super) piece: usize,
    /// Of the patterns of normalizers, pre-tokenizers and decoders.
    pub(super) pattern: usize,
    /// Of what normalizers and models put into texts, and of what tokens are called.
    pub(super) insertion: usize,
    /// The sum of all added tokens.
    pub(super) added: usize,
    /// The number of pieces of the post-processor's template; of several templates the product.
    pub(super) pieces: usize,
}

impl Longest {
    fn and(self, other: Self) -> Self {
        Self {
            piece: self.piece.max(other.piece),
            pattern: self.pattern.max(other.pattern),
            insertion: self.insertion.max(other.insertion),
            added: self.added.saturating_add(other.added),
            pieces: self.pieces.max(1).saturating_mul(other.pieces.max(1)),
        }
    }
}

/// The lengths of the longest strings. If a name comes twice, both values count, whichever the crate uses.
///
/// # Errors
/// If the file is not JSON.
pub(super) fn longest_strings(json: &[u8]) -> serde_json::Result<Longest> {
    let mut parser = serde_json::Deserializer::from_slice(json);
    let longest = Place::File.deserialize(&mut parser)?;
    parser.end()?;
    Ok(longest)
}

/// Where in the file a value is that may hold such strings.
#[derive(Clone, Copy)]
enum Place {
    File,
    Model,
    Vocabulary,
    /// A piece with its score.
    Entry,
    Piece,
    /// A normalizer or a pre-tokenizer, or something in it. A string in it without a name of its own
    /// may be anything: the crate also reads components that are written as a list of their values.
    Component,
    /// A decoder, which is never run, or something in it.
    Decoder,
    PostProcessor,
    Template,
    /// The list of added tokens, or one of them.
    AddedTokens,
    AddedToken,
    /// A pattern, or an object that says of which kind it is.
    Pattern,
    Insertion,
    /// A map of characters to what is put in their place.
    Charsmap,
}

impl<'de> DeserializeSeed<'de> for Place {
    type Value = Longest;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Longest, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Place {
    type Value = Longest;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Longest, A::Error> {
        let mut longest = Longest::default();
        while let Some(key) = map.next_key::<String>()? {
            let found = match (self, key.as_str()) {
                (Self::File, "model") => map.next_value_seed(Self::Model)?,
                (Self::File, "normalizer" | "pre_tokenizer") => map.next_value_seed(Self::Component)?,
                (Self::File, "decoder") => map.next_value_seed(Self::Decoder)?,
                (Self::File, "post_processor") => map.next_value_seed(Self::PostProcessor)?,
                (Self::File, "added_tokens") => map.next_value_seed(Self::AddedTokens)?,
                (Self::Model, "vocab") => map.next_value_seed(Self::Vocabulary)?,
                (Self::Model, "continuing_subword_prefix" | "end_of_word_suffix" | "unk_token") => {
                    map.next_value_seed(Self::Insertion)?
                }
                (Self::Vocabulary, token) => {
                    let named = Longest { insertion: token.len(), ..Longest::default() };
                    map.next_value::<IgnoredAny>().map(|_| named)?
                }
                (Self::Component, "precompiled_charsmap") => map.next_value_seed(Self::Charsmap)?,
                (Self::Component | Self::Decoder, "pattern") | (Self::Pattern, _) => {
                    map.next_value_seed(Self::Pattern)?
                }
                (Self::PostProcessor, "single") => map.next_value_seed(Self::Template)?,
                (Self::AddedTokens, "content") => map.next_value_seed(Self::AddedToken)?,
                (Self::Component | Self::Decoder | Self::PostProcessor, _) => map.next_value_seed(self)?,
                _ => map.next_value::<IgnoredAny>().map(|_| Longest::default())?,
            };
            longest = longest.and(found);
        }
        Ok(longest)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Longest, A::Error> {
        let mut longest = Longest::default();
        let inner = match self {
            Self::Vocabulary => Self::Entry,
            Self::Entry => Self::Piece,
            Self::Component | Self::Decoder | Self::PostProcessor | Self::AddedTokens => self,
            Self::Template => {
                while seq.next_element::<IgnoredAny>()?.is_some() {
                    longest.pieces += 1;
                }
                return Ok(longest);
            }
            _ => {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                return Ok(longest);
            }
        };
        while let Some(found) = seq.next_element_seed(inner)? {
            longest = longest.and(found);
        }
        Ok(longest)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Longest, E> {
        let none = Longest::default();
        Ok(match self {
            Self::Piece => Longest { piece: text.len(), ..none },
            Self::Pattern => Longest { pattern: text.len(), ..none },
            Self::Insertion | Self::Component => Longest { insertion: text.len(), ..none },
            Self::AddedToken => Longest { added: text.len(), ..none },
            Self::Charsmap => Longest { insertion: longest_replacement(text), ..none },
            _ => none,
        })
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Longest, E> {
        Ok(Longest::default())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Longest, E> {
        Ok(Longest::default())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Longest, E> {
        Ok(Longest::default())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Longest, E> {
        Ok(Longest::default())
    }

    fn visit_unit<E: Error>(self) -> Result<Longest, E> {
        Ok(Longest::default())
    }
}

#[cfg(test)]
mod tests {
    use super::longest_strings;

    fn longest(json: &str) -> usize {
        longest_strings(json.as_bytes()).unwrap().piece
    }

    #[test]
    fn the_longest_piece_is_counted_in_bytes() {
        assert_eq!(
            longest(r#"{"a": [["long"]], "model": {"type": "Unigram", "vocab": [["<s>", 0.0], ["▁é", -1], []]}}"#),
            5
        );
        assert_eq!(longest(r#"{"model": {"vocab": []}, "model": {"vocab": [["abc", 1]], "vocab": [["b", 1]]}}"#), 3);
    }

    #[test]
    fn a_file_of_another_kind_has_no_pieces() {
        for json in [
            r#"{"model": {"type": "BPE", "vocab": {"long": 0}, "merges": [["l", "o"]]}}"#,
            r#"{"model": {"vocab": "text"}}"#,
            r#"{"model": [[["text"]]], "normalizer": null, "version": "1.0", "n": 1, "m": -1, "o": 0.5, "p": true}"#,
            "[]",
            "null",
        ] {
            assert_eq!(longest(json), 0, "{json}");
        }
        assert!(longest_strings(b"{").is_err());
        assert!(longest_strings(b"{} x").is_err());
        assert!(longest_strings(&b"[".repeat(100_000)).is_err());
    }

    #[test]
    fn the_longest_pattern_is_that_of_any_component() {
        for (json, pattern) in [
            (r#"{"normalizer": {"type": "Replace", "pattern": {"String": "abc"}, "content": "longer"}}"#, 3),
            (r#"{"pre_tokenizer": {"pretokenizers": [{"pattern": {"Regex": "a"}}, {"pattern": "é"}]}}"#, 2),
            (r#"{"decoder": {"decoders": [{"pattern": {"String": "abcd"}, "pattern": {"Regex": "a"}}]}}"#, 4),
            (r#"{"model": {"pattern": "abc", "vocab": {}}, "pattern": "abc", "normalizer": null}"#, 0),
        ] {
            assert_eq!(longest_strings(json.as_bytes()).unwrap().pattern, pattern, "{json}");
        }
    }

    #[test]
    fn what_is_put_into_texts_is_found_in_normalizers_maps_and_models() {
        for (json, insertion) in [
            (r#"{"normalizer": {"type": "Replace", "pattern": {"String": "abc"}, "content": "some words"}}"#, 10),
            (
                r#"{"normalizer": {"normalizers": [{"prepend": "abcdéfghijk"}, {"content": "a"}]}, "content": "abc"}"#,
                12,
            ),
            (r#"{"model": {"continuing_subword_prefix": "@@", "end_of_word_suffix": "</w>", "unk_token": "a"}}"#, 4),
            (r#"{"model": {"continuing_subword_prefix": "@@", "unk_token": "[UNK]"}}"#, 5),
            (r#"{"model": {"vocab": {"a": 0, "token": 1}}}"#, 5),
            // Components as lists of their values.
            (r#"{"normalizer": [{"String": " "}, "content", ["prepended"]]}"#, 9),
            (r#"{"decoder": {"type": "Replace", "pattern": {"String": "abc"}, "content": "four"}}"#, 0),
            // An array of one unit, and the strings "a" and "bc", with padding and without.
            (r#"{"normalizer": {"precompiled_charsmap": "BAAAAAAAAABhAGJjAA=="}}"#, 2),
            (r#"{"normalizer": {"precompiled_charsmap": "BAAAAAAAAABhAGJjAA"}}"#, 2),
            (r#"{"normalizer": {"precompiled_charsmap": "BAAAAA"}}"#, 0),
        ] {
            assert_eq!(longest_strings(json.as_bytes()).unwrap().insertion, insertion, "{json}");
        }
    }
    #[test]
    fn added_tokens_are_summed_up_and_the_pieces_of_templates_are_multiplied() {
        let found = longest_strings(
            br#"{"added_tokens": [{"id": 0, "content": "abc"}, {"content": "de"}], "post_processor": {"processors":
            [{"type": "ByteLevel"}, {"single": [{"Sequence": {"id": "A"}}, {"SpecialToken": {}}]}, {"single": [1, 2, 3]}]}}"#,
        );
        let found = found.unwrap();
        assert_eq!((found.added, found.pieces), (5, 6));
    }
}
