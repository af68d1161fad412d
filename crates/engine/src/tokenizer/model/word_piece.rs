//! WordPiece: the longest token that a word starts with, then the longest that continues it (tokenizers 0.23.2,
//! models/wordpiece/mod.rs, `tokenize`).

use crate::tokenizer::EncodeError;
use crate::tokenizer::piece_table::PieceTable;
use crate::tokenizer::vocabulary::Vocabulary;

/// The model of one file.
#[derive(Debug)]
pub(in crate::tokenizer) struct WordPiece {
    vocabulary: Vocabulary,
    /// Whole strings.
    initial: PieceTable,
    /// Strings behind the prefix of continuing pieces.
    continuing: PieceTable,
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
        let initial = PieceTable::build(&vocabulary, vocabulary.spans())?;
        let text = vocabulary.text();
        let continuing = vocabulary.spans().filter(|&(start, end, _)| text[start..end].starts_with(prefix));
        let continuing =
            PieceTable::build(&vocabulary, continuing.map(|(start, end, id)| (start + prefix.len(), end, id)))?;
        let unknown = initial.get(&vocabulary, unknown_token.as_bytes());
        (max_chars <= MAX_CHARS_LIMIT).then_some(Self { vocabulary, initial, continuing, unknown, max_chars })
    }

    pub(in crate::tokenizer) fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    /// The id of a whole string.
    pub(in crate::tokenizer) fn id(&self, token: &str) -> Option<u32> {
        // No string of the table has a NUL.
        if token.contains('\0') { None } else { self.initial.get(&self.vocabulary, token.as_bytes()) }
    }

    /// How many ids one word has at most.
    pub(in crate::tokenizer) fn max_ids(&self) -> usize {
        self.max_chars.max(1)
    }

    /// Puts the ids of `word`, valid UTF-8 without a NUL, at the start of `ids`, and returns how many there are. `ids` has room for as many as
    /// the word has bytes, or for [`Self::max_ids`].
    ///
    /// # Errors
    /// Where the word is unknown, and there is no unknown token.
    pub(in crate::tokenizer) fn tokenize(&self, word: &[u8], ids: &mut [u32]) -> Result<usize, EncodeError> {
        if word.len() > self.max_chars && char_count(word) > self.max_chars {
            return self.unknown(ids);
        }
        let (mut start, mut count) = (0, 0);
        while start < word.len() {
            let table = if start == 0 { &self.initial } else { &self.continuing };
            let Some((len, id)) = table.longest_prefix(&self.vocabulary, &word[start..]) else {
                return self.unknown(ids);
            };
            ids[count] = id;
            count += 1;
            start += len;
        }
        Ok(count)
    }

    /// Puts the unknown id at the start of `ids`.
    ///
    /// # Errors
    /// Where there is none.
    pub(in crate::tokenizer) fn unknown(&self, ids: &mut [u32]) -> Result<usize, EncodeError> {
        let missing = || EncodeError { reason: "WordPiece error: Missing [UNK] token from the vocabulary".to_owned() };
        ids[0] = self.unknown.ok_or_else(missing)?;
        Ok(1)
    }
}

fn char_count(utf8: &[u8]) -> usize {
    utf8.iter().filter(|byte| **byte & 0xC0 != 0x80).count()
}
