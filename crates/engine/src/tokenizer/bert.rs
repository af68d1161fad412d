//! The BERT pipeline: `BertNormalizer`, `BertPreTokenizer`, WordPiece, added tokens.

use std::cell::OnceCell;
use std::ops::ControlFlow;

use super::EncodeError;
use super::added_tokens::{AddedTokens, Piece};
use super::model::WordPiece;
use super::normalizer::{BertNormalizer, BertOptions};
use super::pre_tokenizer::{self, Words};
use super::scan::{Scanner, WINDOW_BYTES, WordBounds};
use super::spec::{BertFile, NormalizerSpec};
use super::vocabulary::{VocabularyFacts, sorted_tokens};
use super::word_cache::{self, WordCache};

/// A text is normalized in chunks of about this size, so that its words are still near when they are looked up.
const CHUNK_BYTES: usize = 1 << 14;

/// A tokenizer of the BERT kind.
#[derive(Debug)]
pub(super) struct BertTokenizer {
    scanner: Scanner,
    added_tokens: AddedTokens,
    /// Separates words, unless added tokens are searched in what it gives: they must find the text as the reference has it.
    normalizer: BertNormalizer,
    model: WordPiece,
    /// Whether a NUL can reach the model: the word cache takes it for padding.
    keeps_nul: bool,
    facts: VocabularyFacts,
}

/// The buffers of one thread.
#[derive(Debug)]
pub(super) struct BertScratch {
    normalized: Vec<u8>,
    separated: Vec<u8>,
    words: WordScratch,
}

#[derive(Debug)]
struct WordScratch {
    /// Whether words are looked up in the cache.
    remembers: bool,
    bounds: WordBounds,
    cache: WordCache,
    ids: Vec<u32>,
}

impl BertScratch {
    pub(super) fn new() -> Self {
        let words =
            WordScratch { remembers: true, bounds: WordBounds::new(), cache: WordCache::new(), ids: Vec::new() };
        Self { normalized: Vec::new(), separated: Vec::new(), words }
    }

    /// See [`TokenizerScratch::remember_words`](super::TokenizerScratch::remember_words).
    pub(super) fn remember_words(&mut self, remembers: bool) {
        self.words.remembers = remembers;
    }
}

/// Why encoding ends before the text does.
enum Stop {
    Limit,
    Error(EncodeError),
}

/// Where ids go, and how many more.
struct Ids<'a> {
    ids: &'a mut Vec<u32>,
    end: usize,
}

impl Ids<'_> {
    fn extend(&mut self, ids: &[u32]) -> ControlFlow<Stop> {
        let room = self.end - self.ids.len();
        self.ids.extend_from_slice(&ids[..ids.len().min(room)]);
        if self.ids.len() == self.end { ControlFlow::Break(Stop::Limit) } else { ControlFlow::Continue(()) }
    }
}

impl BertTokenizer {
    /// The tokenizer of a file; `None` where the file is of another kind, or has something unusual that is left to the
    /// reference path.
    pub(super) fn parse(json: &[u8]) -> Option<Self> {
        Self::new(serde_json::from_slice(json).ok()?)
    }

    fn new(file: BertFile) -> Option<Self> {
        let options = file.normalizer.map(options).unwrap_or_default();
        let model_size = file.model.vocabulary.len();
        let spec = file.model;
        let model = WordPiece::new(spec.vocabulary, &spec.unknown_token, &spec.prefix, spec.max_chars)?;
        let scanner = Scanner::detect();
        let added_tokens = {
            // Built only for the files that have such a token.
            let normalizer = OnceCell::new();
            let normalize =
                |content: &str| normalized(normalizer.get_or_init(|| BertNormalizer::new(options)), content, scanner);
            AddedTokens::new(file.added_tokens, model_size, |token| model.id(token), normalize)?
        };
        let is_separating = added_tokens.in_normalized.is_empty();
        let normalizer = if is_separating { BertNormalizer::separating(options) } else { BertNormalizer::new(options) };
        let unknown_id = added_tokens.id(&spec.unknown_token).or_else(|| model.id(&spec.unknown_token));
        let facts = VocabularyFacts::count(merged_vocabulary(&model, &added_tokens), unknown_id);
        Some(Self { scanner, added_tokens, normalizer, model, keeps_nul: !options.clean_text, facts })
    }

    pub(super) fn facts(&self) -> VocabularyFacts {
        self.facts
    }

    /// The vocabulary, added tokens included, by rising id.
    pub(super) fn vocabulary(&self) -> Vec<(String, u32)> {
        sorted_tokens(merged_vocabulary(&self.model, &self.added_tokens))
    }

    /// The ids of `text`, at most `limit`.
    ///
    /// # Errors
    /// When a word is unknown and the vocabulary has no unknown token.
    pub(super) fn encode(
        &self,
        text: &str,
        limit: usize,
        scratch: &mut BertScratch,
        ids: &mut Vec<u32>,
    ) -> Result<(), EncodeError> {
        let end = ids.len().saturating_add(limit);
        if limit == 0 {
            return Ok(());
        }
        let mut ids = Ids { ids, end };
        for piece in self.added_tokens.in_text.split(text, self.scanner) {
            let flow = match piece {
                Piece::Token(id) => ids.extend(&[id]),
                Piece::Text(text) if self.added_tokens.in_normalized.is_empty() => {
                    self.encode_chunks(text, scratch, &mut ids)
                }
                Piece::Text(text) => self.encode_normalized(text, scratch, &mut ids),
            };
            match flow {
                ControlFlow::Continue(()) => {}
                ControlFlow::Break(Stop::Limit) => return Ok(()),
                ControlFlow::Break(Stop::Error(error)) => return Err(error),
            }
        }
        Ok(())
    }

    /// Text without added tokens.
    fn encode_chunks(&self, text: &str, scratch: &mut BertScratch, ids: &mut Ids<'_>) -> ControlFlow<Stop> {
        let mut rest = text;
        while !rest.is_empty() {
            let chunk;
            (chunk, rest) = split_chunk(rest);
            let len = self.normalizer.normalize(chunk, self.scanner, &mut scratch.normalized);
            self.encode_words(&mut scratch.normalized, len, &mut scratch.words, ids)?;
        }
        ControlFlow::Continue(())
    }

    /// Text in which added tokens are to be found once it is normalized.
    fn encode_normalized(&self, text: &str, scratch: &mut BertScratch, ids: &mut Ids<'_>) -> ControlFlow<Stop> {
        let len = self.normalizer.normalize(text, self.scanner, &mut scratch.normalized);
        let normalized = String::from_utf8_lossy(&scratch.normalized[..len]);
        for piece in self.added_tokens.in_normalized.split(&normalized, self.scanner) {
            match piece {
                Piece::Token(id) => ids.extend(&[id])?,
                Piece::Text(text) => {
                    let len = pre_tokenizer::separate(text, &mut scratch.separated);
                    self.encode_words(&mut scratch.separated, len, &mut scratch.words, ids)?;
                }
            }
        }
        ControlFlow::Continue(())
    }

    /// Normalized text, the first `len` bytes of `text`.
    fn encode_words(
        &self,
        text: &mut Vec<u8>,
        len: usize,
        scratch: &mut WordScratch,
        ids: &mut Ids<'_>,
    ) -> ControlFlow<Stop> {
        pre_tokenizer::pad(text, len);
        let WordScratch { remembers, bounds, cache, ids: found } = scratch;
        let is_cacheable = *remembers && !(self.keeps_nul && text[..len].contains(&0));
        pre_tokenizer::split(text, len, self.scanner, bounds, |words| {
            // The words of a window have no more ids than bytes, but for the first, which may have started long before.
            found.resize(self.model.max_ids() + WINDOW_BYTES + word_cache::SLACK, 0);
            let count = if is_cacheable && !cache.rests(words.count()) {
                cache.look_up(words, found, &|word, ids| self.model.tokenize(word, ids))
            } else {
                self.tokenize_each(words, found)
            };
            match count {
                Ok(count) => ids.extend(&found[..count]),
                Err(error) => ControlFlow::Break(Stop::Error(error)),
            }
        })
    }

    fn tokenize_each(&self, words: Words<'_>, ids: &mut [u32]) -> Result<usize, EncodeError> {
        words.overhanging.into_iter().chain(words.iter()).try_fold(0, |count, (start, len)| {
            Ok(count + self.model.tokenize(&words.text[start..start + len], &mut ids[count..])?)
        })
    }
}

fn options(spec: NormalizerSpec) -> BertOptions {
    BertOptions {
        clean_text: spec.clean_text,
        handle_chinese_chars: spec.handle_chinese_chars,
        // tokenizers 0.23.2, normalizers/bert.rs, `normalize`.
        strip_accents: spec.strip_accents.unwrap_or(spec.lowercase),
        lowercase: spec.lowercase,
    }
}

fn normalized(normalizer: &BertNormalizer, text: &str, scanner: Scanner) -> String {
    let mut out = Vec::new();
    let len = normalizer.normalize(text, scanner, &mut out);
    String::from_utf8_lossy(&out[..len]).into_owned()
}

/// Every distinct string once. One that is in both has one id: added tokens take the model's.
fn merged_vocabulary<'a>(model: &'a WordPiece, added_tokens: &'a AddedTokens) -> impl Iterator<Item = (&'a str, u32)> {
    let added = added_tokens.tokens().filter(|(content, _)| model.id(content).is_none());
    model.vocabulary().tokens().chain(added)
}

/// Cuts a text behind ASCII white space, which no word, no decomposition and no order of marks crosses.
fn split_chunk(text: &str) -> (&str, &str) {
    if text.len() <= CHUNK_BYTES {
        return (text, "");
    }
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
    let bytes = text.as_bytes();
    let last = bytes[..CHUNK_BYTES].iter().rposition(is_space);
    let end = last.or_else(|| bytes[CHUNK_BYTES..].iter().position(is_space).map(|offset| CHUNK_BYTES + offset));
    text.split_at(end.map_or(text.len(), |end| end + 1))
}
