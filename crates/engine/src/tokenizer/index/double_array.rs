//! A trie in a double array (Aoe: An efficient digital search algorithm, 1989).
//!
//! The child of a node for a byte is at `base ^ byte`, if the node there has that byte as its
//! label. No two nodes with children share a base, so another node's child for the same byte can't
//! be there. `T` is the value that a node carries.

use std::collections::VecDeque;
use std::ops::Range;

use crate::pooling::prefetch::LINE_BYTES;

/// The node of the empty string.
pub(in crate::tokenizer) const ROOT: u32 = 0;

/// How many slots the children of one node may lie in: one per byte.
const BLOCK: usize = 256;

/// The most slots. The largest known vocabularies need two million.
const MAX_SLOTS: usize = 1 << (u32::BITS - LABEL_BITS);

/// How many free slots are tried as the place of the first child.
const MAX_ATTEMPTS: usize = 256;

const LABEL_BITS: u32 = 9;

/// The label of the root and of free slots, which is not a byte.
const NO_LABEL: u32 = 256;

/// A node, or a free slot.
#[derive(Debug, Clone, Copy)]
pub(in crate::tokenizer) struct Node<T> {
    /// The base above the label, so that a step reads one number. A node without children has the
    /// base 0, which no other node has.
    base_and_label: u32,
    pub(in crate::tokenizer) value: T,
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

/// Where the child of `node` for `byte` is, if there is one.
#[inline(always)]
pub(in crate::tokenizer) fn slot<T>(nodes: &[Node<T>], node: u32, byte: u8) -> u32 {
    nodes[node as usize].base() ^ u32::from(byte)
}

/// The child of `node` for `byte`.
#[inline(always)]
pub(in crate::tokenizer) fn child<T>(nodes: &[Node<T>], node: u32, byte: u8) -> Option<u32> {
    let child = slot(nodes, node, byte);
    (nodes[child as usize].label() == u32::from(byte)).then_some(child)
}

/// A node that has just been placed, while the trie is built.
pub(in crate::tokenizer) struct Placed {
    pub(in crate::tokenizer) node: u32,
    pub(in crate::tokenizer) parent: u32,
    /// The last byte of its string.
    pub(in crate::tokenizer) label: u8,
    /// The id of the string that ends here, if there is one.
    pub(in crate::tokenizer) id: Option<u32>,
}

/// The trie of `strings` with their ids; the strings are distinct, sorted and not empty. Nodes are
/// placed level by level. `value` returns the value of each node, and can look at the nodes of
/// earlier levels. `None` if there are too many nodes, or `value` returns `None`.
pub(in crate::tokenizer) fn build<T: Copy>(
    strings: &[(&[u8], u32)],
    empty: T,
    mut value: impl FnMut(&[Node<T>], Placed) -> Option<T>,
) -> Option<Box<[Node<T>]>> {
    let mut slots = Slots::new(empty);
    let mut pending = VecDeque::from([Pending { node: ROOT, strings: 0..strings.len(), depth: 0 }]);
    let mut labels = Vec::new();
    while let Some(Pending { node: parent, strings: range, depth }) = pending.pop_front() {
        // The shortest string comes first: it may end at the node itself.
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

/// A node whose children have yet to be placed, with the range of the strings that begin with it.
struct Pending {
    node: u32,
    strings: Range<usize>,
    depth: usize,
}

/// The double array while it is built. Free slots form a doubly linked ring through slot 0, the
/// root's, which is never free.
struct Slots<T> {
    nodes: Vec<Node<T>>,
    next: Vec<u32>,
    previous: Vec<u32>,
    /// For each base, whether it is 0 or a node has it.
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

    /// Places the children of `parent` in free slots, and returns its base. `None` if there is no
    /// more room.
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

    /// A base that no node has and whose slots are free. For an only child, bases next to the
    /// parent are tried first: the child is then mostly in the same cache line. Then the newest
    /// slots are tried, where there is room.
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
