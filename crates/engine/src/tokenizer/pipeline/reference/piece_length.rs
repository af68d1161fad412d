//! The length of the longest piece of a Unigram vocabulary, found before the `tokenizers` crate
//! reads the file.
//!
//! The crate keeps the pieces in a trie with one node per byte, and drops it recursively. At about
//! 80 bytes of stack per level, a piece of 30,000 bytes overflows a stack of 2 MB and ends the
//! process, and `catch_unwind` can't stop that.

use std::fmt;

use serde::Deserializer;
use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// The length of the longest piece in bytes, 0 if the file has no Unigram vocabulary. If a name
/// comes twice, both values count, whichever the crate uses.
///
/// # Errors
/// If the file is not JSON.
pub(super) fn longest_piece(json: &[u8]) -> serde_json::Result<usize> {
    let mut parser = serde_json::Deserializer::from_slice(json);
    let longest = Place::File.deserialize(&mut parser)?;
    parser.end()?;
    Ok(longest)
}

/// Where in the file a value is that may hold pieces.
#[derive(Clone, Copy)]
enum Place {
    File,
    Model,
    Vocabulary,
    /// A piece with its score.
    Entry,
    Piece,
}

impl<'de> DeserializeSeed<'de> for Place {
    type Value = usize;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<usize, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Place {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<usize, A::Error> {
        let mut longest = 0;
        while let Some(key) = map.next_key::<String>()? {
            let found = match (self, key.as_str()) {
                (Self::File, "model") => map.next_value_seed(Self::Model)?,
                (Self::Model, "vocab") => map.next_value_seed(Self::Vocabulary)?,
                _ => map.next_value::<IgnoredAny>().map(|_| 0)?,
            };
            longest = longest.max(found);
        }
        Ok(longest)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<usize, A::Error> {
        let mut longest = 0;
        let inner = match self {
            Self::Vocabulary => Self::Entry,
            Self::Entry => Self::Piece,
            _ => {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                return Ok(0);
            }
        };
        while let Some(found) = seq.next_element_seed(inner)? {
            longest = longest.max(found);
        }
        Ok(longest)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<usize, E> {
        Ok(if matches!(self, Self::Piece) { text.len() } else { 0 })
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<usize, E> {
        Ok(0)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<usize, E> {
        Ok(0)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<usize, E> {
        Ok(0)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<usize, E> {
        Ok(0)
    }

    fn visit_unit<E: Error>(self) -> Result<usize, E> {
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use super::longest_piece;

    fn longest(json: &str) -> usize {
        longest_piece(json.as_bytes()).unwrap()
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
        assert!(longest_piece(b"{").is_err());
        assert!(longest_piece(b"{} x").is_err());
        assert!(longest_piece(&b"[".repeat(100_000)).is_err());
    }
}
