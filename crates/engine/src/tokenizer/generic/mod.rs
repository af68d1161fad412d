//! The pipeline of any other kind than BERT's: normalizers, stages of pre-tokenizers, a model, added tokens.
//!
//! Only a piece that the word cache doesn't have is rewritten, and meets the model.

mod cuts;
mod normalizers;
mod parts;
mod rewrite;
mod stages;

use std::ops::Range;

use super::EncodeError;
use super::added_tokens::{AddedTokens, Piece};
use super::model::unigram::MAX_SURE_BYTES;
use super::model::{Model, ModelScratch};
use super::model_spec::Unknown;
use super::pre_tokenizer::{BlockSplitter, Splitter};
use super::scan::Scanner;
use super::spec::TokenizerSpec;
use super::unsupported::Unsupported;
use super::vocabulary::{VocabularyFacts, sorted_tokens};
use super::word_cache::piece::{PieceCache, Resolved};
use cuts::Cuts;
use normalizers::{NormalizerScratch, Normalizers};
use parts::{LastSplit, PADDING};
use rewrite::Rewrite;
use stages::{Front, Stage, Stages};

/// A scratch that one long text made larger is not kept.
const KEPT_BYTES: usize = 1 << 20;

/// Parts are looked up behind this many bytes at the latest.
const LONG_GROUP_BYTES: usize = 1 << 13;

/// A tokenizer of any kind.
#[derive(Debug)]
pub(super) struct GenericTokenizer {
    scanner: Scanner,
    added_tokens: AddedTokens,
    normalizers: Normalizers,
    stages: Stages,
    model: Model,
    cuts: Option<Cuts>,
    /// What gives the parts of the last stage.
    blocks: Option<BlockSplitter>,
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

    /// How many bytes it takes, but for the text at work.
    pub(super) fn bytes(&self) -> usize {
        self.words.cache.bytes()
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
    /// The tokenizer of a file.
    ///
    /// # Errors
    /// What in the file is left to the reference path.
    pub(super) fn new(spec: TokenizerSpec) -> Result<Self, Unsupported> {
        let scanner = Scanner::detect();
        let mut normalizers = Normalizers::new(spec.normalizer, scanner)?;
        let mut stages = Stages::new(spec.pre_tokenizer, !normalizers.is_empty())?;
        let built = spec.model.build()?;
        let model = built.model;
        let normalize = |content: &str| normalizers.run(content, &mut NormalizerScratch::default()).to_owned();
        let added_tokens = AddedTokens::new(spec.added_tokens, model.size(), |token| model.id(token), normalize)?;
        let unknown_id = match built.unknown {
            Unknown::None => None,
            Unknown::Id(id) => Some(id),
            Unknown::Token(token) => added_tokens.id(&token).or_else(|| model.id(&token)),
        };
        let facts = VocabularyFacts::count(merged_vocabulary(&model, &added_tokens), unknown_id);
        if added_tokens.in_normalized.is_empty()
            && let Some(replacement) = normalizers.last_for_spaces()
            && stages.defer_spaces(replacement)
        {
            normalizers.pop();
        }
        let cuts = Cuts::new(&model, &stages);
        let blocks = stages.last_split().and_then(Splitter::by_blocks);
        Ok(Self { scanner, added_tokens, normalizers, stages, model, cuts, blocks, facts })
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
        scratch.words.cache.start();
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
                        Front::Always(replacement) => !piece.starts_with([' ', replacement]),
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
        let last = self.stages.last_split().filter(|_| self.cuts.as_ref().is_none_or(Cuts::splits_at_spaces));
        let before = &self.stages.list[..self.stages.list.len() - usize::from(last.is_some())];
        before.iter().for_each(|stage| scratch.run(stage));
        let WordScratch { remembers, cache, rewritten, model } = words;
        // The cache takes a NUL for padding.
        let is_cacheable = *remembers && !scratch.text.as_bytes().contains(&0);
        scratch.text.extend([' '; PADDING]);
        let text = scratch.text.as_str();
        let mut resolve = |part: Range<usize>, ids: &mut Vec<u32>| self.resolve(text, part, rewritten, model, ids);
        let split = match (&self.cuts, self.blocks, last) {
            (Some(cuts), ..) => LastSplit::Cuts(cuts),
            (_, Some(blocks), Some(splitter)) => LastSplit::Blocks(blocks, splitter),
            (_, _, Some(splitter)) => LastSplit::Splitter(splitter),
            _ => LastSplit::None,
        };
        for &(start, piece_end) in &scratch.pieces {
            let (mut at, mut word, mut group) = (start, start, start);
            while at < piece_end {
                at = split.ask(text, at, piece_end, &mut word, cache);
                // Now and then also where parts are long: what is found may be enough.
                if cache.is_group() || at - group > LONG_GROUP_BYTES {
                    group = at;
                    cache.answer(text.as_bytes(), is_cacheable, ids, &mut resolve)?;
                    if ids.len() >= end {
                        return Ok(());
                    }
                }
            }
        }
        cache.answer(text.as_bytes(), is_cacheable, ids, &mut resolve)
    }

    /// Asks the model about one part of a padded text.
    fn resolve(
        &self,
        text: &str,
        part: Range<usize>,
        rewritten: &mut String,
        model: &mut ModelScratch,
        ids: &mut Vec<u32>,
    ) -> Resolved {
        let first = ids.len();
        // Only Unigram's parts may depend on what is before them, in their word.
        let Some(cuts) = self.cuts.as_ref().filter(|cuts| cuts.splits_at_spaces()) else {
            return self.tokenize(&text[part], 0, rewritten, model, ids).map(|_| true);
        };
        let is_short = part.len() <= MAX_SURE_BYTES;
        if is_short && self.tokenize(&text[part.clone()], 0, rewritten, model, ids)? {
            return Ok(true);
        }
        let word = cuts.word_start(text, part.start);
        let is_whole = word == part.start;
        if !(is_short && is_whole) {
            ids.truncate(first);
            self.tokenize(&text[word..part.end], part.start - word, rewritten, model, ids)?;
        }
        // Without a space before it, the start of a word may be a part within another one.
        Ok(is_whole && cuts.is_space(text, word))
    }

    /// Asks the model about `piece[start..]`, where the piece is cut. The result is that of [`Model::tokenize_part`].
    fn tokenize(
        &self,
        piece: &str,
        start: usize,
        rewritten: &mut String,
        model: &mut ModelScratch,
        ids: &mut Vec<u32>,
    ) -> Resolved {
        if self.stages.rewrite == Rewrite::Nothing {
            return self.model.tokenize_part(piece, start, model, ids);
        }
        rewritten.clear();
        self.stages.rewrite.write(piece, rewritten);
        // Behind a cut within a word, nothing is rewritten.
        let start = if start == 0 { 0 } else { rewritten.len() - (piece.len() - start) };
        self.model.tokenize_part(rewritten, start, model, ids)
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
