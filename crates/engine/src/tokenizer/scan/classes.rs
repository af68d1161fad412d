//! The classes of ASCII as two tables for byte shuffles: one indexed by the low four bits of a
//! byte, one by the high four. A byte is in a class if its two entries share a bit of that class.
//! Non-ASCII bytes are in none: the entries of their high four bits are 0.

/// Bits 0 and 6 are white space, the others punctuation. Each bit belongs to one or two values of
/// the high four bits.
#[rustfmt::skip]
pub(super) const LOW_CLASSES: [u8; 16] = [
    // 0: space, @ `       1–8: ! " # …, 9: also \t
    0b100_1000, 0b000_0010, 0b000_0010, 0b000_0010, 0b000_0010, 0b000_0010, 0b000_0010, 0b000_0010,
    0b000_0010, 0b000_0011, 0b000_0111, 0b011_0111, 0b011_0111, 0b011_0111, 0b011_0110, 0b001_0110,
];
#[rustfmt::skip]
pub(super) const HIGH_CLASSES: [u8; 16] = [
    0b000_0001, 0, 0b100_0010, 0b000_0100, 0b000_1000, 0b001_0000, 0b000_1000, 0b010_0000,
    0, 0, 0, 0, 0, 0, 0, 0,
];
pub(super) const WHITESPACE_BITS: i8 = 0b100_0001;
pub(super) const PUNCTUATION_BITS: i8 = 0b011_1110;
