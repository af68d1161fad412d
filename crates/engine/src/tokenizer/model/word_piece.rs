//! WordPiece: the longest token that a word starts with, then the longest that continues it (tokenizers 0.23.2,
//! models/wordpiece/mod.rs, `tokenize`).

use crate::tokenizer::EncodeError;
use crate::tokenizer::piece_trie::{PieceTrie, Start};
use crate::tokenizer::vocabulary::Vocabulary;

/// The model of one file.
#[derive(Debug)]
pub(in crate::tokenizer) struct WordPiece {
    vocabulary: Vocabulary,
    pieces: PieceTrie,
    /// Behind the prefix of continuing pieces; `None` where there are none.
    continuing: Option<Start>,
    unknown: Option<u32>,
    max_chars: usize,
}

/// A limit beyond which the search for the longest piece could take a time quadratic in the length of a word.
const MAX_CHARS_LIMIT: usize = 1000;

impl WordPiece {
    /// `None` where this vocabulary, or a limit so large, is left to the reference path.
    pub(in crate::tokenizer) fn new(
        vocabulary: Vocabulary,
        unknown_token: &str,
        prefix: &str,
        max_chars: usize,
    ) -> Option<Self> {
        let pieces = PieceTrie::build(&vocabulary)?;
        let continuing = pieces.behind(prefix.as_bytes());
        let unknown = pieces.get(unknown_token.as_bytes());
        (max_chars <= MAX_CHARS_LIMIT).then_some(Self { vocabulary, pieces, continuing, unknown, max_chars })
    }

    pub(in crate::tokenizer) fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    /// The id of a whole string.
    pub(in crate::tokenizer) fn id(&self, token: &str) -> Option<u32> {
        self.pieces.get(token.as_bytes())
    }

    /// How many ids one word has at most.
    pub(in crate::tokenizer) fn max_ids(&self) -> usize {
        self.max_chars.max(1)
    }

    /// Puts the ids of `word`, valid UTF-8, at the start of `ids`, and returns how many there are. `ids` has room for as many as
    /// the word has bytes, or for [`Self::max_ids`].
    ///
    /// # Errors
    /// Where the word is unknown, and there is no unknown token.
    pub(in crate::tokenizer) fn tokenize(&self, word: &[u8], ids: &mut [u32]) -> Result<usize, EncodeError> {
        if word.len() > self.max_chars && char_count(word) > self.max_chars {
            return self.unknown(ids);
        }
        let (mut rest, mut count, mut from) = (word, 0, Some(PieceTrie::root()));
        while !rest.is_empty() {
            let Some((len, id)) = from.and_then(|from| self.pieces.longest_prefix(from, rest)) else {
                return self.unknown(ids);
            };
            ids[count] = id;
            count += 1;
            rest = &rest[len..];
            from = self.continuing;
        }
        Ok(count)
    }

    /// Puts the unknown id at the start of `ids`.
    ///
    /// # Errors
    /// Where there is none.
    fn unknown(&self, ids: &mut [u32]) -> Result<usize, EncodeError> {
        let missing = || EncodeError { reason: "WordPiece error: Missing [UNK] token from the vocabulary".to_owned() };
        ids[0] = self.unknown.ok_or_else(missing)?;
        Ok(1)
    }
}

fn char_count(utf8: &[u8]) -> usize {
    utf8.iter().filter(|byte| **byte & 0xC0 != 0x80).count()
}
