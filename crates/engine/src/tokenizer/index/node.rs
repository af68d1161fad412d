//! The nodes of a double array (`double_array.rs`).

/// The node of the empty string.
pub(in crate::tokenizer) const ROOT: u32 = 0;

pub(super) const LABEL_BITS: u32 = 9;

/// The label of the root and of free slots, which is not a byte.
pub(super) const NO_LABEL: u32 = 256;

/// A node, or a free slot.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::tokenizer) struct Node<T> {
    /// The base above the label, so that a step reads one number. A node without children has the
    /// base 0, which no other node has.
    pub(super) base_and_label: u32,
    pub(in crate::tokenizer) value: T,
}

impl<T> Node<T> {
    #[inline(always)]
    pub(super) fn base(&self) -> u32 {
        self.base_and_label >> LABEL_BITS
    }

    #[inline(always)]
    pub(super) fn label(&self) -> u32 {
        self.base_and_label & ((1 << LABEL_BITS) - 1)
    }

    /// The last byte of the string of a node that is not the root.
    pub(in crate::tokenizer) fn last_byte(&self) -> u8 {
        self.label() as u8
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
