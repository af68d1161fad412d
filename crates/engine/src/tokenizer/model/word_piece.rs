//! WordPiece: the longest token that a word starts with, then the longest that continues it
//! (tokenizers 0.23.2, models/wordpiece/mod.rs, `tokenize`).

use std::sync::OnceLock;

use crate::tokenizer::encode_error::EncodeError;
use crate::tokenizer::file::unsupported::Unsupported;
use crate::tokenizer::file::vocabulary::{Vocabulary, sorted_tokens};
use crate::tokenizer::index::piece_trie::{PieceTrie, Start};

/// The model of one file.
#[derive(Debug)]
pub(in crate::tokenizer) struct WordPiece {
    /// Read from the trie when it is first asked for, if the trie came without it.
    vocabulary: OnceLock<Vocabulary>,
    /// How many strings the vocabulary has.
    len: usize,
    pieces: PieceTrie,
    /// The start of a search for continuing pieces; `None` if there are none.
    continuing: Option<Start>,
    unknown: Option<u32>,
    max_chars: usize,
}

/// The most bytes of a short word, which [`WordPiece::tokenize_short`] takes, and of a short key of
/// the word cache.
pub(in crate::tokenizer) const SHORT_BYTES: usize = 16;

/// How many short words are tokenized side by side. A step waits for a node to arrive from memory,
/// and about this many can be fetched at once.
const WALKS: usize = 8;

/// A short word that is being tokenized.
#[derive(Clone, Copy)]
struct Walk {
    /// The caller's number of the word.
    word: usize,
    /// The place of the next byte.
    place: usize,
    /// Where the word ends.
    end: usize,
    at: Start,
    /// The longest piece found after the end of the last piece: where it ends, and its id.
    longest: Option<(usize, u32)>,
    count: usize,
    ids: [u32; SHORT_BYTES],
}

/// A limit beyond which the search for the longest piece could take a time quadratic in the length
/// of a word.
const MAX_CHARS_LIMIT: usize = 1000;

impl WordPiece {
    /// # Errors
    /// Why only the reference path runs this vocabulary, or a limit this large.
    pub(in crate::tokenizer) fn new(
        vocabulary: Vocabulary,
        unknown_token: &str,
        prefix: &str,
        max_chars: usize,
    ) -> Result<Self, Unsupported> {
        let no_trie = || Unsupported::new("a token of the vocabulary has a NUL, comes twice, or has an id near 2^32");
        let pieces = PieceTrie::build(&vocabulary).ok_or_else(no_trie)?;
        let model = Self::of_pieces(pieces, unknown_token, prefix, max_chars)?;
        Ok(Self { len: vocabulary.len(), vocabulary: vocabulary.into(), ..model })
    }

    /// The model of a vocabulary that has no empty string, by its trie.
    ///
    /// # Errors
    /// As [`new`](Self::new), for the limit.
    pub(in crate::tokenizer) fn of_pieces(
        pieces: PieceTrie,
        unknown_token: &str,
        prefix: &str,
        max_chars: usize,
    ) -> Result<Self, Unsupported> {
        if max_chars > MAX_CHARS_LIMIT {
            let reason = format!("`max_input_chars_per_word` of the model is {max_chars}, more than {MAX_CHARS_LIMIT}");
            return Err(Unsupported::new(reason));
        }
        let continuing = pieces.after(prefix.as_bytes());
        let unknown = pieces.get(unknown_token.as_bytes());
        Ok(Self { vocabulary: OnceLock::new(), len: pieces.len(), pieces, continuing, unknown, max_chars })
    }

    pub(in crate::tokenizer) fn vocabulary(&self) -> &Vocabulary {
        // A trie without a vocabulary is no trie that we wrote.
        self.vocabulary.get_or_init(|| self.pieces.vocabulary().unwrap_or_default())
    }

    /// How many strings the vocabulary has.
    pub(in crate::tokenizer) fn len(&self) -> usize {
        self.len
    }

    pub(in crate::tokenizer) fn pieces(&self) -> &PieceTrie {
        &self.pieces
    }

    /// The trie, if [`of_pieces`](Self::of_pieces) makes the same model of it: if it has all
    /// strings of the vocabulary, and they can be read from it.
    pub(in crate::tokenizer) fn whole_pieces(&self) -> Option<&PieceTrie> {
        let is_whole = sorted_tokens(self.pieces.vocabulary()?.tokens()) == sorted_tokens(self.vocabulary().tokens());
        is_whole.then_some(&self.pieces)
    }

    /// The id of a whole string.
    pub(in crate::tokenizer) fn id(&self, token: &str) -> Option<u32> {
        self.pieces.get(token.as_bytes())
    }

    /// How many ids one word has at most.
    pub(in crate::tokenizer) fn max_ids(&self) -> usize {
        self.max_chars.max(1)
    }

    /// Writes the ids of `word`, which is valid UTF-8, to the start of `ids`, and returns how many
    /// there are. `ids` must have room for one id per byte of the word, or for [`Self::max_ids`].
    ///
    /// # Errors
    /// If the word is unknown, and there is no unknown token.
    pub(in crate::tokenizer) fn tokenize(&self, word: &[u8], ids: &mut [u32]) -> Result<usize, EncodeError> {
        if self.is_too_long(word) {
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

    /// Tokenizes `words`, each of which is a number, a start in `text`, and a length of at most
    /// [`SHORT_BYTES`]. Passes the number and the ids of each word to `each`, in no particular
    /// order. The words are tokenized side by side, one byte of each at a time, so that their nodes
    /// are fetched from memory together.
    ///
    /// # Errors
    /// Those of [`tokenize`](Self::tokenize).
    pub(in crate::tokenizer) fn tokenize_short(
        &self,
        text: &[u8],
        words: impl Iterator<Item = (usize, usize, usize)>,
        mut each: impl FnMut(usize, &[u32]),
    ) -> Result<(), EncodeError> {
        let mut words = words.map(|(word, start, len)| {
            let end = start + len;
            // A word that is too long has no piece left to find.
            let place = if self.is_too_long(&text[start..end]) { end } else { start };
            Walk { word, place, end, at: PieceTrie::root(), longest: None, count: 0, ids: [0; SHORT_BYTES] }
        });
        let Some(first) = words.next() else { return Ok(()) };
        let (mut walks, mut active) = ([first; WALKS], 1);
        for (slot, walk) in walks[1..].iter_mut().zip(&mut words) {
            *slot = walk;
            active += 1;
        }
        while active > 0 {
            let mut slot = 0;
            while slot < active {
                if self.step(text, &mut walks[slot])? {
                    slot += 1;
                    continue;
                }
                let done = &walks[slot];
                each(done.word, &done.ids[..done.count]);
                if let Some(walk) = words.next() {
                    walks[slot] = walk;
                } else {
                    active -= 1;
                    walks[slot] = walks[active];
                }
            }
        }
        Ok(())
    }

    #[inline(always)]
    fn is_too_long(&self, word: &[u8]) -> bool {
        word.len() > self.max_chars && char_count(word) > self.max_chars
    }

    /// Goes one byte or one piece further. Returns false when the word is done.
    #[inline(always)]
    fn step(&self, text: &[u8], walk: &mut Walk) -> Result<bool, EncodeError> {
        if walk.place < walk.end
            && let Some((at, id)) = self.pieces.step(walk.at, text[walk.place])
        {
            walk.at = at;
            walk.place += 1;
            walk.longest = id.map_or(walk.longest, |id| Some((walk.place, id)));
            if walk.place < walk.end {
                // Prefetched, not left to speculation: when the CPU predicts wrongly where a word's
                // piece ends, it also discards the speculative loads of the other words.
                self.pieces.prefetch(at, text[walk.place]);
                return Ok(true);
            }
        }
        let Some((end, id)) = walk.longest.take() else {
            walk.count = self.unknown(&mut walk.ids)?;
            return Ok(false);
        };
        walk.ids[walk.count] = id;
        walk.count += 1;
        if end == walk.end {
            return Ok(false);
        }
        match self.continuing {
            // No piece is found there: the next step makes the word unknown.
            None => walk.place = walk.end,
            Some(continuing) => {
                (walk.place, walk.at) = (end, continuing);
                self.pieces.prefetch(continuing, text[end]);
            }
        }
        Ok(true)
    }

    /// Writes the unknown id to the start of `ids`.
    ///
    /// # Errors
    /// If there is none.
    fn unknown(&self, ids: &mut [u32]) -> Result<usize, EncodeError> {
        let missing = || EncodeError { reason: "WordPiece error: Missing [UNK] token from the vocabulary".to_owned() };
        ids[0] = self.unknown.ok_or_else(missing)?;
        Ok(1)
    }
}

fn char_count(utf8: &[u8]) -> usize {
    utf8.iter().filter(|byte| **byte & 0xC0 != 0x80).count()
}
