//! A trie in a double array (Aoe: An efficient digital search algorithm, 1989): the child of a node by a byte is at `base ^ byte`, if
//! the node there has that byte as its label. No two nodes with children share a base, so nobody else's child by that byte can be there.
//! `T` is what a node has besides.

use std::collections::VecDeque;
use std::ops::Range;

use crate::pooling::prefetch::LINE_BYTES;

/// The node before any byte.
pub(super) const ROOT: u32 = 0;

/// The slots that one node's children may lie in: `base` and a byte.
const BLOCK: usize = 256;

/// The most slots. The largest known vocabularies need two million.
const MAX_SLOTS: usize = 1 << (u32::BITS - LABEL_BITS);

/// How many free slots are tried as the place of a first child.
const MAX_ATTEMPTS: usize = 256;

const LABEL_BITS: u32 = 9;

/// The label of the root and of free slots: no byte.
const NO_LABEL: u32 = 256;

/// A node, or a free slot.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node<T> {
    /// The base above the label: what a step needs of a node is one number. The base of a node without children is 0, which no other
    /// node has.
    base_and_label: u32,
    pub(super) value: T,
}

impl<T> Node<T> {
    #[inline(always)]
    fn base(&self) -> u32 {
        self.base_and_label >> LABEL_BITS
    }

    #[inline(always)]
    fn label(&self) -> u32 {
        self.base_and_label & ((1 << LABEL_BITS) - 1)
    }
}

/// Where the child of `node` by `byte` is, if there is one.
#[inline(always)]
pub(super) fn slot<T>(nodes: &[Node<T>], node: u32, byte: u8) -> u32 {
    nodes[node as usize].base() ^ u32::from(byte)
}

/// The child of `node` by `byte`.
#[inline(always)]
pub(super) fn child<T>(nodes: &[Node<T>], node: u32, byte: u8) -> Option<u32> {
    let child = slot(nodes, node, byte);
    (nodes[child as usize].label() == u32::from(byte)).then_some(child)
}

/// A node that has just got its place, while the trie grows.
pub(super) struct Placed {
    pub(super) node: u32,
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
            slots.nodes[node as usize].value = value(&slots.nodes, Placed { node, parent, label, id })?;
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
    /// By base: whether it is 0, or a node has it.
    is_base: Vec<bool>,
    empty: T,
}

impl<T: Copy> Slots<T> {
    fn new(empty: T) -> Self {
        let root = Node { base_and_label: NO_LABEL, value: empty };
        let mut slots = Self { nodes: vec![root], next: vec![0], previous: vec![0], is_base: vec![true], empty };
        (1..BLOCK).for_each(|_| slots.push_free());
        slots
    }

    fn push_free(&mut self) {
        let (slot, last) = (self.nodes.len() as u32, self.previous[0]);
        self.nodes.push(Node { base_and_label: NO_LABEL, value: self.empty });
        self.next.push(0);
        self.previous.push(last);
        self.next[last as usize] = slot;
        self.previous[0] = slot;
        self.is_base.push(false);
    }

    /// Gives `parent` children in free slots, and returns its base; `None` where there is no more room.
    fn place(&mut self, labels: &[u8], parent: u32) -> Option<u32> {
        let base = match self.find_base(labels, parent) {
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
        self.is_base[base as usize] = true;
        self.nodes[parent as usize].base_and_label |= base << LABEL_BITS;
        for label in labels {
            self.take(base ^ u32::from(*label), *label);
        }
        Some(base)
    }

    /// A base of nobody whose slots are free: for an only child first one next to its parent, in the same line of memory mostly, where
    /// nothing more is waited for; then for all the newest, where there is room.
    fn find_base(&self, labels: &[u8], parent: u32) -> Option<u32> {
        let first = u32::from(labels[0]);
        let is_possible = |base: &u32| {
            !self.is_base[*base as usize] && labels.iter().all(|label| self.is_free(base ^ u32::from(*label)))
        };
        let in_line = const { (LINE_BYTES / size_of::<Node<T>>()) as u32 };
        let start = parent / in_line * in_line;
        let end = if labels.len() == 1 { (start + in_line).min(self.nodes.len() as u32) } else { start };
        let newest_first = std::iter::successors(Some(self.previous[0]), |slot| Some(self.previous[*slot as usize]));
        let newest_first = newest_first.take_while(|slot| *slot != 0).take(MAX_ATTEMPTS);
        (start..end).chain(newest_first).map(|slot| slot ^ first).find(is_possible)
    }

    fn is_free(&self, slot: u32) -> bool {
        slot != ROOT && self.nodes[slot as usize].label() == NO_LABEL
    }

    fn take(&mut self, slot: u32, label: u8) {
        let slot = slot as usize;
        self.nodes[slot].base_and_label = u32::from(label);
        let (previous, next) = (self.previous[slot], self.next[slot]);
        self.next[previous as usize] = next;
        self.previous[next as usize] = previous;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The trie of `strings`, whose ids are their places.
    fn trie(strings: &[&[u8]]) -> Box<[Node<u32>]> {
        let strings: Vec<(&[u8], u32)> = strings.iter().copied().zip(0..).collect();
        build(&strings, NONE, |_, placed| Some(placed.id.unwrap_or(NONE))).unwrap()
    }

    const NONE: u32 = u32::MAX;

    #[test]
    fn a_node_has_the_children_that_its_strings_go_on_with_and_no_others() {
        let strings: Vec<Vec<u8>> = (1..=255_u8)
            .flat_map(|a| (1..=a % 7).map(move |b| vec![a, b, a ^ b | 1, b]))
            .chain((0..3000_u32).map(|number| format!("t{number:b}e").into_bytes()))
            .collect();
        let mut strings: Vec<&[u8]> = strings.iter().map(Vec::as_slice).collect();
        strings.sort_unstable();
        let nodes = trie(&strings);
        let mut pending = vec![(ROOT, Vec::new())];
        let mut ids = Vec::new();
        while let Some((node, prefix)) = pending.pop() {
            ids.extend(Some(nodes[node as usize].value).filter(|id| *id != NONE));
            for byte in 0..=255_u8 {
                let mut string = prefix.clone();
                string.push(byte);
                let at = strings.partition_point(|other| *other < string.as_slice());
                let goes_on = strings.get(at).is_some_and(|other| other.starts_with(&string));
                let child = child(&nodes, node, byte);
                assert_eq!(child.is_some(), goes_on, "{string:?}");
                pending.extend(child.map(|child| (child, string)));
            }
        }
        ids.sort_unstable();
        assert!(ids.iter().copied().eq(0..strings.len() as u32));
    }

    #[test]
    fn a_string_of_each_byte_ends_where_it_ends() {
        let strings: Vec<[u8; 1]> = (0..=255).map(|byte| [byte]).collect();
        let strings: Vec<&[u8]> = strings.iter().map(<[u8; 1]>::as_slice).collect();
        let nodes = trie(&strings);
        for byte in 0..=255 {
            let node = child(&nodes, ROOT, byte).unwrap();
            assert_eq!(nodes[node as usize].value, u32::from(byte));
            assert!((0..=255).all(|next| child(&nodes, node, next).is_none()));
        }
    }

    #[test]
    fn a_node_without_children_is_not_its_own_child() {
        for byte in 0..=255 {
            let nodes = trie(&[&[byte]]);
            let node = child(&nodes, ROOT, byte).unwrap();
            assert!((0..=255).all(|next| child(&nodes, node, next).is_none()), "{byte}");
        }
    }

    #[test]
    fn a_node_with_an_id_is_eight_bytes() {
        assert_eq!(size_of::<Node<u32>>(), 8);
    }
}
