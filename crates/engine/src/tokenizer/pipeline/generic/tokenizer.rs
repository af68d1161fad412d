//! A tokenizer of the generic kind, and how it encodes one text.

use std::ops::Range;

use super::last_split::{LastSplit, PADDING};
use super::normalizers::{NormalizerScratch, Normalizers};
use super::rewrite::Rewrite;
use super::safe_cuts::SafeCuts;
use super::scratch::{GenericScratch, PieceScratch, WordScratch};
use super::seams::Seams;
use super::stages::{Front, Stages};
use crate::growth::Growth;
use crate::interrupt::Pace;
use crate::tokenizer::cache::piece::MayRemember;
use crate::tokenizer::encode_error::EncodeError;
use crate::tokenizer::file::model_spec::Unknown;
use crate::tokenizer::file::spec::TokenizerSpec;
use crate::tokenizer::file::unsupported::Unsupported;
use crate::tokenizer::file::vocabulary::{VocabularyFacts, sorted_tokens};
use crate::tokenizer::model::unigram::MAX_SURE_BYTES;
use crate::tokenizer::model::{Model, ModelScratch};
use crate::tokenizer::pipeline::added_tokens::{AddedTokens, Piece};
use crate::tokenizer::pre_tokenizer::{BlockSplitter, Splitter};
use crate::tokenizer::scan::Scanner;

/// Pending pieces are looked up after this many bytes at the latest.
const MAX_GROUP_BYTES: usize = 1 << 13;

/// How many bytes of other work take as long as a group.
const WORK_OF_GROUP: usize = 1 << 11;

/// A tokenizer of any kind.
#[derive(Debug)]
pub(in crate::tokenizer) struct GenericTokenizer {
    scanner: Scanner,
    added_tokens: AddedTokens,
    normalizers: Normalizers,
    stages: Stages,
    model: Model,
    cuts: Option<SafeCuts>,
    /// Splits the pieces of the last stage, if it works on blocks.
    blocks: Option<BlockSplitter>,
    seams: Seams,
    facts: VocabularyFacts,
}

impl GenericTokenizer {
    /// The tokenizer of a file.
    ///
    /// # Errors
    /// The part of the file that only the reference path runs.
    pub(in crate::tokenizer) fn new(spec: TokenizerSpec) -> Result<Self, Unsupported> {
        let scanner = Scanner::detect();
        let mut normalizers = Normalizers::new(spec.normalizer, scanner)?;
        let mut stages = Stages::new(spec.pre_tokenizer, !normalizers.is_empty())?;
        let built = spec.model.build()?;
        let model = built.model;
        let normalize = |content: &str| normalizers.run(content, &mut NormalizerScratch::default()).to_owned();
        let longest_insertion = || normalizers.longest_insertion();
        let model_id = |token: &str| model.id(token);
        let added_tokens = AddedTokens::new(spec.added_tokens, model.size(), model_id, normalize, longest_insertion)?;
        let unknown_id = match built.unknown {
            Unknown::None => None,
            Unknown::Id(id) => Some(id),
            Unknown::Token(token) => added_tokens.id(&token).or_else(|| model.id(&token)),
        };
        let facts =
            VocabularyFacts::count(added_tokens.merged_with(model.tokens(), |token| model.id(token)), unknown_id);
        if added_tokens.in_normalized.is_empty()
            && let Some(replacement) = normalizers.last_for_spaces()
            && stages.defer_spaces(replacement)
        {
            normalizers.pop();
        }
        let cuts = SafeCuts::new(&model, &stages);
        let seams = Seams::of(&normalizers, &stages, cuts.as_ref());
        let blocks = stages.last_split().and_then(Splitter::by_blocks);
        Ok(Self { scanner, added_tokens, normalizers, stages, model, cuts, blocks, seams, facts })
    }

    pub(in crate::tokenizer) fn facts(&self) -> VocabularyFacts {
        self.facts
    }

    /// The vocabulary, added tokens included, by rising id.
    pub(in crate::tokenizer) fn vocabulary(&self) -> Vec<(String, u32)> {
        sorted_tokens(self.added_tokens.merged_with(self.model.tokens(), |token| self.model.id(token)))
    }

    /// See [`Tokenizer::has_seams`](crate::tokenizer::Tokenizer::has_seams).
    pub(in crate::tokenizer) fn has_seams(&self, text: &str) -> bool {
        let AddedTokens { in_text, in_normalized, .. } = &self.added_tokens;
        let has_added = |text| in_text.is_in(text, self.scanner) || in_normalized.is_in(text, self.scanner);
        // What a normalizer might make of the text is not known here.
        let is_known = in_normalized.is_empty() || self.normalizers.leave(text);
        self.seams != Seams::None && is_known && !has_added(text)
    }

    /// See [`Tokenizer::is_seam`](crate::tokenizer::Tokenizer::is_seam).
    pub(in crate::tokenizer) fn is_seam(&self, text: &str, at: usize) -> bool {
        self.seams.has(text, at, self.cuts.as_ref())
    }

    /// The ids of `text`, at most `limit`.
    ///
    /// # Errors
    /// If the model has no id for a piece.
    pub(in crate::tokenizer) fn encode(
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
                Piece::Token(id) => push(id, ids),
                Piece::Text(piece) => {
                    let is_at_start = is_at_start(piece, text);
                    self.encode_piece(piece, is_at_start, end, scratch, ids)?;
                }
            }
        }
        ids.truncate(end);
        Ok(())
    }

    /// Encodes text in which added tokens are searched after it is normalized.
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
                Piece::Token(id) => push(id, ids),
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

    /// Encodes the text between two added tokens.
    fn encode_pieces(
        &self,
        scratch: &mut PieceScratch,
        end: usize,
        words: &mut WordScratch,
        ids: &mut Vec<u32>,
    ) -> Result<(), EncodeError> {
        let last = self.stages.last_split().filter(|_| self.cuts.as_ref().is_none_or(SafeCuts::splits_at_spaces));
        let before = &self.stages.list[..self.stages.list.len() - usize::from(last.is_some())];
        before.iter().for_each(|stage| scratch.run(stage));
        let WordScratch { remembers, cache, rewritten, model } = words;
        // The cache uses NUL as padding.
        let is_cacheable = *remembers && !scratch.text.as_bytes().contains(&0);
        scratch.text.make_room(PADDING);
        scratch.text.extend([' '; PADDING]);
        let text = scratch.text.as_str();
        let mut tokenize =
            |piece: Range<usize>, ids: &mut Vec<u32>| self.tokenize_cut(text, piece, rewritten, model, ids);
        let split = match (&self.cuts, self.blocks, last) {
            (Some(cuts), ..) => LastSplit::Cuts(cuts),
            (_, Some(blocks), Some(splitter)) => LastSplit::Blocks(blocks, splitter),
            (_, _, Some(splitter)) => LastSplit::Splitter(splitter),
            _ => LastSplit::None,
        };
        let mut pace = Pace::new();
        for &(start, piece_end) in &scratch.pieces {
            let (mut at, mut word, mut group) = (start, start, start);
            while at < piece_end {
                at = split.prefetch(text, at, piece_end, &mut word, cache);
                // Long pieces are also looked up now and then: the ids found may be enough.
                if cache.is_group() || at - group > MAX_GROUP_BYTES {
                    // Pieces that are new take longer than their bytes.
                    pace.step((at - group).max(WORK_OF_GROUP));
                    group = at;
                    cache.resolve(text.as_bytes(), is_cacheable, ids, &mut tokenize)?;
                    if ids.len() >= end {
                        return Ok(());
                    }
                }
            }
        }
        cache.resolve(text.as_bytes(), is_cacheable, ids, &mut tokenize)
    }

    /// Appends the ids of one piece of a padded text. If the piece was cut within a word of
    /// Unigram's, its ids may depend on the part of the word before it.
    fn tokenize_cut(
        &self,
        text: &str,
        piece: Range<usize>,
        rewritten: &mut String,
        model: &mut ModelScratch,
        ids: &mut Vec<u32>,
    ) -> MayRemember {
        let first = ids.len();
        // Only a piece of Unigram's may depend on the text before it, within its word.
        let Some(cuts) = self.cuts.as_ref().filter(|cuts| cuts.splits_at_spaces()) else {
            return self.tokenize(&text[piece], 0, rewritten, model, ids).map(|_| true);
        };
        let is_short = piece.len() <= MAX_SURE_BYTES;
        if is_short && self.tokenize(&text[piece.clone()], 0, rewritten, model, ids)? {
            return Ok(true);
        }
        let word = cuts.word_start(text, piece.start);
        let is_whole = word == piece.start;
        if !(is_short && is_whole) {
            ids.truncate(first);
            self.tokenize(&text[word..piece.end], piece.start - word, rewritten, model, ids)?;
        }
        // Without a space before it, this word may come again as the middle of another one.
        Ok(is_whole && cuts.is_space(text, word))
    }

    /// Appends the ids of `piece[start..]`; the piece can be cut at `start`. The result is that of
    /// [`Model::tokenize_from`].
    fn tokenize(
        &self,
        piece: &str,
        start: usize,
        rewritten: &mut String,
        model: &mut ModelScratch,
        ids: &mut Vec<u32>,
    ) -> MayRemember {
        if self.stages.rewrite == Rewrite::Nothing {
            return self.model.tokenize_from(piece, start, model, ids);
        }
        rewritten.clear();
        self.stages.rewrite.write(piece, rewritten);
        // After a cut within a word, nothing is rewritten.
        let start = if start == 0 { 0 } else { rewritten.len() - (piece.len() - start) };
        self.model.tokenize_from(rewritten, start, model, ids)
    }
}

fn push(id: u32, ids: &mut Vec<u32>) {
    ids.make_room(1);
    ids.push(id);
}

/// Whether `piece`, a slice of `text`, is at its start.
fn is_at_start(piece: &str, text: &str) -> bool {
    std::ptr::eq(piece.as_ptr(), text.as_ptr())
}
