//! A tokenizer of the BERT kind, and how it encodes one text.

use std::cell::OnceCell;
use std::ops::ControlFlow;

use super::scratch::{BertScratch, WordScratch};
use crate::growth::{lengthen, put_all};
use crate::interrupt::{check, find_in_strides};
use crate::tokenizer::cache::word::{SLACK, WordCache};
use crate::tokenizer::encode_error::EncodeError;
use crate::tokenizer::file::large_values;
use crate::tokenizer::file::model_spec::{BuiltModel, ModelKind, Unknown};
use crate::tokenizer::file::prepared::{self, Prepared};
use crate::tokenizer::file::spec::{NormalizerSpec, PreTokenizerSpec, TokenizerSpec};
use crate::tokenizer::file::unsupported::Unsupported;
use crate::tokenizer::file::vocabulary::{VocabularyFacts, sorted_tokens};
use crate::tokenizer::model::{Model, WordPiece};
use crate::tokenizer::normalizer::{BertNormalizer, BertOptions};
use crate::tokenizer::pipeline::added_tokens::{AddedTokens, Piece};
use crate::tokenizer::pre_tokenizer::{self, Bounds, Words};
use crate::tokenizer::scan::{Scanner, WINDOW_BYTES};
use crate::tokenizer::unicode::{is_punctuation, is_space};

/// A text is normalized in chunks of about this size, so that its words are still in a near cache
/// when they are looked up.
pub(super) const CHUNK_BYTES: usize = 1 << 14;

/// A tokenizer of the BERT kind.
#[derive(Debug)]
pub(in crate::tokenizer) struct BertTokenizer {
    pub(super) scanner: Scanner,
    pub(super) added_tokens: AddedTokens,
    /// It also separates words, unless added tokens are searched in normalized text, which must
    /// then be exactly that of the reference.
    pub(super) normalizer: BertNormalizer,
    model: WordPiece,
    /// Whether a NUL can reach the model. The word cache uses NUL as padding.
    pub(super) keeps_nul: bool,
    facts: VocabularyFacts,
}

/// Why encoding ends before the text does.
enum Stop {
    Limit,
    Error(EncodeError),
}

/// The ids of a text: `ids`, which may grow up to `end`.
struct Ids<'a> {
    ids: &'a mut Vec<u32>,
    end: usize,
}

impl Ids<'_> {
    fn extend(&mut self, ids: &[u32]) -> ControlFlow<Stop> {
        let room = self.end - self.ids.len();
        put_all(self.ids, &ids[..ids.len().min(room)]);
        if self.ids.len() == self.end { ControlFlow::Break(Stop::Limit) } else { ControlFlow::Continue(()) }
    }
}

impl BertTokenizer {
    /// Whether a file is of the BERT kind.
    pub(in crate::tokenizer) fn runs(spec: &TokenizerSpec) -> bool {
        matches!(spec.normalizer, None | Some(NormalizerSpec::BertNormalizer { .. }))
            && matches!(spec.pre_tokenizer, Some(PreTokenizerSpec::BertPreTokenizer))
            && spec.model.kind() == ModelKind::WordPiece
    }

    /// The tokenizer of a file of the BERT kind.
    ///
    /// # Errors
    /// The part of the file that only the reference path runs.
    pub(in crate::tokenizer) fn new(spec: TokenizerSpec) -> Result<Self, Unsupported> {
        Self::with_median(spec, None)
    }

    /// The tokenizer of a file of which this was prepared; `None` if the two don't go together.
    pub(in crate::tokenizer) fn prepared(prepared: Prepared) -> Option<Self> {
        let Prepared { rest, pieces, median_token_length } = prepared;
        let spec = large_values::parse_around(&rest, pieces)?;
        if Self::runs(&spec) { Self::with_median(spec, Some(median_token_length)).ok() } else { None }
    }

    /// The contents of the file of which [`Self::prepared`] makes this tokenizer of `json`. `None`
    /// if it can't.
    pub(in crate::tokenizer) fn prepare(&self, json: &[u8]) -> Option<Vec<u8>> {
        let place = large_values::vocabulary_place(json)?;
        let pieces = self.model.whole_pieces()?;
        Some(prepared::write(json, &place, pieces, self.facts.median_token_length))
    }

    /// `median` = the median length of a token if it is known.
    fn with_median(spec: TokenizerSpec, median: Option<usize>) -> Result<Self, Unsupported> {
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
            // Built only for a file that has a token to normalize.
            let normalizer = OnceCell::new();
            let normalize =
                |content: &str| normalized(normalizer.get_or_init(|| BertNormalizer::new(options)), content, scanner);
            AddedTokens::new(spec.added_tokens, model.len(), |token| model.id(token), normalize, || 1)?
        };
        let is_separating = added_tokens.in_normalized.is_empty();
        let normalizer = if is_separating { BertNormalizer::separating(options) } else { BertNormalizer::new(options) };
        let unknown_id = added_tokens.id(&unknown_token).or_else(|| model.id(&unknown_token));
        let model_tokens = median.is_none().then(|| model.vocabulary().tokens()).into_iter().flatten();
        let counted =
            VocabularyFacts::count(added_tokens.merged_with(model_tokens, |token| model.id(token)), unknown_id);
        let facts = match median {
            None => counted,
            Some(median) => counted.with(model.len(), model.pieces().id_bound(), median),
        };
        Ok(Self { scanner, added_tokens, normalizer, model, keeps_nul: !options.clean_text, facts })
    }

    pub(in crate::tokenizer) fn facts(&self) -> VocabularyFacts {
        self.facts
    }

    /// The vocabulary, added tokens included, by rising id.
    pub(in crate::tokenizer) fn vocabulary(&self) -> Vec<(String, u32)> {
        sorted_tokens(self.added_tokens.merged_with(self.model.vocabulary().tokens(), |token| self.model.id(token)))
    }

    /// See [`Tokenizer::has_seams`](crate::tokenizer::Tokenizer::has_seams).
    pub(in crate::tokenizer) fn has_seams(&self, text: &str) -> bool {
        self.added_tokens.in_normalized.is_empty() && !self.added_tokens.in_text.is_in(text, self.scanner)
    }

    /// The ids of `text`, at most `limit`.
    ///
    /// # Errors
    /// If a word is unknown and the vocabulary has no unknown token.
    pub(in crate::tokenizer) fn encode(
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

    /// Encodes text without added tokens.
    fn encode_chunks(&self, text: &str, scratch: &mut BertScratch, ids: &mut Ids<'_>) -> ControlFlow<Stop> {
        let mut rest = text;
        while !rest.is_empty() {
            let chunk;
            (chunk, rest) = split_chunk(rest);
            if !rest.is_empty() {
                check();
            }
            let len = self.normalizer.normalize(chunk, self.scanner, &mut scratch.normalized, 0);
            self.encode_words(&mut scratch.normalized, len, &mut scratch.words, ids)?;
        }
        ControlFlow::Continue(())
    }

    /// Encodes text in which added tokens are searched after it is normalized.
    fn encode_normalized(&self, text: &str, scratch: &mut BertScratch, ids: &mut Ids<'_>) -> ControlFlow<Stop> {
        let len = self.normalizer.normalize(text, self.scanner, &mut scratch.normalized, 0);
        check();
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

    /// Encodes normalized text: the first `len` bytes of `text`.
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
            if len > CHUNK_BYTES {
                check();
            }
            // The words of a window have no more ids than bytes, except for the first word, which
            // may have started long before the window.
            lengthen(found, self.model.max_ids() + WINDOW_BYTES + SLACK, 0);
            if let Some((start, len)) = overhanging {
                let count = found_or_stop(self.model.tokenize(&text[start..start + len], found))?;
                ids.extend(&found[..count])?;
            }
            lengthen(ends, bounds.len(), 0);
            let cache = is_cacheable.then_some(&mut *cache);
            let ends = &mut ends[..bounds.len()];
            let count = found_or_stop(self.look_up(text, bounds, cache, found, ends))?;
            ids.extend(&found[..count])
        })
    }

    /// Writes the ids of all words to the start of `ids`, and to `ends` where the ids of each word
    /// end. Returns how many ids there are.
    pub(super) fn look_up(
        &self,
        text: &[u8],
        bounds: Bounds<'_>,
        cache: Option<&mut WordCache>,
        ids: &mut [u32],
        ends: &mut [u32],
    ) -> Result<usize, EncodeError> {
        if let Some(cache) = cache
            && !cache.bypasses(bounds.len())
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
}

/// See [`Tokenizer::is_seam`](crate::tokenizer::Tokenizer::is_seam): without added tokens, words are
/// tokenized one by one, white space divides them, and a punctuation mark is one.
pub(in crate::tokenizer) fn is_seam(text: &str, at: usize) -> bool {
    let ends_word = |c: char| is_space(c) || is_punctuation(c);
    text[..at].chars().next_back().is_none_or(ends_word) || text[at..].chars().next().is_none_or(is_space)
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

/// Splits off a chunk after ASCII white space. No word, decomposition or order of marks crosses it.
fn split_chunk(text: &str) -> (&str, &str) {
    if text.len() <= CHUNK_BYTES {
        return (text, "");
    }
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
    let bytes = text.as_bytes();
    let last = bytes[..CHUNK_BYTES].iter().rposition(is_space);
    let end = last.or_else(|| {
        find_in_strides(&bytes[CHUNK_BYTES..], |stride| stride.iter().position(is_space))
            .map(|offset| CHUNK_BYTES + offset)
    });
    text.split_at(end.map_or(text.len(), |end| end + 1))
}
