//! The vectors against their scalar twin, and that against the standard library.

use super::{Block, scalar};
use crate::tokenizer::scan::window::BLOCK_BYTES;

/// Every byte at every place.
fn blocks() -> impl Iterator<Item = [u8; BLOCK_BYTES]> {
    (0..=255_u8).flat_map(|first| {
        [1, 3, 0x55, 0x80].map(|step: u8| {
            std::array::from_fn(|place| first.wrapping_add(step.wrapping_mul(u8::try_from(place).unwrap())))
        })
    })
}

#[test]
fn the_vectors_match_scalar_for_every_byte_at_every_place() {
    for bytes in blocks() {
        let (vectors, scalar) = (Block::load(&bytes), scalar::Block::load(&bytes));
        assert_eq!(vectors.letters(), scalar.letters(), "{bytes:?}");
        assert_eq!(vectors.digits(), scalar.digits(), "{bytes:?}");
        assert_eq!(vectors.spaces(), scalar.spaces(), "{bytes:?}");
        assert_eq!(vectors.high(), scalar.high(), "{bytes:?}");
        for wanted in [0, b' ', b'\n', b'\'', 0x7F, 0xE2, bytes[0], bytes[63]] {
            assert_eq!(vectors.equal(wanted), scalar.equal(wanted), "{bytes:?} {wanted}");
            for count in [0, 1, 2, 24, 128, 255] {
                let (got, expected) = (vectors.among(wanted, count), scalar.among(wanted, count));
                assert_eq!(got, expected, "{bytes:?} {wanted} {count}");
            }
        }
    }
}

#[test]
fn white_space_is_what_the_standard_library_has() {
    for byte in 0..0x80_u8 {
        let mut bytes = [b'x'; BLOCK_BYTES];
        bytes[5] = byte;
        assert_eq!(scalar::Block::load(&bytes).spaces() != 0, char::from(byte).is_whitespace(), "{byte}");
    }
}
