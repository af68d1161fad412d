//! The pieces of a vocabulary as a trie: the longest piece that a text starts with is found in one
//! step per byte.

use super::double_array;
use super::node::{Node, ROOT, child, slot};
use super::piece_table::ID_LIMIT;
use super::sorted_strings::SortedStrings;
use crate::pooling::prefetch::prefetch_line;
use crate::tokenizer::file::vocabulary::Vocabulary;

/// No piece ends at a node.
const NONE: u32 = u32::MAX;

/// The trie.
#[derive(Debug)]
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
    use super::*;

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
}
