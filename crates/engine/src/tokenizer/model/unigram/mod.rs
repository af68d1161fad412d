//! Unigram: the segmentation of a piece with the highest sum of scores (tokenizers 0.23.2, models/unigram/model.rs,
//! `encode_optimized`, `tokenize`).
//!
//! The crate goes from each start to the ends of the tokens that begin there. Here each end looks back at the tokens that stop
//! there, longest first: the same candidates in the same order, so that of equal sums the same one wins.

mod automaton;
#[cfg(test)]
mod tests;

use super::byte_fallback::ByteFallback;
use crate::tokenizer::EncodeError;
use crate::tokenizer::vocabulary::Vocabulary;
use automaton::Automaton;

/// How much worse than the worst token an unknown character is.
const UNKNOWN_PENALTY: f64 = 10.0;

/// A scratch that one long piece made larger is not kept.
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
}

/// The buffers of one thread.
#[derive(Debug, Default)]
pub(in crate::tokenizer) struct UnigramScratch {
    /// By the byte at which they end: only ends of characters are written, and read.
    steps: Vec<Step>,
}

/// The last step of the best way to one place.
#[derive(Debug, Clone, Copy, Default)]
struct Step {
    score: f64,
    id: u32,
    len: u32,
}

impl Unigram {
    /// The model of the strings of `vocabulary`, whose ids are their places, with their scores. `None` where the file is left to
    /// the reference path.
    pub(in crate::tokenizer) fn new(
        vocabulary: Vocabulary,
        scores: &[f64],
        unknown_id: Option<usize>,
        byte_fallback: bool,
    ) -> Option<Self> {
        if vocabulary.len() != scores.len() || unknown_id.is_some_and(|id| id >= scores.len()) {
            return None;
        }
        let automaton = Automaton::build(&vocabulary, scores)?;
        let ids = || vocabulary.spans().zip(0..);
        let empty = ids().filter(|((start, end, _), _)| start == end).last().map(|(_, id)| id);
        let byte_fallback = byte_fallback.then(|| ByteFallback::new(|piece| automaton.get(piece.as_bytes())));
        let min_score = scores.iter().fold(f64::INFINITY, |min, score| if *score < min { *score } else { min });
        Some(Self {
            is_distinct: automaton.is_distinct(),
            automaton,
            empty,
            unknown: unknown_id.and_then(|id| u32::try_from(id).ok()),
            unknown_score: min_score - UNKNOWN_PENALTY,
            byte_fallback,
            vocabulary,
        })
    }

    /// As the file has it: a string may come twice.
    pub(in crate::tokenizer) fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    /// Every distinct string, with the id that it has in a text: its last.
    pub(in crate::tokenizer) fn tokens(&self) -> impl Iterator<Item = (&str, u32)> {
        let is_last = |(token, id): &(&str, u32)| self.is_distinct || self.id(token) == Some(*id);
        self.vocabulary.tokens().map(|(token, _)| token).zip(0..).filter(is_last)
    }

    /// The id of a whole string.
    pub(in crate::tokenizer) fn id(&self, token: &str) -> Option<u32> {
        if token.is_empty() { self.empty } else { self.automaton.get(token.as_bytes()) }
    }

    /// Appends the ids of one piece.
    ///
    /// # Errors
    /// Where a character is unknown, and the file names no unknown token.
    pub(in crate::tokenizer) fn tokenize(
        &self,
        piece: &str,
        scratch: &mut UnigramScratch,
        ids: &mut Vec<u32>,
    ) -> Result<(), EncodeError> {
        let steps = &mut scratch.steps;
        if steps.len() <= piece.len() {
            steps.resize(piece.len() + 1, Step::default());
        }
        self.find_best(piece, steps)?;
        self.walk_back(piece, steps, ids);
        if steps.len() > KEPT_STEPS {
            steps.truncate(KEPT_STEPS);
            steps.shrink_to_fit();
        }
        Ok(())
    }

    /// Fills `steps` with the best way to the end of each character.
    fn find_best(&self, piece: &str, steps: &mut [Step]) -> Result<(), EncodeError> {
        let mut state = automaton::ROOT;
        for (start, character) in piece.char_indices() {
            let end = start + character.len_utf8();
            state = piece.as_bytes()[start..end].iter().fold(state, |state, byte| self.automaton.step(state, *byte));
            let mut best: Option<Step> = None;
            let mut is_known = false;
            for (id, found) in self.automaton.matches(state) {
                let from = end - found.len as usize;
                let score = found.score + steps[from].score;
                if best.is_none_or(|best| score > best.score) {
                    best = Some(Step { score, id, len: found.len });
                }
                is_known |= from == start;
            }
            if !is_known {
                let score = self.unknown_score + steps[start].score;
                if best.is_none_or(|best| score > best.score) {
                    let id = self.unknown.ok_or_else(missing_unknown)?;
                    best = Some(Step { score, id, len: (end - start) as u32 });
                }
            }
            // There is one: the character is a token, or unknown.
            steps[end] = best.unwrap_or_default();
        }
        Ok(())
    }

    /// Appends the ids of the steps to the end of `piece`. Neighbours with the unknown id are one string, which may be a token
    /// itself, or bytes.
    fn walk_back(&self, piece: &str, steps: &[Step], ids: &mut Vec<u32>) {
        let first = ids.len();
        let mut end = piece.len();
        let mut unknown_end = None;
        while end > 0 {
            let Step { id, len, .. } = steps[end];
            if Some(id) == self.unknown {
                unknown_end.get_or_insert(end);
            } else {
                if let Some(unknown_end) = unknown_end.take() {
                    self.push_unknown(&piece.as_bytes()[end..unknown_end], ids);
                }
                ids.push(id);
            }
            end -= len as usize;
        }
        if let Some(unknown_end) = unknown_end {
            self.push_unknown(&piece.as_bytes()[..unknown_end], ids);
        }
        ids[first..].reverse();
    }

    /// Appends the ids of a string of unknowns, last first.
    fn push_unknown(&self, text: &[u8], ids: &mut Vec<u32>) {
        if let Some(id) = self.automaton.get(text) {
            ids.push(id);
        } else if let Some(bytes) = self.byte_fallback.as_ref().and_then(|bytes| bytes.get(text)) {
            ids.extend(bytes.rev());
        } else {
            ids.extend(self.unknown);
        }
    }
}

fn missing_unknown() -> EncodeError {
    EncodeError { reason: "Encountered an unknown token but `unk_id` is missing".to_owned() }
}
