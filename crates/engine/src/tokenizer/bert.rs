//! The BERT pipeline: `BertNormalizer`, `BertPreTokenizer`, WordPiece, added tokens.

use std::cell::OnceCell;
use std::ops::ControlFlow;

use super::EncodeError;
use super::added_tokens::{AddedTokens, Piece};
use super::model::{Model, WordPiece};
use super::model_spec::{BuiltModel, ModelKind, Unknown};
use super::normalizer::{BertNormalizer, BertOptions};
use super::pre_tokenizer::{self, Bounds, Words};
use super::scan::{PlainText, Scanner, WINDOW_BYTES, WordBounds, whole_blocks};
use super::spec::{NormalizerSpec, PreTokenizerSpec, TokenizerSpec};
use super::unsupported::Unsupported;
use super::vocabulary::{VocabularyFacts, sorted_tokens};
use super::word_cache::{self, WordCache};
use crate::texts::Texts;
use crate::texts::utf16::Utf8Buffer;

/// A text is normalized in chunks of about this size, so that its words are still near when they are looked up.
const CHUNK_BYTES: usize = 1 << 14;

/// Texts are tokenized together until they have this many bytes: some groups of words, which stay in the first-level cache.
const TOGETHER_BYTES: usize = 1 << 12;

/// So many texts at most are tokenized together: more are short ones, or empty.
const TOGETHER_TEXTS: usize = 1 << 10;

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
    utf8: Utf8Buffer,
    /// Of texts that are tokenized together: where the words, then where the ids of each end.
    text_ends: Vec<u32>,
}

#[derive(Debug)]
struct WordScratch {
    /// Whether words are looked up in the cache.
    remembers: bool,
    bounds: WordBounds,
    cache: WordCache,
    ids: Vec<u32>,
    /// Where the ids of each word end.
    ends: Vec<u32>,
}

impl BertScratch {
    pub(super) fn new() -> Self {
        let words = WordScratch {
            remembers: true,
            bounds: WordBounds::new(),
            cache: WordCache::new(),
            ids: Vec::new(),
            ends: Vec::new(),
        };
        Self {
            normalized: Vec::new(),
            separated: Vec::new(),
            words,
            utf8: Utf8Buffer::default(),
            text_ends: Vec::new(),
        }
    }

    /// How many bytes it takes, but for the text at work.
    pub(super) fn bytes(&self) -> usize {
        self.words.cache.bytes()
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
    /// Whether this is the kind of a file.
    pub(super) fn runs(spec: &TokenizerSpec) -> bool {
        matches!(spec.normalizer, None | Some(NormalizerSpec::BertNormalizer { .. }))
            && matches!(spec.pre_tokenizer, Some(PreTokenizerSpec::BertPreTokenizer))
            && spec.model.kind() == ModelKind::WordPiece
    }

    /// The tokenizer of a file that is of this kind.
    ///
    /// # Errors
    /// What in the file is left to the reference path.
    pub(super) fn new(spec: TokenizerSpec) -> Result<Self, Unsupported> {
        let options = match spec.normalizer {
            Some(NormalizerSpec::BertNormalizer(spec)) => spec.options(),
            _ => BertOptions::default(),
        };
        let (model, unknown_token) = match spec.model.build()? {
            BuiltModel { model: Model::WordPiece(model), unknown: Unknown::Token(token) } => (model, token),
            _ => return Err(Unsupported::new("the model is not WordPiece")),
        };
        let scanner = Scanner::detect();
        let added_tokens = {
            // Built only for the files that have such a token.
            let normalizer = OnceCell::new();
            let normalize =
                |content: &str| normalized(normalizer.get_or_init(|| BertNormalizer::new(options)), content, scanner);
            AddedTokens::new(spec.added_tokens, model.vocabulary().len(), |token| model.id(token), normalize)?
        };
        let is_separating = added_tokens.in_normalized.is_empty();
        let normalizer = if is_separating { BertNormalizer::separating(options) } else { BertNormalizer::new(options) };
        let unknown_id = added_tokens.id(&unknown_token).or_else(|| model.id(&unknown_token));
        let facts = VocabularyFacts::count(merged_vocabulary(&model, &added_tokens), unknown_id);
        Ok(Self { scanner, added_tokens, normalizer, model, keeps_nul: !options.clean_text, facts })
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
            let len = self.normalizer.normalize(chunk, self.scanner, &mut scratch.normalized, 0);
            self.encode_words(&mut scratch.normalized, len, &mut scratch.words, ids)?;
        }
        ControlFlow::Continue(())
    }

    /// Text in which added tokens are to be found once it is normalized.
    fn encode_normalized(&self, text: &str, scratch: &mut BertScratch, ids: &mut Ids<'_>) -> ControlFlow<Stop> {
        let len = self.normalizer.normalize(text, self.scanner, &mut scratch.normalized, 0);
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
        let WordScratch { remembers, bounds, cache, ids: found, ends } = scratch;
        let is_cacheable = *remembers && !(self.keeps_nul && text[..len].contains(&0));
        pre_tokenizer::split(text, len, self.scanner, bounds, |Words { text, overhanging, bounds }| {
            // The words of a window have no more ids than bytes, but for the first, which may have started long before.
            found.resize(self.model.max_ids() + WINDOW_BYTES + word_cache::SLACK, 0);
            if let Some((start, len)) = overhanging {
                let count = found_or_stop(self.model.tokenize(&text[start..start + len], found))?;
                ids.extend(&found[..count])?;
            }
            ends.resize(bounds.len(), 0);
            let cache = is_cacheable.then_some(&mut *cache);
            let count = found_or_stop(self.look_up(text, bounds, cache, found, ends))?;
            ids.extend(&found[..count])
        })
    }

    /// Puts the ids of all words at the start of `ids`, and where each word's end into `ends`. Returns how many ids there are.
    fn look_up(
        &self,
        text: &[u8],
        bounds: Bounds<'_>,
        cache: Option<&mut WordCache>,
        ids: &mut [u32],
        ends: &mut [u32],
    ) -> Result<usize, EncodeError> {
        if let Some(cache) = cache
            && !cache.rests(bounds.len())
        {
            return cache.look_up(text, bounds, &self.model, ids, ends);
        }
        let mut count = 0;
        for ((start, len), end) in bounds.iter().zip(ends) {
            count += self.model.tokenize(&text[start..start + len], &mut ids[count..])?;
            *end = count as u32;
        }
        Ok(count)
    }

    /// The ids of the texts from number `from` on that can be tokenized together: those of at most `most_units` UTF-16 units, and
    /// without added tokens, up to the first other one. See [`Tokenizer::encode_together`](super::Tokenizer::encode_together).
    ///
    /// # Errors
    /// As [`encode`](Self::encode), whichever of the texts it is.
    pub(super) fn encode_together<'a>(
        &self,
        texts: &Texts,
        from: usize,
        most_units: usize,
        scratch: &'a mut BertScratch,
    ) -> Result<Together<'a>, EncodeError> {
        scratch.text_ends.clear();
        scratch.words.bounds.clear();
        if self.keeps_nul || !self.added_tokens.in_normalized.is_empty() || !scratch.words.remembers {
            return Ok(Together::NONE);
        }
        let mut end = 0;
        for index in (from..texts.len()).take(TOGETHER_TEXTS) {
            let (units, len) = texts.units_and_more(index);
            if end >= TOGETHER_BYTES || len > most_units.min(CHUNK_BYTES) {
                break;
            }
            let Some(text_end) = self.add_words(units, len, end, scratch) else { break };
            end = text_end;
            scratch.text_ends.push(scratch.words.bounds.start_count as u32);
        }
        let WordScratch { bounds, cache, ids, ends, .. } = &mut scratch.words;
        let bounds = Bounds::of(bounds);
        // No word has more ids than bytes.
        ids.resize(ids.len().max(end + word_cache::SLACK), 0);
        ends.resize(ends.len().max(bounds.len()), 0);
        let ends = &mut ends[..bounds.len()];
        let count = self.look_up(&scratch.normalized, bounds, Some(cache), ids, ends)?;
        for end in &mut scratch.text_ends {
            *end = end.checked_sub(1).map_or(0, |last_word| ends[last_word as usize]);
        }
        Ok(Together { ids: &ids[..count], ends: &scratch.text_ends })
    }

    /// Puts a text, normalized, behind the first `start` bytes that are normalized, and adds the bounds of its words. Returns where it
    /// ends; `None` where there may be an added token in it.
    fn add_words(&self, units: &[u16], len: usize, start: usize, scratch: &mut BertScratch) -> Option<usize> {
        let BertScratch { normalized, words: WordScratch { bounds, .. }, utf8, .. } = scratch;
        let added_tokens = &self.added_tokens.in_text;
        let needed = start + whole_blocks(len) + pre_tokenizer::PADDING;
        if normalized.len() < needed {
            normalized.resize(needed.next_power_of_two(), 0);
        }
        let lower = self.normalizer.lowercases();
        let text = PlainText { units, len, lower, marks: added_tokens.first_bytes() };
        let words_before = bounds.start_count;
        if let Some(is_marked) = self.scanner.find_plain_words(text, &mut normalized[start..], start as u32, bounds) {
            if is_marked && added_tokens.is_in(utf8.transcode(&units[..len]), self.scanner) {
                (bounds.start_count, bounds.end_count) = (words_before, words_before);
                return None;
            }
            return Some(start + len);
        }
        let text = utf8.transcode(&units[..len]);
        if added_tokens.is_in(text, self.scanner) {
            return None;
        }
        let end = self.normalizer.normalize(text, self.scanner, normalized, start);
        pre_tokenizer::pad(normalized, end);
        pre_tokenizer::add_words(&normalized[start..], end - start, start as u32, self.scanner, bounds);
        Some(end)
    }
}

/// The ids of texts that were tokenized together.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Together<'a> {
    /// Of all texts, one after the other.
    pub(crate) ids: &'a [u32],
    /// Where those of each text end.
    pub(crate) ends: &'a [u32],
}

impl Together<'_> {
    /// Of no text.
    pub(super) const NONE: Self = Self { ids: &[], ends: &[] };
}

fn found_or_stop(count: Result<usize, EncodeError>) -> ControlFlow<Stop, usize> {
    match count {
        Ok(count) => ControlFlow::Continue(count),
        Err(error) => ControlFlow::Break(Stop::Error(error)),
    }
}

fn normalized(normalizer: &BertNormalizer, text: &str, scanner: Scanner) -> String {
    let mut out = Vec::new();
    let len = normalizer.normalize(text, scanner, &mut out, 0);
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
