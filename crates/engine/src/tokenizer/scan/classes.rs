//! The classes of ASCII as two byte shuffles: one by the low and one by the high half of the byte. A class is where both have a
//! common bit. Bytes beyond ASCII are in none: their high halves have no bits.

/// Bits of the halves: 0 and 6 white space, the others punctuation, each for one or two high halves.
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
