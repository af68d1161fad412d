//! The pieces of a vocabulary as a trie: the longest piece that a text starts with is found in one
//! step per byte.

use super::double_array;
use super::node::{NO_LABEL, Node, ROOT, child, slot};
use super::piece_table::ID_LIMIT;
use super::slots::BLOCK;
use super::sorted_strings::SortedStrings;
use crate::pooling::prefetch::prefetch_line;
use crate::tokenizer::file::vocabulary::Vocabulary;

/// No piece ends at a node.
const NONE: u32 = u32::MAX;

/// The trie.
#[derive(Debug, PartialEq)]
pub(in crate::tokenizer) struct PieceTrie(Box<[Node<u32>]>);

/// Where a search is: after a string that pieces begin with.
#[derive(Debug, Clone, Copy)]
pub(in crate::tokenizer) struct Start(u32);

impl PieceTrie {
    /// `None` if a string has a NUL or comes twice, an id is reserved, or there are too many
    /// strings.
    pub(in crate::tokenizer) fn build(vocabulary: &Vocabulary) -> Option<Self> {
        let has_reserved_id = vocabulary.spans().any(|(_, _, id)| id >= ID_LIMIT);
        if has_reserved_id || vocabulary.text().as_bytes().contains(&0) {
            return None;
        }
        // Without the empty piece, which is never found in a text.
        let pieces = SortedStrings::of(vocabulary, vocabulary.spans().map(|(_, _, id)| id));
        if !pieces.is_distinct() {
            return None;
        }
        double_array::build(&pieces, NONE, |placed| placed.id.unwrap_or(NONE)).map(Self)
    }

    /// The nodes as numbers, of which [`of_numbers`](Self::of_numbers) makes the trie again.
    pub(in crate::tokenizer) fn numbers(&self) -> impl Iterator<Item = [u32; 2]> {
        self.0.iter().map(|node| [node.base_and_label, node.value])
    }

    /// The trie of these numbers, whoever wrote them. `None` unless every search stays within the
    /// nodes, whatever the text. What a search finds is only checked to be no reserved id.
    pub(in crate::tokenizer) fn of_numbers(numbers: Vec<[u32; 2]>) -> Option<Self> {
        let node = |[base_and_label, value]: [u32; 2]| Node { base_and_label, value };
        // In the same memory.
        let nodes: Vec<Node<u32>> = numbers.into_iter().map(node).collect();
        // In whole blocks, `base ^ byte` is a node for every byte where `base` is one.
        let is_whole = !nodes.is_empty() && nodes.len().is_multiple_of(BLOCK);
        let is_inside = |node: &Node<u32>| {
            ((node.base() as usize) < nodes.len())
                & (node.label() <= NO_LABEL)
                & ((node.value < ID_LIMIT) | (node.value == NONE))
        };
        // All nodes are looked at, without a branch for each.
        let is_valid = is_whole && nodes.iter().fold(true, |valid, node| valid & is_inside(node));
        is_valid.then(|| Self(nodes.into()))
    }

    /// How many nodes a piece ends at: as many as there are pieces that are not empty.
    pub(in crate::tokenizer) fn len(&self) -> usize {
        self.0.iter().filter(|node| node.value != NONE).count()
    }

    /// One more than the highest id.
    pub(in crate::tokenizer) fn id_bound(&self) -> usize {
        // The reserved value becomes 0.
        self.0.iter().map(|node| node.value.wrapping_add(1)).max().unwrap_or(0) as usize
    }

    /// The pieces with their ids, in no particular order. `None` if their text is longer than the
    /// nodes, of eight bytes each, so that numbers from a file can't make gigabytes of text.
    pub(in crate::tokenizer) fn vocabulary(&self) -> Option<Vocabulary> {
        let nodes = &self.0;
        // Each node has one parent here and the root has none, so what is below the root is a tree,
        // whatever the numbers are.
        let parents = double_array::parents(nodes);
        let (mut first_children, mut siblings) = (vec![ROOT; nodes.len()], vec![ROOT; nodes.len()]);
        for (node, _) in (ROOT..).zip(nodes).skip(1).filter(|(_, place)| place.label() != NO_LABEL) {
            let first_child = &mut first_children[parents[node as usize] as usize];
            siblings[node as usize] = std::mem::replace(first_child, node);
        }
        let mut vocabulary = Vocabulary::default();
        let mut room = size_of_val(&**nodes);
        // Nodes, each with the length of its parent's string. The root stands for no node.
        let (mut pending, mut string) = (vec![(first_children[ROOT as usize], 0)], Vec::new());
        while let Some((node, length)) = pending.pop() {
            if node == ROOT {
                continue;
            }
            let place = &nodes[node as usize];
            string.truncate(length);
            string.push(place.last_byte());
            if place.value != NONE {
                room = room.checked_sub(string.len())?;
                vocabulary.push_token(&String::from_utf8_lossy(&string))?;
                vocabulary.push_id(place.value);
            }
            pending.push((siblings[node as usize], length));
            pending.push((first_children[node as usize], length + 1));
        }
        Some(vocabulary)
    }

    /// The start of a search for whole pieces.
    pub(in crate::tokenizer) fn root() -> Start {
        Start(ROOT)
    }

    /// The start of a search for pieces that begin with `prefix`; `None` if no piece does.
    pub(in crate::tokenizer) fn after(&self, prefix: &[u8]) -> Option<Start> {
        prefix.iter().try_fold(ROOT, |node, &byte| child(&self.0, node, byte)).map(Start)
    }

    /// The id of a whole piece, which is not empty.
    pub(in crate::tokenizer) fn get(&self, piece: &[u8]) -> Option<u32> {
        let Start(node) = self.after(piece)?;
        Some(self.0[node as usize].value).filter(|id| *id != NONE)
    }

    /// Prefetches what a [`step`](Self::step) with `byte` reads.
    #[inline(always)]
    pub(in crate::tokenizer) fn prefetch(&self, Start(node): Start, byte: u8) {
        if let Some(next) = self.0.get(slot(&self.0, node, byte) as usize) {
            prefetch_line(next);
        }
    }

    /// Goes one byte further, and returns the id of the piece that ends there, if one does. `None`
    /// if no piece continues with `byte`.
    #[inline(always)]
    pub(in crate::tokenizer) fn step(&self, Start(node): Start, byte: u8) -> Option<(Start, Option<u32>)> {
        let node = child(&self.0, node, byte)?;
        let id = self.0[node as usize].value;
        Some((Start(node), (id != NONE).then_some(id)))
    }

    /// The longest piece that `text` starts with, without the prefix of `start`: its length, which
    /// is not 0, and its id.
    #[inline]
    pub(in crate::tokenizer) fn longest_prefix(&self, start: Start, text: &[u8]) -> Option<(usize, u32)> {
        let (mut node, mut longest) = (start.0, (0, NONE));
        for (place, &byte) in text.iter().enumerate() {
            let Some(child) = child(&self.0, node, byte) else { break };
            node = child;
            let id = self.0[node as usize].value;
            longest = if id == NONE { longest } else { (place + 1, id) };
        }
        (longest.0 > 0).then_some(longest)
    }
}

#[cfg(test)]
mod tests {
    use super::super::node::LABEL_BITS;
    use super::*;
    use crate::tokenizer::file::vocabulary::sorted_tokens;

    fn vocabulary(pieces: &[&str]) -> Vocabulary {
        let mut vocabulary = Vocabulary::default();
        for (id, piece) in (10..).zip(pieces) {
            vocabulary.push_token(piece).unwrap();
            vocabulary.push_id(id);
        }
        vocabulary
    }

    #[test]
    fn the_longest_piece_is_found_from_every_start() {
        let pieces = ["engine", "e", "##e", "en", "##12", "##123x", "##", "日", "日本"];
        let trie = PieceTrie::build(&vocabulary(&pieces)).unwrap();
        let continuing = trie.after(b"##").unwrap();
        let found = |start, text: &str| trie.longest_prefix(start, text.as_bytes());
        let root = PieceTrie::root();
        assert_eq!(found(root, "engine12"), Some((6, 10)));
        assert_eq!(found(root, "engin"), Some((2, 13)));
        assert_eq!(found(root, "日本語"), Some((6, 18)));
        assert_eq!(found(root, "##123"), Some((4, 14)));
        assert_eq!(found(root, "xe"), None);
        assert_eq!(found(root, ""), None);
        assert_eq!(found(continuing, "123y"), Some((2, 14)));
        assert_eq!(found(continuing, "123x"), Some((4, 15)));
        // The prefix alone is a piece, but nothing of the text.
        assert_eq!(found(continuing, "z"), None);
        assert!(trie.after(b"#e").is_none());
        for (id, piece) in (10..).zip(pieces) {
            assert_eq!(trie.get(piece.as_bytes()), Some(id), "{piece}");
        }
        assert_eq!((trie.get("eng".as_bytes()), trie.get(b"engines")), (None, None));
    }

    #[test]
    fn every_string_of_many_is_found_and_no_other() {
        // Numbers in base 3 have every prefix of each other among them.
        let digits = |mut number: u32| {
            let mut text = String::new();
            while number > 0 {
                text.push(['a', 'b', 'é'][number as usize % 3]);
                number /= 3;
            }
            text
        };
        let in_trie: Vec<String> = (1..20_000).filter(|number| number % 3 != 0).map(digits).collect();
        let strings: Vec<&str> = in_trie.iter().map(String::as_str).collect();
        let trie = PieceTrie::build(&vocabulary(&strings)).unwrap();
        for (id, string) in (10..).zip(&strings) {
            assert_eq!(trie.get(string.as_bytes()), Some(id), "{string}");
        }
        let ids: std::collections::HashMap<&str, u32> = strings.iter().copied().zip(10..).collect();
        for number in 1..40_000 {
            let string = digits(number);
            assert_eq!(trie.get(string.as_bytes()), ids.get(string.as_str()).copied(), "{string}");
        }
    }

    #[test]
    fn strings_that_the_trie_can_not_keep_are_refused() {
        assert!(PieceTrie::build(&vocabulary(&["a", "b\0c"])).is_none());
        assert!(PieceTrie::build(&vocabulary(&["a", "b", "a"])).is_none());
        assert_eq!(PieceTrie::build(&vocabulary(&["", "a"])).unwrap().get(b"a"), Some(11));
        assert!(PieceTrie::build(&vocabulary(&[])).unwrap().get(b"a").is_none());
    }

    #[test]
    fn a_trie_is_the_same_after_its_numbers_and_has_its_vocabulary_in_them() {
        let pieces = ["engine", "e", "##e", "en", "##12", "##", "日", "日本", "\u{10ffff}\u{7f}"];
        let trie = PieceTrie::build(&vocabulary(&pieces)).unwrap();
        assert_eq!(PieceTrie::of_numbers(trie.numbers().collect()).as_ref(), Some(&trie));
        assert_eq!((trie.len(), trie.id_bound()), (9, 19));
        let read = trie.vocabulary().unwrap();
        assert_eq!(sorted_tokens(read.tokens()), sorted_tokens(vocabulary(&pieces).tokens()));
        let empty = PieceTrie::build(&vocabulary(&[""])).unwrap();
        assert_eq!((empty.len(), empty.id_bound(), empty.vocabulary().unwrap().len()), (0, 0, 0));
    }

    #[test]
    fn numbers_with_which_a_search_could_leave_the_nodes_are_refused() {
        let whole: Vec<[u32; 2]> = PieceTrie::build(&vocabulary(&["a"])).unwrap().numbers().collect();
        assert_eq!(whole.len(), BLOCK);
        let read = |numbers: &[[u32; 2]]| PieceTrie::of_numbers(numbers.to_vec());
        assert!(read(&whole).is_some());
        assert!(read(&[]).is_none());
        assert!(read(&whole[1..]).is_none());
        let base = |base: u32| [(base << LABEL_BITS) | NO_LABEL, NONE];
        for (bad, node) in [
            (false, base(255)),
            (true, base(256)),
            (true, base((1 << 23) - 1)),
            (true, [NO_LABEL + 1, NONE]),
            (false, [NO_LABEL, ID_LIMIT - 1]),
            (true, [NO_LABEL, ID_LIMIT]),
        ] {
            for place in [0, 1, 255] {
                let mut numbers = whole.clone();
                numbers[place] = node;
                assert_eq!(read(&numbers).is_none(), bad, "{node:?} at {place}");
            }
        }
    }

    #[test]
    fn nodes_that_lead_in_a_circle_or_to_long_strings_have_no_endless_vocabulary() {
        let node = |base: u32, label: u32, id: u32| [(base << LABEL_BITS) | label, id];
        // The nodes 1 and 2 are each other's children for the byte 3; then all nodes in a row, with
        // an id each.
        let mut circle = vec![[NO_LABEL, NONE]; BLOCK];
        (circle[0], circle[1], circle[2]) = (node(2, NO_LABEL, NONE), node(1, 3, 1), node(2, 3, 2));
        let in_row = |count: u32| {
            let nodes = (1..count).map(|at| node(((at + 1) % count) ^ 7, 7, at));
            std::iter::once(node(1 ^ 7, NO_LABEL, NONE)).chain(nodes).collect::<Vec<_>>()
        };
        for (numbers, is_read) in [(circle, true), (in_row(BLOCK as u32), false), (in_row(1 << 16), false)] {
            let trie = PieceTrie::of_numbers(numbers).unwrap();
            assert_eq!(trie.vocabulary().is_some(), is_read);
            assert!(trie.longest_prefix(PieceTrie::root(), &[7; 1000]).is_none_or(|(length, _)| length <= 1000));
        }
    }
}
