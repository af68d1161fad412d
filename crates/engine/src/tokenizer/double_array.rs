//! A trie in a double array (Aoe: An efficient digital search algorithm, 1989): the child of a node by a byte is at `base ^ byte`, if
//! the node there names that one as its parent. `T` is what a node has besides.

use std::collections::VecDeque;
use std::ops::Range;

/// The node before any byte.
pub(super) const ROOT: u32 = 0;

/// The slots that one node's children may lie in: `base` and a byte.
const BLOCK: usize = 256;

/// The most slots. The largest known vocabularies need two million.
const MAX_SLOTS: usize = 1 << 24;

/// How many free slots are tried for a node with several children.
const MAX_ATTEMPTS: usize = 256;

/// No node is there.
const FREE: u32 = u32::MAX;

/// A node, or a free slot.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node<T> {
    base: u32,
    parent: u32,
    pub(super) value: T,
}

/// The child of `node` by `byte`.
#[inline]
pub(super) fn child<T>(nodes: &[Node<T>], node: u32, byte: u8) -> Option<u32> {
    let child = nodes[node as usize].base ^ u32::from(byte);
    (nodes[child as usize].parent == node).then_some(child)
}

/// A node that has just got its place, while the trie grows.
pub(super) struct Placed {
    pub(super) parent: u32,
    /// The last byte of its string.
    pub(super) label: u8,
    /// The id of the string that ends here, if there is one.
    pub(super) id: Option<u32>,
}

/// The trie of `strings`, distinct, sorted and not empty, with their ids. Nodes come level by level; `value` gives each its value, and
/// is shown those of the levels before. `None` where there are too many, or `value` gives none.
pub(super) fn build<T: Copy>(
    strings: &[(&[u8], u32)],
    empty: T,
    mut value: impl FnMut(&[Node<T>], Placed) -> Option<T>,
) -> Option<Box<[Node<T>]>> {
    let mut slots = Slots::new(empty);
    let mut pending = VecDeque::from([Pending { node: ROOT, strings: 0..strings.len(), depth: 0 }]);
    let mut labels = Vec::new();
    while let Some(Pending { node: parent, strings: range, depth }) = pending.pop_front() {
        // The shortest comes first: it may be the node itself.
        let is_node = |(string, _): &(&[u8], u32)| string.len() == depth;
        let mut start = range.start + usize::from(strings.get(range.start).is_some_and(is_node));
        let groups = || strings[start..range.end].chunk_by(|(a, _), (b, _)| a[depth] == b[depth]);
        labels.clear();
        labels.extend(groups().map(|group| group[0].0[depth]));
        if labels.is_empty() {
            continue;
        }
        let base = slots.place(&labels, parent)?;
        for (group, &label) in groups().zip(&labels) {
            let node = base ^ u32::from(label);
            let (string, id) = group[0];
            let id = (string.len() == depth + 1).then_some(id);
            slots.nodes[node as usize].value = value(&slots.nodes, Placed { parent, label, id })?;
            let end = start + group.len();
            pending.push_back(Pending { node, strings: start..end, depth: depth + 1 });
            start = end;
        }
    }
    Some(slots.nodes.into())
}

/// A node whose children are still to be placed: the strings that begin with it.
struct Pending {
    node: u32,
    strings: Range<usize>,
    depth: usize,
}

/// The double array while it grows. Free slots are a ring of two-way links through slot 0, the root's, which is never free.
struct Slots<T> {
    nodes: Vec<Node<T>>,
    next: Vec<u32>,
    previous: Vec<u32>,
    empty: T,
}

impl<T: Copy> Slots<T> {
    fn new(empty: T) -> Self {
        let root = Node { base: 0, parent: FREE, value: empty };
        let mut slots = Self { nodes: vec![root], next: vec![0], previous: vec![0], empty };
        (1..BLOCK).for_each(|_| slots.push_free());
        slots
    }

    fn push_free(&mut self) {
        let (slot, last) = (self.nodes.len() as u32, self.previous[0]);
        self.nodes.push(Node { base: 0, parent: FREE, value: self.empty });
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
        slot != ROOT && self.nodes[slot as usize].parent == FREE
    }

    fn take(&mut self, slot: usize, parent: u32) {
        self.nodes[slot].parent = parent;
        let (previous, next) = (self.previous[slot], self.next[slot]);
        self.next[previous as usize] = next;
        self.previous[next as usize] = previous;
    }
}
