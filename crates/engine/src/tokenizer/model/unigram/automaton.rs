//! All tokens of a vocabulary that end at a place of a text, found in one pass: an Aho-Corasick automaton (Aho, Corasick:
//! Efficient string matching, 1975) over bytes, its trie in a double array (Aoe: An efficient digital search algorithm, 1989).
//!
//! A trie walked from every start would take the text's length times the longest token; this takes one or two steps a byte,
//! whatever the tokens are. But each of them waits for the one before, and most words are short: those walk the same trie.

use crate::tokenizer::double_array::{self, Node, Placed, child};
use crate::tokenizer::vocabulary::Vocabulary;

/// The state before any text.
pub(super) const ROOT: u32 = double_array::ROOT;

const NONE: u32 = u32::MAX;

/// The most tokens that may end at one place. Known vocabularies have at most twenty.
const MAX_MATCHES: u32 = 1000;

/// What a state has besides its children. A state is what was read last of the text, as far as a token begins with it.
#[derive(Debug, Clone, Copy)]
struct State {
    /// The longest other state that this one ends with, and [`IS_TOKEN`].
    fail: u32,
    /// The longest token that this state ends with, or is.
    longest: u32,
}

/// Of a state that is a token itself.
const IS_TOKEN: u32 = 1 << 31;

/// A token, by id.
#[derive(Debug, Clone, Copy)]
pub(super) struct Match {
    pub(super) score: f64,
    pub(super) len: u32,
    /// The longest token that this one ends with.
    next: u32,
}

/// The automaton.
#[derive(Debug)]
pub(super) struct Automaton {
    nodes: Box<[Node<State>]>,
    matches: Box<[Match]>,
    is_distinct: bool,
}

impl Automaton {
    /// Of a string that comes twice, the last place is the id. `None` where the vocabulary is too large, or a score is no number.
    pub(super) fn build(vocabulary: &Vocabulary, scores: &[f64]) -> Option<Self> {
        if scores.iter().any(|score| score.is_nan()) {
            return None;
        }
        let text = vocabulary.text().as_bytes();
        let tokens: Vec<&[u8]> = vocabulary.spans().map(|(start, end, _)| &text[start..end]).collect();
        let mut order: Vec<u32> = (0..u32::try_from(tokens.len()).ok()?).collect();
        order.sort_unstable_by_key(|&id| (tokens[id as usize], !id));
        order.dedup_by_key(|id| tokens[*id as usize]);
        let is_distinct = order.len() == tokens.len();
        order.retain(|id| !tokens[*id as usize].is_empty());

        let matches =
            tokens.iter().zip(scores).map(|(token, &score)| Match { score, len: token.len() as u32, next: NONE });
        let mut matches: Box<[Match]> = matches.collect();
        // How many tokens end where this one does, by id.
        let mut match_counts = vec![0; matches.len()];
        let sorted: Vec<(&[u8], u32)> = order.iter().map(|&id| (tokens[id as usize], id)).collect();
        // What a node fails to is nearer to the root, and so was placed before.
        let nodes = double_array::build(&sorted, State { fail: ROOT, longest: NONE }, |nodes, placed| {
            let fail = fail(nodes, &placed);
            let longest = nodes[fail as usize].value.longest;
            let Some(id) = placed.id else { return Some(State { fail, longest }) };
            matches[id as usize].next = longest;
            match_counts[id as usize] = 1 + match_counts.get(longest as usize).copied().unwrap_or(0);
            (match_counts[id as usize] <= MAX_MATCHES).then_some(State { fail: fail | IS_TOKEN, longest: id })
        })?;
        Some(Self { nodes, matches, is_distinct })
    }

    /// Whether no string comes twice.
    pub(super) fn is_distinct(&self) -> bool {
        self.is_distinct
    }

    /// The state behind `byte`.
    #[inline]
    pub(super) fn step(&self, mut state: u32, byte: u8) -> u32 {
        loop {
            if let Some(child) = child(&self.nodes, state, byte) {
                return child;
            }
            if state == ROOT {
                return ROOT;
            }
            state = self.nodes[state as usize].value.fail & !IS_TOKEN;
        }
    }

    /// The tokens that end here, longest first, with their ids.
    #[inline]
    pub(super) fn matches(&self, state: u32) -> impl Iterator<Item = (u32, &Match)> {
        let mut next = self.nodes[state as usize].value.longest;
        std::iter::from_fn(move || {
            let id = next;
            let found = self.matches.get(id as usize)?;
            next = found.next;
            Some((id, found))
        })
    }

    /// The tokens that `text` starts with, shortest first, with their ids.
    #[inline(always)]
    pub(super) fn tokens_at(&self, text: &[u8]) -> impl Iterator<Item = (u32, &Match)> {
        let mut state = ROOT;
        let mut bytes = text.iter();
        std::iter::from_fn(move || {
            loop {
                state = child(&self.nodes, state, *bytes.next()?)?;
                let State { fail, longest } = self.nodes[state as usize].value;
                if fail & IS_TOKEN != 0 {
                    return Some((longest, &self.matches[longest as usize]));
                }
            }
        })
    }

    /// The id of a whole string, which is not empty.
    pub(super) fn get(&self, token: &[u8]) -> Option<u32> {
        let state = token.iter().try_fold(ROOT, |state, byte| child(&self.nodes, state, *byte))?;
        let id = self.nodes[state as usize].value.longest;
        let found = self.matches.get(id as usize)?;
        (found.len as usize == token.len()).then_some(id)
    }
}

/// Where a node fails to: the longest other state that its string ends with.
fn fail(nodes: &[Node<State>], placed: &Placed) -> u32 {
    let mut state = placed.parent;
    while state != ROOT {
        state = nodes[state as usize].value.fail & !IS_TOKEN;
        if let Some(child) = child(nodes, state, placed.label) {
            return child;
        }
    }
    ROOT
}
