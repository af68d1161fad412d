//! The pipeline of any other kind than BERT's: normalizers, stages of pre-tokenizers, a model, added tokens.
//!
//! Only a piece that the word cache doesn't have is rewritten, and meets the model.

mod cuts;
mod model;
mod model_spec;
mod normalizers;
mod rewrite;
mod spec;
mod stages;

use std::ops::Range;

use super::EncodeError;
use super::added_tokens::{AddedTokens, Piece};
use super::pre_tokenizer::Part;
use super::scan::Scanner;
use super::vocabulary::{VocabularyFacts, sorted_tokens};
use super::word_cache::MAX_BYTES;
use super::word_cache::piece::PieceCache;
use cuts::Cuts;
use model::{Model, ModelScratch};
use model_spec::Unknown;
use normalizers::{NormalizerScratch, Normalizers};
use rewrite::Rewrite;
use spec::GenericFile;
use stages::{Front, Stage, Stages};

/// A scratch that one long text made larger is not kept.
const KEPT_BYTES: usize = 1 << 20;

/// A tokenizer of any kind.
#[derive(Debug)]
pub(super) struct GenericTokenizer {
    scanner: Scanner,
    added_tokens: AddedTokens,
    normalizers: Normalizers,
    stages: Stages,
    model: Model,
    cuts: Option<Cuts>,
    facts: VocabularyFacts,
}

/// The buffers of one thread.
#[derive(Debug)]
pub(super) struct GenericScratch {
    normalizer: NormalizerScratch,
    pieces: PieceScratch,
    words: WordScratch,
}

/// The text between two added tokens, and its pieces.
#[derive(Debug, Default)]
struct PieceScratch {
    /// With padding behind it, so that pieces can be read in whole words.
    text: String,
    rewritten: String,
    /// Where each piece starts and ends.
    pieces: Vec<(usize, usize)>,
    next_pieces: Vec<(usize, usize)>,
}

#[derive(Debug)]
struct WordScratch {
    /// Whether pieces are looked up in the cache.
    remembers: bool,
    cache: PieceCache,
    rewritten: String,
    model: ModelScratch,
}

impl GenericScratch {
    pub(super) fn new() -> Self {
        let words = WordScratch {
            remembers: true,
            cache: PieceCache::new(),
            rewritten: String::new(),
            model: ModelScratch::default(),
        };
        Self { normalizer: NormalizerScratch::default(), pieces: PieceScratch::default(), words }
    }

    /// See [`TokenizerScratch::remember_words`](super::TokenizerScratch::remember_words).
    pub(super) fn remember_words(&mut self, remembers: bool) {
        self.words.remembers = remembers;
    }
}

impl PieceScratch {
    /// Takes `text` as one piece, behind a space if it is to have one.
    fn fill(&mut self, text: &str, with_space: bool) {
        if self.text.capacity() > KEPT_BYTES && text.len() < KEPT_BYTES / 2 {
            *self = Self::default();
        }
        self.text.clear();
        if with_space {
            self.text.push(' ');
        }
        self.text.push_str(text);
        self.pieces.clear();
        self.pieces.push((0, self.text.len()));
    }

    fn run(&mut self, stage: &Stage) {
        self.next_pieces.clear();
        match stage {
            Stage::Split(splitter) => {
                for &(mut start, end) in &self.pieces {
                    let text = &self.text[..end];
                    while start < end {
                        let part = splitter.part(text, start);
                        if part.is_kept {
                            self.next_pieces.push((start, part.end));
                        }
                        start = part.end;
                    }
                }
            }
            Stage::Rewrite(rewrite) => {
                self.rewritten.clear();
                for &(start, end) in &self.pieces {
                    let new_start = self.rewritten.len();
                    rewrite.write(&self.text[start..end], &mut self.rewritten);
                    self.next_pieces.push((new_start, self.rewritten.len()));
                }
                std::mem::swap(&mut self.text, &mut self.rewritten);
            }
        }
        std::mem::swap(&mut self.pieces, &mut self.next_pieces);
    }
}

impl GenericTokenizer {
    /// The tokenizer of a file; `None` where the file has something that is left to the reference path.
    pub(super) fn parse(json: &[u8]) -> Option<Self> {
        Self::new(serde_json::from_slice(json).ok()?)
    }

    fn new(file: GenericFile) -> Option<Self> {
        let scanner = Scanner::detect();
        let normalizers = Normalizers::new(file.normalizer, scanner)?;
        let stages = Stages::new(file.pre_tokenizer, !normalizers.is_empty())?;
        let built = file.model.build()?;
        let model = built.model;
        let normalize = |content: &str| normalizers.run(content, &mut NormalizerScratch::default()).to_owned();
        let added_tokens = AddedTokens::new(file.added_tokens, model.size(), |token| model.id(token), normalize)?;
        let unknown_id = match built.unknown {
            Unknown::None => None,
            Unknown::Id(id) => Some(id),
            Unknown::Token(token) => added_tokens.id(&token).or_else(|| model.id(&token)),
        };
        let facts = VocabularyFacts::count(merged_vocabulary(&model, &added_tokens), unknown_id);
        let cuts = Cuts::new(&model, &stages);
        Some(Self { scanner, added_tokens, normalizers, stages, model, cuts, facts })
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
    /// When the model has no answer for a piece.
    pub(super) fn encode(
        &self,
        text: &str,
        limit: usize,
        scratch: &mut GenericScratch,
        ids: &mut Vec<u32>,
    ) -> Result<(), EncodeError> {
        let end = ids.len().saturating_add(limit);
        scratch.words.cache.forget_if_used_up();
        for piece in self.added_tokens.in_text.split(text, self.scanner) {
            if ids.len() >= end {
                break;
            }
            match piece {
                Piece::Token(id) => ids.push(id),
                Piece::Text(piece) => {
                    let is_at_start = is_at_start(piece, text);
                    self.encode_piece(piece, is_at_start, end, scratch, ids)?;
                }
            }
        }
        ids.truncate(end);
        Ok(())
    }

    /// Text in which added tokens are to be found once it is normalized.
    fn encode_piece(
        &self,
        text: &str,
        is_at_start: bool,
        end: usize,
        scratch: &mut GenericScratch,
        ids: &mut Vec<u32>,
    ) -> Result<(), EncodeError> {
        let GenericScratch { normalizer, pieces, words } = scratch;
        let normalized = self.normalizers.run(text, normalizer);
        for piece in self.added_tokens.in_normalized.split(normalized, self.scanner) {
            match piece {
                Piece::Token(id) => ids.push(id),
                Piece::Text(piece) => {
                    let with_space = match self.stages.front {
                        Front::Never => false,
                        Front::Always => !piece.starts_with(' '),
                        Front::AtStart(replacement) => {
                            is_at_start
                                && self::is_at_start(piece, normalized)
                                && !piece.starts_with([' ', replacement])
                        }
                    };
                    pieces.fill(piece, with_space);
                    self.encode_pieces(pieces, end, words, ids)?;
                }
            }
            if ids.len() >= end {
                break;
            }
        }
        Ok(())
    }

    fn encode_pieces(
        &self,
        scratch: &mut PieceScratch,
        end: usize,
        words: &mut WordScratch,
        ids: &mut Vec<u32>,
    ) -> Result<(), EncodeError> {
        let (last, before) = match self.stages.list.split_last() {
            Some((Stage::Split(last), before)) => (Some(last), before),
            _ => (None, self.stages.list.as_slice()),
        };
        before.iter().for_each(|stage| scratch.run(stage));
        // The cache takes a NUL for padding.
        let is_cacheable = words.remembers && !scratch.text.as_bytes().contains(&0);
        scratch.text.extend([' '; MAX_BYTES]);
        for &(start, piece_end) in &scratch.pieces {
            let mut start = start;
            while start < piece_end {
                let text = &scratch.text[..piece_end];
                let part = last.map_or(Part { end: piece_end, is_kept: true }, |splitter| splitter.part(text, start));
                if part.is_kept {
                    self.encode_part(&scratch.text, start..part.end, is_cacheable, end, words, ids)?;
                    if ids.len() >= end {
                        return Ok(());
                    }
                }
                start = part.end;
            }
        }
        Ok(())
    }

    /// What pre-tokenizers take for one piece: the `part` of the padded `text`.
    #[inline(always)]
    fn encode_part(
        &self,
        text: &str,
        part: Range<usize>,
        is_cacheable: bool,
        end: usize,
        words: &mut WordScratch,
        ids: &mut Vec<u32>,
    ) -> Result<(), EncodeError> {
        let mut start = part.start;
        while start < part.end && ids.len() < end {
            let word_end = self.cuts.as_ref().map_or(part.end, |cuts| cuts.next(&text[..part.end], start));
            let WordScratch { cache, rewritten, model, .. } = &mut *words;
            let mut resolve = |ids: &mut Vec<u32>| self.resolve(&text[start..word_end], rewritten, model, ids);
            if is_cacheable && !cache.rests(1) {
                cache.append(text.as_bytes(), start, word_end - start, ids, resolve)?;
            } else {
                resolve(ids)?;
            }
            start = word_end;
        }
        Ok(())
    }

    /// Asks the model about one piece.
    fn resolve(
        &self,
        piece: &str,
        rewritten: &mut String,
        model: &mut ModelScratch,
        ids: &mut Vec<u32>,
    ) -> Result<(), EncodeError> {
        if self.stages.rewrite == Rewrite::Nothing {
            return self.model.tokenize(piece, model, ids);
        }
        rewritten.clear();
        self.stages.rewrite.write(piece, rewritten);
        self.model.tokenize(rewritten, model, ids)
    }
}

/// Whether `piece`, a part of `text`, is at its start.
fn is_at_start(piece: &str, text: &str) -> bool {
    std::ptr::eq(piece.as_ptr(), text.as_ptr())
}

/// Every distinct string once. One that is in both has one id: added tokens take the model's.
fn merged_vocabulary<'a>(model: &'a Model, added_tokens: &'a AddedTokens) -> impl Iterator<Item = (&'a str, u32)> {
    let added = added_tokens.tokens().filter(|(content, _)| model.id(content).is_none());
    model.tokens().chain(added)
}
