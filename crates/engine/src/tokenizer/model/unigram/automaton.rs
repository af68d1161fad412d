//! All tokens of a vocabulary that end at each place of a text, found in one pass: an Aho-Corasick
//! automaton (Aho, Corasick: Efficient string matching, 1975) over bytes, whose trie is a double
//! array (Aoe: An efficient digital search algorithm, 1989).
//!
//! Walking a trie from every start would take the length of the text times that of the longest
//! token. The automaton takes one or two steps per byte, whatever the tokens are. But each step
//! waits for the one before, and most words are short: for those, the trie is walked from every
//! start.

use std::sync::OnceLock;

use super::suffix_links::{NONE, SuffixLinks};
use crate::tokenizer::file::vocabulary::Vocabulary;
use crate::tokenizer::index::double_array;
use crate::tokenizer::index::node::{self, Node, child};
use crate::tokenizer::index::sorted_strings::SortedStrings;

/// The state before any text.
pub(super) const ROOT: u32 = node::ROOT;

/// The most tokens that may end at one place. Known vocabularies have at most twenty.
const MAX_MATCHES: u32 = 1000;

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
    /// All nodes but the root, each after its parent.
    order: Box<[u32]>,
    /// Made for the first long piece: a third of the time of a load, and of its memory, that most
    /// texts have no use for.
    links: OnceLock<SuffixLinks>,
    is_distinct: bool,
}

impl Automaton {
    /// The id of a string that comes twice is its last index. `None` if the vocabulary is too
    /// large, or a score is not a number.
    pub(super) fn build(vocabulary: &Vocabulary, scores: Vec<f64>) -> Option<Self> {
        if scores.iter().any(|score| score.is_nan()) {
            return None;
        }
        let strings = SortedStrings::of(vocabulary, 0..);
        let mut order = Vec::new();
        let nodes = double_array::build(&strings, NONE, |placed| {
            order.push(placed.node);
            placed.id.unwrap_or(NONE)
        })?;
        let automaton = Self {
            nodes,
            scores: scores.into(),
            order: order.into(),
            links: OnceLock::new(),
            is_distinct: strings.is_distinct(),
        };
        // Tokens that end at one place have different lengths.
        let is_few = strings.longest() <= MAX_MATCHES || automaton.suffix_links().most_matches() <= MAX_MATCHES;
        is_few.then_some(automaton)
    }

    /// Whether no string comes twice.
    pub(super) fn is_distinct(&self) -> bool {
        self.is_distinct
    }

    /// What [`step`](Self::step) and [`matches`](Self::matches) need.
    #[inline]
    pub(super) fn suffix_links(&self) -> &SuffixLinks {
        self.links.get_or_init(|| SuffixLinks::build(&self.nodes, &self.order, self.scores.len()))
    }

    /// The state after `byte`.
    #[inline]
    pub(super) fn step(&self, links: &SuffixLinks, mut state: u32, byte: u8) -> u32 {
        loop {
            if let Some(child) = child(&self.nodes, state, byte) {
                return child;
            }
            if state == ROOT {
                return ROOT;
            }
            state = links.fail(state);
        }
    }

    /// The tokens that end here, longest first.
    #[inline]
    pub(super) fn matches<'a>(&'a self, links: &'a SuffixLinks, state: u32) -> impl Iterator<Item = Match> + 'a {
        links.matches(state).map(|(id, len)| Match { id, len: len as usize, score: self.scores[id as usize] })
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
