//! AVX2 kernels: vectors of 32 bytes, two per block.

use std::arch::x86_64::{
    __m128i, __m256i, _mm_loadu_si128, _mm256_add_epi8, _mm256_and_si256, _mm256_andnot_si256, _mm256_blendv_epi8,
    _mm256_broadcastsi128_si256, _mm256_cmpeq_epi8, _mm256_cmpgt_epi8, _mm256_loadu_si256, _mm256_movemask_epi8,
    _mm256_or_si256, _mm256_packus_epi16, _mm256_permute4x64_epi64, _mm256_set1_epi8, _mm256_setzero_si256,
    _mm256_shuffle_epi8, _mm256_srli_epi16, _mm256_storeu_si256,
};

use super::byte_set::ByteSet;
use super::classes::{HIGH_CLASSES, LOW_CLASSES, PUNCTUATION_BITS, WHITESPACE_BITS};
use super::plain_text::{PlainBlock, PlainText};
use super::vectors;
use super::window::BLOCK_BYTES;
use super::word_bounds::{WordBounds, push_bits};

const VECTOR_BYTES: usize = 32;

#[inline]
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
fn load(bytes: &[u8; VECTOR_BYTES]) -> __m256i {
    // SAFETY: the array has the 32 bytes that are read, and the load needs no alignment.
    unsafe { _mm256_loadu_si256(bytes.as_ptr().cast::<__m256i>()) }
}

#[inline]
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
fn store(bytes: &mut [u8; VECTOR_BYTES], vector_u8x32: __m256i) {
    // SAFETY: the array has the 32 bytes that are written, and the store needs no alignment.
    unsafe { _mm256_storeu_si256(bytes.as_mut_ptr().cast::<__m256i>(), vector_u8x32) }
}

/// The same 16 bytes in both halves: a shuffle looks up each half in its own 16 bytes.
#[inline]
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
fn load_table(table: &[u8; 16]) -> __m256i {
    // SAFETY: the array has the 16 bytes that are read, and the load needs no alignment.
    _mm256_broadcastsi128_si256(unsafe { _mm_loadu_si128(table.as_ptr().cast::<__m128i>()) })
}

#[inline]
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
fn movemask(vector_u8x32: __m256i) -> u32 {
    _mm256_movemask_epi8(vector_u8x32).cast_unsigned()
}

/// See `Scanner::copy_ascii`.
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
pub(super) fn copy_ascii(source: &[u8], target: &mut [u8], lower: bool, clean: bool) -> usize {
    vectors::copy(source, target, |bytes, to| {
        let (folded, stop) = fold(load(bytes), lower, clean);
        store(to, folded);
        stop.trailing_zeros() as usize
    })
}

/// The bytes to write, and the mask of those that are not plain.
#[inline]
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
fn fold(bytes: __m256i, lower: bool, clean: bool) -> (__m256i, u32) {
    let is_upper = _mm256_and_si256(
        _mm256_cmpgt_epi8(bytes, _mm256_set1_epi8(b'A'.cast_signed() - 1)),
        _mm256_cmpgt_epi8(_mm256_set1_epi8(b'Z'.cast_signed() + 1), bytes),
    );
    let case_bit = _mm256_set1_epi8(if lower { 0x20 } else { 0 });
    let folded = _mm256_add_epi8(bytes, _mm256_and_si256(is_upper, case_bit));
    if !clean {
        return (folded, movemask(bytes));
    }
    let is_space = _mm256_or_si256(
        _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(b'\t'.cast_signed())),
        _mm256_or_si256(
            _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(b'\n'.cast_signed())),
            _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(b'\r'.cast_signed())),
        ),
    );
    // Signed: non-ASCII bytes are below space too.
    let is_below_space = _mm256_cmpgt_epi8(_mm256_set1_epi8(b' '.cast_signed()), bytes);
    let is_delete = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(0x7F));
    let stop = _mm256_or_si256(_mm256_andnot_si256(is_space, is_below_space), is_delete);
    let folded = _mm256_blendv_epi8(folded, _mm256_set1_epi8(b' '.cast_signed()), is_space);
    (folded, movemask(stop))
}

/// See `Scanner::find_words`.
#[allow(clippy::redundant_closure, reason = "a function that is passed by its name is called, a closure is inlined")]
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
pub(super) fn find_words(window: &[u8], offset: u32, bounds: &mut WordBounds) {
    let (low_table, high_table) = (load_table(&LOW_CLASSES), load_table(&HIGH_CLASSES));
    let classify = |block: &[u8; BLOCK_BYTES]| {
        let (vectors, _) = block.as_chunks::<VECTOR_BYTES>();
        let (first_space, first_punctuation) = classify(load(&vectors[0]), low_table, high_table);
        let (second_space, second_punctuation) = classify(load(&vectors[1]), low_table, high_table);
        let space = u64::from(first_space) | u64::from(second_space) << 32;
        let punctuation = u64::from(first_punctuation) | u64::from(second_punctuation) << 32;
        (space, punctuation)
    };
    vectors::find_words(window, offset, bounds, classify, |bits, offset, offsets| push_bits(bits, offset, offsets));
}

#[inline]
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
fn classify(bytes: __m256i, low_table: __m256i, high_table: __m256i) -> (u32, u32) {
    let classes = common_bits(bytes, low_table, high_table);
    let zero = _mm256_setzero_si256();
    let no_space = _mm256_cmpeq_epi8(_mm256_and_si256(classes, _mm256_set1_epi8(WHITESPACE_BITS)), zero);
    let no_punctuation = _mm256_cmpeq_epi8(_mm256_and_si256(classes, _mm256_set1_epi8(PUNCTUATION_BITS)), zero);
    (!movemask(no_space), !movemask(no_punctuation))
}

/// For each byte, the bits that the entries of its low and high four bits share.
#[inline]
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
fn common_bits(bytes: __m256i, low_table: __m256i, high_table: __m256i) -> __m256i {
    let low_halves = _mm256_and_si256(bytes, _mm256_set1_epi8(15));
    let high_halves = _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), _mm256_set1_epi8(15));
    _mm256_and_si256(_mm256_shuffle_epi8(low_table, low_halves), _mm256_shuffle_epi8(high_table, high_halves))
}

/// See `Scanner::find_plain_words`.
#[allow(clippy::redundant_closure, reason = "a function that is passed by its name is called, a closure is inlined")]
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
pub(super) fn find_plain_words(
    text: PlainText<'_>,
    target: &mut [u8],
    offset: u32,
    bounds: &mut WordBounds,
) -> Option<bool> {
    let (low_table, high_table) = (load_table(&LOW_CLASSES), load_table(&HIGH_CLASSES));
    let (low_marks, high_marks) = (load_table(&text.marks.low), load_table(&text.marks.high));
    let read_half = |units: &[u16; VECTOR_BYTES], to: &mut [u8; VECTOR_BYTES]| {
        let bytes = narrow(units);
        let (folded, stop) = fold(bytes, text.lower, true);
        store(to, folded);
        let (space, punctuation) = classify(folded, low_table, high_table);
        let marked = common_bits(bytes, low_marks, high_marks);
        let marked = !movemask(_mm256_cmpeq_epi8(marked, _mm256_setzero_si256()));
        [space, punctuation, stop, marked]
    };
    let read = |units: &[u16; BLOCK_BYTES], to: &mut [u8; BLOCK_BYTES]| {
        let (units, to) = (units.as_chunks().0, to.as_chunks_mut().0);
        let (first, second) = (read_half(&units[0], &mut to[0]), read_half(&units[1], &mut to[1]));
        let bits = |part: usize| u64::from(first[part]) | u64::from(second[part]) << 32;
        PlainBlock { space: bits(0), punctuation: bits(1), stop: bits(2), marked: bits(3) }
    };
    vectors::find_plain_words(text, target, offset, bounds, read, |bits, offset, offsets| {
        push_bits(bits, offset, offsets)
    })
}

/// ASCII units as bytes; other units become 0 or non-ASCII bytes.
#[inline]
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
fn narrow(units: &[u16; VECTOR_BYTES]) -> __m256i {
    let halves = units.as_chunks::<16>().0;
    // SAFETY: the arrays have the 32 bytes that are read, and the load needs no alignment.
    let load = |half: &[u16; 16]| unsafe { _mm256_loadu_si256(half.as_ptr().cast::<__m256i>()) };
    // Packing interleaves the quarters of the two vectors: first both lower ones, then both upper
    // ones.
    _mm256_permute4x64_epi64::<0b11_01_10_00>(_mm256_packus_epi16(load(&halves[0]), load(&halves[1])))
}

/// See `Scanner::find_any`.
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
pub(super) fn find_any(bytes: &[u8], set: &ByteSet) -> Option<usize> {
    let (low_table, high_table) = (load_table(&set.low), load_table(&set.high));
    vectors::find(bytes, |bytes: &[u8; VECTOR_BYTES]| {
        let common = common_bits(load(bytes), low_table, high_table);
        let found = !movemask(_mm256_cmpeq_epi8(common, _mm256_setzero_si256()));
        found.trailing_zeros() as usize
    })
}
