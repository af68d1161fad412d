//! All tokens of a vocabulary that end at a place of a text, found in one pass: an Aho-Corasick automaton (Aho, Corasick:
//! Efficient string matching, 1975) over bytes, its trie in a double array (Aoe: An efficient digital search algorithm, 1989).
//!
//! A trie walked from every start would take the text's length times the longest token; this takes one or two steps a byte,
//! whatever the tokens are.

use std::collections::VecDeque;
use std::ops::Range;

use crate::tokenizer::vocabulary::Vocabulary;

/// The state before any text.
pub(super) const ROOT: u32 = 0;

const NONE: u32 = u32::MAX;

/// The slots that one node's children may lie in: `base` and a byte.
const BLOCK: usize = 256;

/// The most slots of the double array, of 16 bytes. The largest known vocabularies need two million.
const MAX_SLOTS: usize = 1 << 24;

/// The most tokens that may end at one place. Known vocabularies have at most twenty.
const MAX_MATCHES: u32 = 1000;

/// How many free slots are tried for a node with several children.
const MAX_ATTEMPTS: usize = 256;

/// A state: what was read last of the text, as far as a token begins with it.
#[derive(Debug, Clone, Copy)]
struct Node {
    /// The child by `byte` is at `base ^ byte`, if the node there names this one as its parent.
    base: u32,
    parent: u32,
    /// The longest other state that this one ends with.
    fail: u32,
    /// The longest token that this state ends with, or is.
    longest: u32,
}

const FREE: Node = Node { base: 0, parent: NONE, fail: ROOT, longest: NONE };

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
    nodes: Box<[Node]>,
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
        let mut builder = Builder { slots: Slots::new(), matches: matches.collect() };
        builder.insert(&order.iter().map(|&id| (tokens[id as usize], id)).collect::<Vec<_>>())?;
        Some(Self { nodes: builder.slots.nodes.into(), matches: builder.matches, is_distinct })
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
            state = self.nodes[state as usize].fail;
        }
    }

    /// The tokens that end here, longest first, with their ids.
    #[inline]
    pub(super) fn matches(&self, state: u32) -> impl Iterator<Item = (u32, &Match)> {
        let mut next = self.nodes[state as usize].longest;
        std::iter::from_fn(move || {
            let id = next;
            let found = self.matches.get(id as usize)?;
            next = found.next;
            Some((id, found))
        })
    }

    /// The id of a whole string, which is not empty.
    pub(super) fn get(&self, token: &[u8]) -> Option<u32> {
        let state = token.iter().try_fold(ROOT, |state, byte| child(&self.nodes, state, *byte))?;
        let id = self.nodes[state as usize].longest;
        let found = self.matches.get(id as usize)?;
        (found.len as usize == token.len()).then_some(id)
    }
}

#[inline]
fn child(nodes: &[Node], state: u32, byte: u8) -> Option<u32> {
    let child = nodes[state as usize].base ^ u32::from(byte);
    (nodes[child as usize].parent == state).then_some(child)
}

/// A node whose children are still to be placed: the tokens that begin with it.
struct Pending {
    node: u32,
    tokens: Range<usize>,
    depth: usize,
}

struct Builder {
    slots: Slots,
    matches: Box<[Match]>,
}

impl Builder {
    /// Inserts `tokens`, distinct and sorted. Level by level: what a node fails to is nearer to the root.
    fn insert(&mut self, tokens: &[(&[u8], u32)]) -> Option<()> {
        // How many tokens end where this one does, by id.
        let mut match_counts = vec![0; self.matches.len()];
        let mut pending = VecDeque::from([Pending { node: ROOT, tokens: 0..tokens.len(), depth: 0 }]);
        let mut labels = Vec::new();
        while let Some(Pending { node, tokens: range, depth }) = pending.pop_front() {
            // The shortest comes first: it may be the node itself.
            let is_node = |(token, _): &(&[u8], u32)| token.len() == depth;
            let mut start = range.start + usize::from(tokens.get(range.start).is_some_and(is_node));
            let groups = || tokens[start..range.end].chunk_by(|(a, _), (b, _)| a[depth] == b[depth]);
            labels.clear();
            labels.extend(groups().map(|group| group[0].0[depth]));
            if labels.is_empty() {
                continue;
            }
            let base = self.slots.place(&labels, node)?;
            for (group, &label) in groups().zip(&labels) {
                let child = base ^ u32::from(label);
                let fail = self.fail(node, label);
                let (token, id) = group[0];
                let longest = self.slots.nodes[fail as usize].longest;
                let end = start + group.len();
                let entry = &mut self.slots.nodes[child as usize];
                entry.fail = fail;
                entry.longest = longest;
                if token.len() == depth + 1 {
                    entry.longest = id;
                    self.matches[id as usize].next = longest;
                    match_counts[id as usize] = 1 + match_counts.get(longest as usize).copied().unwrap_or(0);
                    if match_counts[id as usize] > MAX_MATCHES {
                        return None;
                    }
                }
                pending.push_back(Pending { node: child, tokens: start..end, depth: depth + 1 });
                start = end;
            }
        }
        Some(())
    }

    /// Where the child of `parent` by `label` fails to.
    fn fail(&self, parent: u32, label: u8) -> u32 {
        let nodes = &self.slots.nodes;
        let mut state = parent;
        while state != ROOT {
            state = nodes[state as usize].fail;
            if let Some(child) = child(nodes, state, label) {
                return child;
            }
        }
        ROOT
    }
}

/// The double array while it grows. Free slots are a ring of two-way links through slot 0, the root's, which is never free.
struct Slots {
    nodes: Vec<Node>,
    next: Vec<u32>,
    previous: Vec<u32>,
}

impl Slots {
    fn new() -> Self {
        let mut slots = Self { nodes: vec![FREE], next: vec![0], previous: vec![0] };
        (1..BLOCK).for_each(|_| slots.push_free());
        slots
    }

    fn push_free(&mut self) {
        let (slot, last) = (self.nodes.len() as u32, self.previous[0]);
        self.nodes.push(FREE);
        self.next.push(0);
        self.previous.push(last);
        self.next[last as usize] = slot;
        self.previous[0] = slot;
    }

    /// Gives `parent` children in free slots, and returns its base; `None` where there is no more room.
    fn place(&mut self, labels: &[u8], parent: u32) -> Option<u32> {
        let base = match self.find_base(labels) {
            Some(base) => base,
            None => {
                let block = self.nodes.len();
                if block + BLOCK > MAX_SLOTS {
                    return None;
                }
                (0..BLOCK).for_each(|_| self.push_free());
                block as u32
            }
        };
        self.nodes[parent as usize].base = base;
        for label in labels {
            self.take((base ^ u32::from(*label)) as usize, parent);
        }
        Some(base)
    }

    /// A base whose slots are free. An only child fills the oldest gap; several look among the newest slots, where there is room.
    fn find_base(&self, labels: &[u8]) -> Option<u32> {
        let first = u32::from(labels[0]);
        if labels.len() == 1 {
            return (self.next[0] != 0).then(|| self.next[0] ^ first);
        }
        let newest_first = std::iter::successors(Some(self.previous[0]), |slot| Some(self.previous[*slot as usize]));
        let mut bases = newest_first.take_while(|slot| *slot != 0).take(MAX_ATTEMPTS).map(|slot| slot ^ first);
        bases.find(|base| labels.iter().all(|label| self.is_free(base ^ u32::from(*label))))
    }

    fn is_free(&self, slot: u32) -> bool {
        slot != ROOT && self.nodes[slot as usize].parent == NONE
    }

    fn take(&mut self, slot: usize, parent: u32) {
        self.nodes[slot].parent = parent;
        let (previous, next) = (self.previous[slot], self.next[slot]);
        self.next[previous as usize] = next;
        self.previous[next as usize] = previous;
    }
}
