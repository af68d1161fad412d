//! A trie in a double array (Aoe: An efficient digital search algorithm, 1989).
//!
//! The child of a node for a byte is at `base ^ byte`, if the node there has that byte as its
//! label. No two nodes with children share a base, so another node's child for the same byte can't
//! be there. `T` is the value that a node carries.

use std::collections::VecDeque;

use super::node::{NO_LABEL, Node, ROOT};
use super::slots::Slots;
use super::sorted_strings::SortedStrings;
use crate::growth::filled;

/// A node that has just been placed, while the trie is built.
pub(in crate::tokenizer) struct Placed {
    pub(in crate::tokenizer) node: u32,
    /// The id of the string that ends here, if there is one.
    pub(in crate::tokenizer) id: Option<u32>,
}

/// The trie of `strings` with their ids. Nodes with several strings are placed level by level, so
/// that those near the root lie close together, then the rest of each string that is alone. `value`
/// returns the value of each node, whose parent it has seen before. `None` if there are too many
/// nodes.
pub(in crate::tokenizer) fn build<T: Copy>(
    strings: &SortedStrings<'_>,
    empty: T,
    mut value: impl FnMut(Placed) -> T,
) -> Option<Box<[Node<T>]>> {
    let mut slots = Slots::new(empty);
    let count = u32::try_from(strings.len()).ok()?;
    let mut pending = VecDeque::from([Pending { node: ROOT, start: 0, end: count, depth: 0 }]);
    let mut alone = Vec::new();
    let (mut starts, mut labels) = (Vec::new(), Vec::new());
    while let Some(Pending { node: parent, mut start, end, depth }) = pending.pop_front() {
        // The shortest string comes first: it may end at the node itself.
        start += u32::from(start < end && strings.length(start) == depth);
        if start == end {
            continue;
        }
        // All strings of a node share `depth` bytes. Where one shares no more with the one before
        // it, the next child begins.
        starts.clear();
        labels.clear();
        starts.push(start);
        labels.push(strings.byte(start, depth));
        for index in start + 1..end {
            if strings.shared[index as usize] == depth {
                starts.push(index);
                labels.push(strings.byte(index, depth));
            }
        }
        let base = if let &[label] = labels.as_slice() {
            slots.place_only(label, parent)?
        } else {
            slots.place(&labels, parent)?
        };
        starts.push(end);
        for (range, &label) in starts.windows(2).zip(&labels) {
            let child = Pending { node: base ^ u32::from(label), start: range[0], end: range[1], depth: depth + 1 };
            let length = strings.length(child.start);
            let id = (length == child.depth).then(|| strings.id(child.start));
            slots.nodes[child.node as usize].value = value(Placed { node: child.node, id });
            if child.end - child.start > 1 {
                pending.push_back(child);
            } else if length > child.depth {
                alone.push(child);
            }
        }
    }
    for Pending { mut node, start, depth, .. } in alone {
        let length = strings.length(start);
        for depth in depth..length {
            let label = strings.byte(start, depth);
            node = slots.place_only(label, node)? ^ u32::from(label);
            let id = (depth + 1 == length).then(|| strings.id(start));
            slots.nodes[node as usize].value = value(Placed { node, id });
        }
    }
    Some(slots.nodes.into())
}

/// The parent of each node; 0 for the root and for free slots.
pub(in crate::tokenizer) fn parents<T>(nodes: &[Node<T>]) -> Vec<u32> {
    let mut by_base = filled(nodes.len(), ROOT);
    for (node, place) in (0..).zip(nodes) {
        by_base[place.base() as usize] = node;
    }
    let parent = |(node, place): (u32, &Node<T>)| match place.label() {
        NO_LABEL => ROOT,
        label => by_base[(node ^ label) as usize],
    };
    let mut parents = filled(nodes.len(), ROOT);
    parents.iter_mut().zip((0..).zip(nodes)).for_each(|(place, node)| *place = parent(node));
    parents
}

/// A node whose children have yet to be placed, with the range of the strings that begin with it.
struct Pending {
    node: u32,
    start: u32,
    end: u32,
    depth: u32,
}

#[cfg(test)]
mod tests {
    use super::super::node::child;
    use super::*;

    /// The trie of `strings`, whose ids are their places.
    fn trie(strings: &[&[u8]]) -> Box<[Node<u32>]> {
        build(&SortedStrings::of_bytes(&strings.concat(), strings), NONE, |placed| placed.id.unwrap_or(NONE)).unwrap()
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
