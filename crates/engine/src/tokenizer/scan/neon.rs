//! NEON kernels: vectors of 16 bytes, four per block.

use std::arch::aarch64::{
    uint8x16_t, vaddq_u8, vandq_u8, vbicq_u8, vbslq_u8, vceqq_u8, vcgtq_u8, vcleq_u8, vcltq_u8, vdupq_n_u8,
    vget_lane_u64, vgetq_lane_u64, vld1q_u8, vld1q_u16, vorrq_u8, vpaddq_u8, vqmovn_high_u16, vqmovn_u16, vqtbl1q_u8,
    vreinterpret_u64_u8, vreinterpretq_u16_u8, vreinterpretq_u64_u8, vshrn_n_u16, vshrq_n_u8, vst1q_u8, vsubq_u8,
    vtstq_u8,
};

use super::byte_set::ByteSet;
use super::classes::{HIGH_CLASSES, LOW_CLASSES, PUNCTUATION_BITS, WHITESPACE_BITS};
use super::plain_text::{PlainBlock, PlainText};
use super::vectors;
use super::window::BLOCK_BYTES;
use super::word_bounds::{WordBounds, push_bits};

const VECTOR_BYTES: usize = 16;

#[inline]
#[target_feature(enable = "neon")]
fn load(bytes: &[u8; VECTOR_BYTES]) -> uint8x16_t {
    // SAFETY: the array has the 16 bytes that are read, and bytes need no alignment.
    unsafe { vld1q_u8(bytes.as_ptr()) }
}

#[inline]
#[target_feature(enable = "neon")]
fn store(bytes: &mut [u8; VECTOR_BYTES], vector_u8x16: uint8x16_t) {
    // SAFETY: the array has the 16 bytes that are written, and bytes need no alignment.
    unsafe { vst1q_u8(bytes.as_mut_ptr(), vector_u8x16) }
}

/// The place of the first byte that is 255, or 16 if all are 0. A narrowing shift leaves four bits
/// per byte.
#[inline]
#[target_feature(enable = "neon")]
fn first(marks: uint8x16_t) -> usize {
    let fours = vget_lane_u64::<0>(vreinterpret_u64_u8(vshrn_n_u16::<4>(vreinterpretq_u16_u8(marks))));
    (fours.trailing_zeros() / 4) as usize
}

/// One bit for each of 64 bytes that are 0 or 255, the lowest for the first byte. Each byte keeps
/// the bit of its place among eight; three pairwise sums then combine the eight.
#[inline]
#[target_feature(enable = "neon")]
fn bits(marks: [uint8x16_t; 4]) -> u64 {
    let place = load(&[1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128]);
    let [first, second, third, fourth] = marks.map(|marks| vandq_u8(marks, place));
    let sums = vpaddq_u8(vpaddq_u8(first, second), vpaddq_u8(third, fourth));
    vgetq_lane_u64::<0>(vreinterpretq_u64_u8(vpaddq_u8(sums, sums)))
}

/// See `Scanner::copy_ascii`.
#[target_feature(enable = "neon")]
pub(super) fn copy_ascii(source: &[u8], target: &mut [u8], lower: bool, clean: bool) -> usize {
    vectors::copy(source, target, |bytes, to: &mut [u8; VECTOR_BYTES]| {
        let (folded, stop) = fold(load(bytes), lower, clean);
        store(to, folded);
        first(stop)
    })
}

/// The bytes to write, and which of the bytes are not plain.
#[inline]
#[target_feature(enable = "neon")]
fn fold(bytes: uint8x16_t, lower: bool, clean: bool) -> (uint8x16_t, uint8x16_t) {
    let is_upper = vcleq_u8(vsubq_u8(bytes, vdupq_n_u8(b'A')), vdupq_n_u8(b'Z' - b'A'));
    let folded = vaddq_u8(bytes, vandq_u8(is_upper, vdupq_n_u8(if lower { 0x20 } else { 0 })));
    // From 0x7F, which is a control character, or from 0x80 on.
    let is_high = vcgtq_u8(bytes, vdupq_n_u8(if clean { 0x7E } else { 0x7F }));
    if !clean {
        return (folded, is_high);
    }
    let is_space = vorrq_u8(
        vceqq_u8(bytes, vdupq_n_u8(b'\t')),
        vorrq_u8(vceqq_u8(bytes, vdupq_n_u8(b'\n')), vceqq_u8(bytes, vdupq_n_u8(b'\r'))),
    );
    let is_below_space = vcltq_u8(bytes, vdupq_n_u8(b' '));
    (vbslq_u8(is_space, vdupq_n_u8(b' '), folded), vorrq_u8(vbicq_u8(is_below_space, is_space), is_high))
}

/// See `Scanner::find_words`.
#[allow(clippy::redundant_closure, reason = "a function that is passed by its name is called, a closure is inlined")]
#[target_feature(enable = "neon")]
pub(super) fn find_words(window: &[u8], offset: u32, bounds: &mut WordBounds) {
    let (low_table, high_table) = (load(&LOW_CLASSES), load(&HIGH_CLASSES));
    let classify = |block: &[u8; BLOCK_BYTES]| {
        let (vectors, _) = block.as_chunks::<VECTOR_BYTES>();
        classify(std::array::from_fn(|index| load(&vectors[index])), low_table, high_table)
    };
    vectors::find_words(window, offset, bounds, classify, |bits, offset, offsets| push_bits(bits, offset, offsets));
}

/// The bits of white space and of punctuation.
#[inline]
#[target_feature(enable = "neon")]
fn classify(block: [uint8x16_t; 4], low_table: uint8x16_t, high_table: uint8x16_t) -> (u64, u64) {
    let classes = block.map(|bytes| common_bits(bytes, low_table, high_table));
    let space = bits(classes.map(|classes| vtstq_u8(classes, vdupq_n_u8(WHITESPACE_BITS.cast_unsigned()))));
    (space, bits(classes.map(|classes| vtstq_u8(classes, vdupq_n_u8(PUNCTUATION_BITS.cast_unsigned())))))
}

/// See `Scanner::find_plain_words`.
#[allow(clippy::redundant_closure, reason = "a function that is passed by its name is called, a closure is inlined")]
#[target_feature(enable = "neon")]
pub(super) fn find_plain_words(
    text: PlainText<'_>,
    target: &mut [u8],
    offset: u32,
    bounds: &mut WordBounds,
) -> Option<bool> {
    let (low_table, high_table) = (load(&LOW_CLASSES), load(&HIGH_CLASSES));
    let (low_marks, high_marks) = (load(&text.marks.low), load(&text.marks.high));
    let read = |units: &[u16; BLOCK_BYTES], to: &mut [u8; BLOCK_BYTES]| {
        let units = units.as_chunks::<VECTOR_BYTES>().0;
        let block: [uint8x16_t; 4] = std::array::from_fn(|index| narrow(&units[index]));
        let folded = block.map(|bytes| fold(bytes, text.lower, true));
        for (to, (folded, _)) in to.as_chunks_mut::<VECTOR_BYTES>().0.iter_mut().zip(folded) {
            store(to, folded);
        }
        let (space, punctuation) = classify(folded.map(|(folded, _)| folded), low_table, high_table);
        let marked = block.map(|bytes| common_bits(bytes, low_marks, high_marks));
        PlainBlock {
            space,
            punctuation,
            stop: bits(folded.map(|(_, stop)| stop)),
            marked: bits(marked.map(|marked| vtstq_u8(marked, marked))),
        }
    };
    vectors::find_plain_words(text, target, offset, bounds, read, |bits, offset, offsets| {
        push_bits(bits, offset, offsets)
    })
}

/// ASCII units as bytes; other units become non-ASCII bytes.
#[inline]
#[target_feature(enable = "neon")]
fn narrow(units: &[u16; VECTOR_BYTES]) -> uint8x16_t {
    let halves = units.as_chunks::<8>().0;
    // SAFETY: the arrays have the 16 bytes that are read, and the load needs no more alignment than a unit.
    let load = |half: &[u16; 8]| unsafe { vld1q_u16(half.as_ptr()) };
    vqmovn_high_u16(vqmovn_u16(load(&halves[0])), load(&halves[1]))
}

/// For each byte, the bits that the entries of its low and high four bits share.
#[inline]
#[target_feature(enable = "neon")]
fn common_bits(bytes: uint8x16_t, low_table: uint8x16_t, high_table: uint8x16_t) -> uint8x16_t {
    let low_halves = vandq_u8(bytes, vdupq_n_u8(15));
    vandq_u8(vqtbl1q_u8(low_table, low_halves), vqtbl1q_u8(high_table, vshrq_n_u8::<4>(bytes)))
}

/// See `Scanner::find_any`.
#[target_feature(enable = "neon")]
pub(super) fn find_any(bytes: &[u8], set: &ByteSet) -> Option<usize> {
    let (low_table, high_table) = (load(&set.low), load(&set.high));
    vectors::find(bytes, |bytes: &[u8; VECTOR_BYTES]| {
        let common = common_bits(load(bytes), low_table, high_table);
        first(vtstq_u8(common, common))
    })
}
