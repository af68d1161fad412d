//! All tokens of a vocabulary that end at each place of a text, found in one pass: an Aho-Corasick
//! automaton (Aho, Corasick: Efficient string matching, 1975) over bytes, whose trie is a double
//! array (Aoe: An efficient digital search algorithm, 1989).
//!
//! Walking a trie from every start would take the length of the text times that of the longest
//! token. The automaton takes one or two steps per byte, whatever the tokens are. But each step
//! waits for the one before, and most words are short: for those, the trie is walked from every
//! start.

use crate::tokenizer::file::vocabulary::Vocabulary;
use crate::tokenizer::index::double_array::{self, Node, Placed, child};

/// The state before any text.
pub(super) const ROOT: u32 = double_array::ROOT;

const NONE: u32 = u32::MAX;

/// The most tokens that may end at one place. Known vocabularies have at most twenty.
const MAX_MATCHES: u32 = 1000;

/// A state besides its children. A state is the longest end of the text read so far that a token
/// begins with.
#[derive(Debug, Clone, Copy)]
struct State {
    /// The longest other state that this state ends with.
    fail: u32,
    /// The longest token that this state ends with or equals.
    longest: u32,
}

/// A token; its index is its id.
#[derive(Debug, Clone, Copy)]
struct Token {
    len: u32,
    /// The longest other token that this token ends with.
    next: u32,
}

/// A token that ends or starts at a place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Match {
    pub(super) id: u32,
    pub(super) len: usize,
    pub(super) score: f64,
}

/// The automaton. Most words only need its trie: the nodes and the scores.
#[derive(Debug)]
pub(super) struct Automaton {
    /// The value of a node is the id of the token that it equals, or [`NONE`].
    nodes: Box<[Node<u32>]>,
    scores: Box<[f64]>,
    /// Indexed by node.
    states: Box<[State]>,
    tokens: Box<[Token]>,
    is_distinct: bool,
}

impl Automaton {
    /// The id of a string that comes twice is its last index. `None` if the vocabulary is too
    /// large, or a score is not a number.
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
        // By id, how many tokens end where this one does.
        let mut match_counts = vec![0; tokens.len()];
        let sorted: Vec<(&[u8], u32)> = order.iter().map(|&id| (strings[id as usize], id)).collect();
        let no_state = State { fail: ROOT, longest: NONE };
        let mut states = vec![no_state];
        // The fail state of a node is nearer to the root, so it was placed before.
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

    /// The state after `byte`.
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

/// The fail state of a node: the longest other state that its string ends with.
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
