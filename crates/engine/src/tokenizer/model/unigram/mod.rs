//! Unigram: the segmentation of a piece with the highest sum of scores (tokenizers 0.23.2,
//! models/unigram/model.rs, `encode_optimized`, `tokenize`).
//!
//! The crate goes from each start to the ends of the tokens that begin there, and so does the
//! search in short pieces here. In longer pieces, the search goes back from each end over the
//! tokens that end there, longest first. Both see the same candidates in the same order, so of
//! equal sums the same one wins.

mod automaton;
mod suffix_links;
#[cfg(test)]
mod tests;

use super::byte_fallback::ByteFallback;
use crate::growth::{Growth, lengthen};
use crate::interrupt::Pace;
use crate::tokenizer::encode_error::EncodeError;
use crate::tokenizer::file::unsupported::Unsupported;
use crate::tokenizer::file::vocabulary::Vocabulary;
use automaton::{Automaton, Match};

/// How far the score of an unknown character is below that of the worst token.
const UNKNOWN_PENALTY: f64 = 10.0;

/// The most bytes of a piece that is searched as in the crate.
const SHORT_BYTES: usize = 64;

/// The ids of pieces with more bytes than this are always taken to depend on the text before them.
pub(in crate::tokenizer) const MAX_SURE_BYTES: usize = 256;

/// The most scores in a sum for which ids are sure: those of a piece, and of as many bytes before
/// it.
const SURE_SCORES: f64 = 2.0 * MAX_SURE_BYTES as f64;

/// A sum of [`SURE_SCORES`] scores is at most that many times the largest score. It is rounded that
/// many times, each time by at most 2^-53 of the sum. If two paths differ by more than all
/// roundings of both, adding the scores of a prefix does not change which is better. The limit is
/// this part of the largest score, which leaves some room.
const SURE_MARGIN: f64 = 1.0 / (1_u64 << 32) as f64;

/// A buffer that one long piece has enlarged beyond this is not kept.
const KEPT_STEPS: usize = 1 << 16;

/// The model of one file.
#[derive(Debug)]
pub(in crate::tokenizer) struct Unigram {
    vocabulary: Vocabulary,
    automaton: Automaton,
    /// Whether each string comes once.
    is_distinct: bool,
    /// The id of the empty string, which no text has.
    empty: Option<u32>,
    unknown: Option<u32>,
    unknown_score: f64,
    byte_fallback: Option<ByteFallback>,
    /// By how much the best path must be better than another one to stay the best whatever comes
    /// before.
    margin: f64,
}

/// The buffers of one thread.
#[derive(Debug, Default)]
pub(in crate::tokenizer) struct UnigramScratch {
    /// Indexed by the byte at which they end. Only ends of characters are written and read.
    steps: Vec<Step>,
}

/// The last step of the best path to one place.
#[derive(Debug, Clone, Copy, Default)]
struct Step {
    score: f64,
    id: u32,
    len: u32,
}

/// Set in the length of a step if another step is so close that the text before may decide between
/// them.
const IS_NARROW: u32 = 1 << 31;

impl Step {
    /// No path has been found yet.
    const NONE: Self = Self { score: f64::NEG_INFINITY, id: 0, len: 0 };

    /// Replaces the step by a candidate that was found later, if that is better. `margin`: see
    /// [`Unigram`].
    #[inline(always)]
    fn consider(&mut self, other: Self, margin: f64) {
        // Earlier candidates are further from a new best one than the old best is.
        let is_better = self.len == 0 || other.score > self.score;
        let is_narrow = self.len != 0 && (other.score - self.score).abs() <= margin;
        if is_better {
            *self = other;
        }
        self.len |= if is_narrow { IS_NARROW } else { 0 };
    }

    fn start(self, end: usize) -> usize {
        end - (self.len & !IS_NARROW) as usize
    }
}

impl Unigram {
    /// The model of the strings of `vocabulary`, whose ids are their indices, with their scores.
    ///
    /// # Errors
    /// Why only the reference path runs the file.
    pub(in crate::tokenizer) fn new(
        vocabulary: Vocabulary,
        scores: Vec<f64>,
        unknown_id: Option<usize>,
        byte_fallback: bool,
    ) -> Result<Self, Unsupported> {
        let count = scores.len();
        if vocabulary.len() != count {
            return Err(Unsupported::new("the Unigram model has not one score per token"));
        }
        if let Some(id) = unknown_id.filter(|&id| id >= count) {
            return Err(Unsupported::new(format!(
                "`unk_id` of the Unigram model is {id}, but there are {count} tokens"
            )));
        }
        let no_automaton =
            || Unsupported::new("a score of the Unigram model is not a number, or its vocabulary is too large");
        let min_score = scores.iter().fold(f64::INFINITY, |min, score| if *score < min { *score } else { min });
        let unknown_score = min_score - UNKNOWN_PENALTY;
        let largest = scores.iter().fold(unknown_score.abs(), |largest, score| largest.max(score.abs()));
        let automaton = Automaton::build(&vocabulary, scores).ok_or_else(no_automaton)?;
        let ids = || vocabulary.spans().zip(0..);
        let empty = ids().filter(|((start, end, _), _)| start == end).last().map(|(_, id)| id);
        let byte_fallback = byte_fallback.then(|| ByteFallback::new(|piece| automaton.get(piece.as_bytes())));
        Ok(Self {
            is_distinct: automaton.is_distinct(),
            automaton,
            empty,
            unknown: unknown_id.and_then(|id| u32::try_from(id).ok()),
            unknown_score,
            byte_fallback,
            margin: largest * SURE_MARGIN,
            vocabulary,
        })
    }

    /// The vocabulary of the file: a string may come twice.
    pub(in crate::tokenizer) fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    /// Every distinct string with the id that it gets in a text, which is its last.
    pub(in crate::tokenizer) fn tokens(&self) -> impl Iterator<Item = (&str, u32)> {
        let is_last = |(token, id): &(&str, u32)| self.is_distinct || self.id(token) == Some(*id);
        self.vocabulary.tokens().map(|(token, _)| token).zip(0..).filter(is_last)
    }

    /// The id of a whole string.
    pub(in crate::tokenizer) fn id(&self, token: &str) -> Option<u32> {
        if token.is_empty() { self.empty } else { self.automaton.get(token.as_bytes()) }
    }

    /// The unknown token, if the file names one.
    pub(in crate::tokenizer) fn unknown_token(&self) -> Option<&str> {
        self.unknown.and_then(|id| self.vocabulary.tokens().nth(id as usize)).map(|(token, _)| token)
    }

    /// Whether pieces may be cut. They may not if a sum may be infinite: it is then greater than no
    /// other.
    pub(in crate::tokenizer) fn can_be_cut(&self) -> bool {
        (self.margin / SURE_MARGIN * SURE_SCORES).is_finite()
    }

    /// Appends the ids of `piece[start..]`. No token may cross `start`, and not both characters
    /// next to it may be unknown. Returns whether the ids are the same after any text of up to
    /// [`MAX_SURE_BYTES`], provided that no token crosses the start of the piece either.
    ///
    /// # Errors
    /// If a character is unknown, and the file names no unknown token.
    pub(in crate::tokenizer) fn tokenize_from(
        &self,
        piece: &str,
        start: usize,
        scratch: &mut UnigramScratch,
        ids: &mut Vec<u32>,
    ) -> Result<bool, EncodeError> {
        let steps = &mut scratch.steps;
        lengthen(steps, piece.len() + 1, Step::default());
        if piece.len() <= SHORT_BYTES { self.find_best_of_short(piece, steps) } else { self.find_best(piece, steps) }?;
        let is_sure = self.walk_back(piece, start, steps, ids) && piece.len() <= MAX_SURE_BYTES;
        if steps.len() > KEPT_STEPS {
            *steps = Vec::new();
        }
        Ok(is_sure)
    }

    /// Does the same as [`find_best`](Self::find_best), from each start to the ends of its tokens.
    fn find_best_of_short(&self, piece: &str, steps: &mut [Step]) -> Result<(), EncodeError> {
        let bytes = piece.as_bytes();
        steps[0] = Step::default();
        steps[1..=bytes.len()].fill(Step::NONE);
        let mut start = 0;
        while start < bytes.len() {
            let before = steps[start].score;
            let mut is_known = false;
            let char_len = char_len(bytes[start]);
            for Match { id, len, score } in self.automaton.tokens_at(&bytes[start..]) {
                steps[start + len].consider(Step { score: score + before, id, len: len as u32 }, self.margin);
                is_known |= len == char_len;
            }
            let end = start + char_len;
            if !is_known {
                let score = self.unknown_score + before;
                // A place where no token ends can only be reached with the unknown token.
                let is_needed = steps[end].len == 0 || score > steps[end].score;
                if is_needed && self.unknown.is_none() {
                    return Err(missing_unknown());
                }
                let id = self.unknown.unwrap_or_default();
                steps[end].consider(Step { score, id, len: char_len as u32 }, self.margin);
            }
            start = end;
        }
        Ok(())
    }

    /// Fills `steps` with the best path to the end of each character.
    fn find_best(&self, piece: &str, steps: &mut [Step]) -> Result<(), EncodeError> {
        let links = self.automaton.suffix_links();
        let (mut state, mut pace) = (automaton::ROOT, Pace::new());
        for (start, character) in piece.char_indices() {
            let end = start + character.len_utf8();
            pace.step(end - start);
            state =
                piece.as_bytes()[start..end].iter().fold(state, |state, byte| self.automaton.step(links, state, *byte));
            let mut best = Step::NONE;
            let mut is_known = false;
            for Match { id, len, score } in self.automaton.matches(links, state) {
                let from = end - len;
                let score = score + steps[from].score;
                best.consider(Step { score, id, len: len as u32 }, self.margin);
                is_known |= from == start;
            }
            if !is_known {
                let score = self.unknown_score + steps[start].score;
                // A place where no token ends can only be reached with the unknown token.
                if self.unknown.is_none() && (best.len == 0 || score > best.score) {
                    return Err(missing_unknown());
                }
                let id = self.unknown.unwrap_or_default();
                best.consider(Step { score, id, len: (end - start) as u32 }, self.margin);
            }
            steps[end] = best;
        }
        Ok(())
    }

    /// Appends the ids of the steps from `start` to the end of `piece`. Neighbors with the unknown
    /// id make up one string, which may be a token itself, or become bytes. Returns whether no step
    /// is narrow.
    fn walk_back(&self, piece: &str, start: usize, steps: &[Step], ids: &mut Vec<u32>) -> bool {
        let first = ids.len();
        let mut end = piece.len();
        let mut unknown_end = None;
        let mut lens = 0;
        let mut pace = Pace::new();
        while end > start {
            pace.step(1);
            let step = steps[end];
            lens |= step.len;
            if Some(step.id) == self.unknown {
                unknown_end.get_or_insert(end);
            } else {
                if let Some(unknown_end) = unknown_end.take() {
                    self.push_unknown(&piece.as_bytes()[end..unknown_end], ids);
                }
                ids.make_room(1);
                ids.push(step.id);
            }
            end = step.start(end);
        }
        if let Some(unknown_end) = unknown_end {
            self.push_unknown(&piece.as_bytes()[start..unknown_end], ids);
        }
        ids[first..].reverse();
        lens & IS_NARROW == 0
    }

    /// Appends the ids of a string of unknown characters, last first.
    fn push_unknown(&self, text: &[u8], ids: &mut Vec<u32>) {
        if let Some(id) = self.automaton.get(text) {
            ids.make_room(1);
            ids.push(id);
        } else if let Some(bytes) = self.byte_fallback.as_ref().and_then(|bytes| bytes.get(text)) {
            ids.make_room(text.len());
            ids.extend(bytes.rev());
        } else {
            ids.make_room(1);
            ids.extend(self.unknown);
        }
    }
}

/// The length of a character, by its first byte.
#[inline(always)]
fn char_len(first: u8) -> usize {
    match first {
        ..0x80 => 1,
        0x80..0xE0 => 2,
        0xE0..0xF0 => 3,
        0xF0.. => 4,
    }
}

fn missing_unknown() -> EncodeError {
    EncodeError { reason: "Encountered an unknown token but `unk_id` is missing".to_owned() }
}
