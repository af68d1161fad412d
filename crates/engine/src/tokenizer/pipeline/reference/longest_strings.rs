//! The lengths of strings that the `tokenizers` crate makes much of, found before it reads the file.
//!
//! It keeps the pieces of a Unigram vocabulary in a trie with one node per byte, and drops it
//! recursively. At about 80 bytes of stack per level, a piece of 30,000 bytes overflows a stack of 2
//! MB and ends the process, and `catch_unwind` can't stop that. A pattern becomes a regex, whose
//! program has about 200 bytes for each of the pattern's, and takes seconds to make for some 100 KB.
//! What is put into texts is put there for each match, or each character.

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
    /// Of what normalizers and models put into texts.
    pub(super) insertion: usize,
}

impl Longest {
    fn and(self, other: Self) -> Self {
        Self {
            piece: self.piece.max(other.piece),
            pattern: self.pattern.max(other.pattern),
            insertion: self.insertion.max(other.insertion),
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
    /// A normalizer, a pre-tokenizer or a decoder, or something in it.
    Component,
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
                (Self::File, "normalizer" | "pre_tokenizer" | "decoder") => map.next_value_seed(Self::Component)?,
                (Self::Model, "vocab") => map.next_value_seed(Self::Vocabulary)?,
                (Self::Model, "continuing_subword_prefix" | "end_of_word_suffix")
                | (Self::Component, "content" | "prepend") => map.next_value_seed(Self::Insertion)?,
                (Self::Component, "precompiled_charsmap") => map.next_value_seed(Self::Charsmap)?,
                (Self::Component, "pattern") | (Self::Pattern, _) => map.next_value_seed(Self::Pattern)?,
                (Self::Component, _) => map.next_value_seed(Self::Component)?,
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
            Self::Component => Self::Component,
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
            Self::Insertion => Longest { insertion: text.len(), ..none },
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
            (r#"{"normalizer": {"type": "Replace", "pattern": {"String": "abc"}, "content": "four"}}"#, 4),
            (r#"{"normalizer": {"normalizers": [{"prepend": "é"}, {"content": "a"}]}, "content": "abc"}"#, 2),
            (r#"{"model": {"continuing_subword_prefix": "@@", "end_of_word_suffix": "</w>", "unk_token": "long"}}"#, 4),
            // An array of one unit, and the strings "a" and "bc", with padding and without.
            (r#"{"normalizer": {"type": "Precompiled", "precompiled_charsmap": "BAAAAAAAAABhAGJjAA=="}}"#, 2),
            (r#"{"normalizer": {"type": "Precompiled", "precompiled_charsmap": "BAAAAAAAAABhAGJjAA"}}"#, 2),
            (r#"{"normalizer": {"type": "Precompiled", "precompiled_charsmap": "BAAAAA"}}"#, 0),
        ] {
            assert_eq!(longest_strings(json.as_bytes()).unwrap().insertion, insertion, "{json}");
        }
    }
}
