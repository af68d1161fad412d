//! The links of an Aho-Corasick automaton over its trie: from a state to the longest other state
//! that it ends with, and to the tokens that it ends with.

use crate::growth::filled;
use crate::tokenizer::index::double_array::parents;
use crate::tokenizer::index::node::{Node, ROOT, child};

/// No id.
pub(super) const NONE: u32 = u32::MAX;

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

/// The links.
#[derive(Debug)]
pub(super) struct SuffixLinks {
    /// Indexed by node.
    states: Box<[State]>,
    tokens: Box<[Token]>,
}

impl SuffixLinks {
    /// The links over `nodes`, whose values are ids below `tokens`, or [`NONE`]. `order` has all
    /// nodes but the root, each after its parent.
    pub(super) fn build(nodes: &[Node<u32>], order: &[u32], tokens: usize) -> Self {
        let parents = parents(nodes);
        let mut depths = filled(nodes.len(), 0);
        let mut states = filled(nodes.len(), State { fail: ROOT, longest: NONE }).into_boxed_slice();
        let mut tokens = filled(tokens, Token { len: 0, next: NONE }).into_boxed_slice();
        for &node in order {
            depths[node as usize] = depths[parents[node as usize] as usize] + 1;
        }
        for node in by_depth(order, &depths) {
            let parent = parents[node as usize];
            // A fail state is nearer to the root, so it is known already.
            let fail = fail(nodes, &states, parent, nodes[node as usize].last_byte());
            let longest = states[fail as usize].longest;
            let id = nodes[node as usize].value;
            states[node as usize] = State { fail, longest: if id == NONE { longest } else { id } };
            if id != NONE {
                tokens[id as usize] = Token { len: depths[node as usize], next: longest };
            }
        }
        Self { states, tokens }
    }

    /// How many tokens end at one place at most.
    pub(super) fn most_matches(&self) -> u32 {
        // By rising length, so that those that a token ends with come before it.
        let mut by_length: Vec<u32> =
            (0..).zip(&self.tokens).filter(|(_, token)| token.len > 0).map(|(id, _)| id).collect();
        by_length.sort_unstable_by_key(|id| self.tokens[*id as usize].len);
        let mut counts = vec![0_u32; self.tokens.len()];
        for id in by_length {
            let next = self.tokens[id as usize].next;
            counts[id as usize] = 1 + counts.get(next as usize).copied().unwrap_or(0);
        }
        counts.into_iter().max().unwrap_or(0)
    }

    /// The longest other state that a state ends with.
    #[inline(always)]
    pub(super) fn fail(&self, state: u32) -> u32 {
        self.states[state as usize].fail
    }

    /// The ids and lengths of the tokens that a state ends with, longest first.
    #[inline(always)]
    pub(super) fn matches(&self, state: u32) -> impl Iterator<Item = (u32, u32)> {
        let mut next = self.states[state as usize].longest;
        std::iter::from_fn(move || {
            let id = next;
            let token = self.tokens.get(id as usize)?;
            next = token.next;
            Some((id, token.len))
        })
    }
}

/// The nodes of `order`, those nearer to the root first.
fn by_depth(order: &[u32], depths: &[u32]) -> Vec<u32> {
    let depth_of = |node: &u32| depths[*node as usize] as usize;
    let mut ends = vec![0_usize; order.iter().map(depth_of).max().unwrap_or(0) + 2];
    order.iter().for_each(|node| ends[depth_of(node) + 1] += 1);
    (1..ends.len()).for_each(|depth| ends[depth] += ends[depth - 1]);
    let mut sorted = filled(order.len(), 0);
    for node in order {
        let place = &mut ends[depth_of(node)];
        sorted[*place] = *node;
        *place += 1;
    }
    sorted
}

/// The fail state of the child of `parent` for `byte`: the longest other state that its string ends
/// with.
fn fail(nodes: &[Node<u32>], states: &[State], parent: u32, byte: u8) -> u32 {
    let mut state = parent;
    while state != ROOT {
        state = states[state as usize].fail;
        if let Some(child) = child(nodes, state, byte) {
            return child;
        }
    }
    ROOT
}
