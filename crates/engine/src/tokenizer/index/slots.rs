//! The slots of a double array while it is built: which are free, and where the children of a node go.

use super::node::{LABEL_BITS, NO_LABEL, Node};
use crate::pooling::prefetch::LINE_BYTES;

/// How many slots the children of one node may lie in: one per byte.
pub(super) const BLOCK: usize = 256;

/// How many words have a bit for each slot of a block.
const BLOCK_WORDS: usize = BLOCK / 64;

/// The most slots. The largest known vocabularies need two million.
pub(in crate::tokenizer) const MAX_SLOTS: usize = 1 << (u32::BITS - LABEL_BITS);

/// In how many of the newest blocks a place for the children of a node is looked for.
const TRIED_BLOCKS: usize = 16;

/// The double array while it is built. Bits say which slots and bases are free: those of the slots
/// that the children of a node could get with each base of a block are made of them for all bases
/// at once.
pub(super) struct Slots<T> {
    pub(super) nodes: Vec<Node<T>>,
    /// One bit per slot: whether no node is there. The root's is not free.
    free_slots: Vec<[u64; BLOCK_WORDS]>,
    /// One bit per base: whether no node has it. 0 is not free.
    free_bases: Vec<[u64; BLOCK_WORDS]>,
    empty: T,
}

impl<T: Copy> Slots<T> {
    pub(super) fn new(empty: T) -> Self {
        let mut slots = Self { nodes: Vec::new(), free_slots: Vec::new(), free_bases: Vec::new(), empty };
        slots.push_block();
        slots.free_slots[0][0] &= !1;
        slots.free_bases[0][0] &= !1;
        slots
    }

    fn push_block(&mut self) {
        self.nodes.resize(self.nodes.len() + BLOCK, Node { base_and_label: NO_LABEL, value: self.empty });
        self.free_slots.push([u64::MAX; BLOCK_WORDS]);
        self.free_bases.push([u64::MAX; BLOCK_WORDS]);
    }

    /// Places the children of `parent` in free slots, and returns its base. `None` if there is no
    /// more room.
    pub(super) fn place(&mut self, labels: &[u8], parent: u32) -> Option<u32> {
        let base = match self.find(labels) {
            Some(base) => base,
            None => self.push_base()?,
        };
        self.take(base, parent);
        for &label in labels {
            self.take_slot(base, label);
        }
        Some(base)
    }

    /// [`place`](Self::place) for an only child: next to its parent where there is room, so that it
    /// is mostly in the same cache line.
    pub(super) fn place_only(&mut self, label: u8, parent: u32) -> Option<u32> {
        let base = match self.find_near(label, parent).or_else(|| self.find_only(label)) {
            Some(base) => base,
            None => self.push_base()?,
        };
        self.take(base, parent);
        self.take_slot(base, label);
        Some(base)
    }

    /// A base in a new block.
    fn push_base(&mut self) -> Option<u32> {
        let block = self.nodes.len();
        if block + BLOCK > MAX_SLOTS {
            return None;
        }
        self.push_block();
        Some(block as u32)
    }

    fn take(&mut self, base: u32, parent: u32) {
        clear(&mut self.free_bases, base);
        self.nodes[parent as usize].base_and_label |= base << LABEL_BITS;
    }

    fn take_slot(&mut self, base: u32, label: u8) {
        let slot = base ^ u32::from(label);
        clear(&mut self.free_slots, slot);
        self.nodes[slot as usize].base_and_label = u32::from(label);
    }

    fn find_near(&self, label: u8, parent: u32) -> Option<u32> {
        let in_line = const { (LINE_BYTES / size_of::<Node<T>>()) as u32 };
        let start = parent / in_line * in_line;
        let free = word_of(&self.free_slots, start) >> (start % 64) & ((1 << in_line) - 1);
        self.first_base(free, start, label)
    }

    /// A free base in the newest blocks whose slot for `label` is free.
    fn find_only(&self, label: u8) -> Option<u32> {
        let blocks = self.free_slots.iter().enumerate().rev().take(TRIED_BLOCKS);
        for (block, free_slots) in blocks {
            for (word, &free) in free_slots.iter().enumerate() {
                if let Some(base) = self.first_base(free, (block * BLOCK + word * 64) as u32, label) {
                    return Some(base);
                }
            }
        }
        None
    }

    /// The first free base for one of the slots `free`, whose first bit is the slot `start`.
    fn first_base(&self, mut free: u64, start: u32, label: u8) -> Option<u32> {
        while free != 0 {
            let base = (start + free.trailing_zeros()) ^ u32::from(label);
            if word_of(&self.free_bases, base) >> (base % 64) & 1 != 0 {
                return Some(base);
            }
            free &= free - 1;
        }
        None
    }

    /// A free base in the newest blocks whose slots for `labels` are free.
    fn find(&self, labels: &[u8]) -> Option<u32> {
        let blocks = self.free_slots.iter().zip(&self.free_bases).enumerate().rev().take(TRIED_BLOCKS);
        for (block, (free_slots, free_bases)) in blocks {
            for (word, &free_bases) in free_bases.iter().enumerate() {
                let mut possible = free_bases;
                for &label in labels {
                    if possible == 0 {
                        break;
                    }
                    possible &= exchanged(free_slots[word ^ usize::from(label / 64)], label % 64);
                }
                if possible != 0 {
                    return Some((block * BLOCK + word * 64) as u32 + possible.trailing_zeros());
                }
            }
        }
        None
    }
}

fn word_of(bits: &[[u64; BLOCK_WORDS]], index: u32) -> u64 {
    bits[index as usize / BLOCK][index as usize / 64 % BLOCK_WORDS]
}

fn clear(bits: &mut [[u64; BLOCK_WORDS]], index: u32) {
    bits[index as usize / BLOCK][index as usize / 64 % BLOCK_WORDS] &= !(1 << (index % 64));
}

/// The word whose bit `index` is the bit `index ^ by` of `word`.
#[inline(always)]
fn exchanged(word: u64, by: u8) -> u64 {
    // Halves of ever larger groups of bits change places.
    const LOWER_HALVES: [u64; 6] = [
        0x5555_5555_5555_5555,
        0x3333_3333_3333_3333,
        0x0F0F_0F0F_0F0F_0F0F,
        0x00FF_00FF_00FF_00FF,
        0x0000_FFFF_0000_FFFF,
        0x0000_0000_FFFF_FFFF,
    ];
    LOWER_HALVES.iter().enumerate().fold(word, |word, (bit, lower)| {
        let exchanged = (word >> (1 << bit) & lower) | (word & lower) << (1 << bit);
        if by >> bit & 1 != 0 { exchanged } else { word }
    })
}
