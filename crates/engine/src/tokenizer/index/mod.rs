//! Look-up structures over the strings of a vocabulary.

pub(super) mod double_array;
pub(super) mod hash_table;
pub(super) mod node;
pub(super) mod piece_table;
pub(super) mod piece_trie;
pub(super) mod slots;
pub(super) mod sorted_strings;
