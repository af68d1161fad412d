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

/// What the automaton has of a state besides its children. A state is what was read last of the text, as far as a token begins with it.
#[derive(Debug, Clone, Copy)]
struct State {
    /// The longest other state that this one ends with.
    fail: u32,
    /// The longest token that this state ends with, or is.
    longest: u32,
}

/// A token, by id.
#[derive(Debug, Clone, Copy)]
struct Token {
    len: u32,
    /// The longest token that this one ends with.
    next: u32,
}

/// A token that ends or starts at a place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Match {
    pub(super) id: u32,
    pub(super) len: usize,
    pub(super) score: f64,
}

/// The automaton. Most words only walk its trie, which takes the nodes and the scores.
#[derive(Debug)]
pub(super) struct Automaton {
    /// With the id of the token that each is, or [`NONE`].
    nodes: Box<[Node<u32>]>,
    scores: Box<[f64]>,
    /// By node.
    states: Box<[State]>,
    tokens: Box<[Token]>,
    is_distinct: bool,
}

impl Automaton {
    /// Of a string that comes twice, the last place is the id. `None` where the vocabulary is too large, or a score is no number.
    pub(super) fn build(vocabulary: &Vocabulary, scores: &[f64]) -> Option<Self> {
        if scores.iter().any(|score| score.is_nan()) {
            return None;
        }
        let text = vocabulary.text().as_bytes();
        let strings: Vec<&[u8]> = vocabulary.spans().map(|(start, end, _)| &text[start..end]).collect();
        let mut order: Vec<u32> = (0..u32::try_from(strings.len()).ok()?).collect();
        order.sort_unstable_by_key(|&id| (strings[id as usize], !id));
        order.dedup_by_key(|id| strings[*id as usize]);
        let is_distinct = order.len() == strings.len();
        order.retain(|id| !strings[*id as usize].is_empty());

        let mut tokens: Box<[Token]> =
            strings.iter().map(|string| Token { len: string.len() as u32, next: NONE }).collect();
        // How many tokens end where this one does, by id.
        let mut match_counts = vec![0; tokens.len()];
        let sorted: Vec<(&[u8], u32)> = order.iter().map(|&id| (strings[id as usize], id)).collect();
        let no_state = State { fail: ROOT, longest: NONE };
        let mut states = vec![no_state];
        // What a node fails to is nearer to the root, and so was placed before.
        let nodes = double_array::build(&sorted, NONE, |nodes, placed| {
            states.resize(nodes.len(), no_state);
            let fail = fail(nodes, &states, &placed);
            let longest = states[fail as usize].longest;
            let state = &mut states[placed.node as usize];
            let Some(id) = placed.id else {
                *state = State { fail, longest };
                return Some(NONE);
            };
            *state = State { fail, longest: id };
            tokens[id as usize].next = longest;
            match_counts[id as usize] = 1 + match_counts.get(longest as usize).copied().unwrap_or(0);
            (match_counts[id as usize] <= MAX_MATCHES).then_some(id)
        })?;
        states.resize(nodes.len(), no_state);
        Some(Self { nodes, scores: scores.into(), states: states.into(), tokens, is_distinct })
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
            state = self.states[state as usize].fail;
        }
    }

    /// The tokens that end here, longest first.
    #[inline]
    pub(super) fn matches(&self, state: u32) -> impl Iterator<Item = Match> {
        let mut next = self.states[state as usize].longest;
        std::iter::from_fn(move || {
            let id = next;
            let token = self.tokens.get(id as usize)?;
            next = token.next;
            Some(Match { id, len: token.len as usize, score: self.scores[id as usize] })
        })
    }

    /// The tokens that `text` starts with, shortest first.
    #[inline(always)]
    pub(super) fn tokens_at(&self, text: &[u8]) -> impl Iterator<Item = Match> {
        let mut node = ROOT;
        let mut bytes = text.iter().enumerate();
        std::iter::from_fn(move || {
            loop {
                let (place, &byte) = bytes.next()?;
                node = child(&self.nodes, node, byte)?;
                let id = self.nodes[node as usize].value;
                if id != NONE {
                    return Some(Match { id, len: place + 1, score: self.scores[id as usize] });
                }
            }
        })
    }

    /// The id of a whole string, which is not empty.
    pub(super) fn get(&self, token: &[u8]) -> Option<u32> {
        let node = token.iter().try_fold(ROOT, |node, byte| child(&self.nodes, node, *byte))?;
        Some(self.nodes[node as usize].value).filter(|id| *id != NONE)
    }
}

/// Where a node fails to: the longest other state that its string ends with.
fn fail(nodes: &[Node<u32>], states: &[State], placed: &Placed) -> u32 {
    let mut state = placed.parent;
    while state != ROOT {
        state = states[state as usize].fail;
        if let Some(child) = child(nodes, state, placed.label) {
            return child;
        }
    }
    ROOT
}
