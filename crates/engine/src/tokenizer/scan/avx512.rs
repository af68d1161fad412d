//! AVX-512 kernels: vectors of 64 bytes, one per block. The offsets of set bits are written 16 at a
//! time.

use std::arch::x86_64::{
    __m128i, __m512i, _mm_loadu_si128, _mm512_add_epi32, _mm512_and_si512, _mm512_broadcast_i32x4,
    _mm512_castsi512_si128, _mm512_cmpeq_epi8_mask, _mm512_cmple_epu8_mask, _mm512_cmplt_epi8_mask,
    _mm512_cvtepu8_epi32, _mm512_extracti32x4_epi32, _mm512_loadu_si512, _mm512_mask_add_epi8, _mm512_mask_mov_epi8,
    _mm512_maskz_compress_epi8, _mm512_movepi8_mask, _mm512_packus_epi16, _mm512_permutexvar_epi64, _mm512_set1_epi8,
    _mm512_set1_epi32, _mm512_setr_epi64, _mm512_shuffle_epi8, _mm512_srli_epi16, _mm512_storeu_si512, _mm512_sub_epi8,
    _mm512_test_epi8_mask,
};

use super::byte_set::ByteSet;
use super::classes::{HIGH_CLASSES, LOW_CLASSES, PUNCTUATION_BITS, WHITESPACE_BITS};
use super::plain_text::{PlainBlock, PlainText};
use super::vectors;
use super::window::BLOCK_BYTES;
use super::word_bounds::WordBounds;

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi,avx512vbmi2,bmi1,bmi2,popcnt")]
fn load(bytes: &[u8; 64]) -> __m512i {
    // SAFETY: the array has the 64 bytes that are read, and the load needs no alignment.
    unsafe { _mm512_loadu_si512(bytes.as_ptr().cast::<__m512i>()) }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi,avx512vbmi2,bmi1,bmi2,popcnt")]
fn store(bytes: &mut [u8; 64], vector_u8x64: __m512i) {
    // SAFETY: the array has the 64 bytes that are written, and the store needs no alignment.
    unsafe { _mm512_storeu_si512(bytes.as_mut_ptr().cast::<__m512i>(), vector_u8x64) }
}

/// The same 16 bytes four times: a shuffle looks up each quarter in its own 16 bytes.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi,avx512vbmi2,bmi1,bmi2,popcnt")]
fn load_table(table: &[u8; 16]) -> __m512i {
    // SAFETY: the array has the 16 bytes that are read, and the load needs no alignment.
    _mm512_broadcast_i32x4(unsafe { _mm_loadu_si128(table.as_ptr().cast::<__m128i>()) })
}

/// See `Scanner::copy_ascii`.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi,avx512vbmi2,bmi1,bmi2,popcnt")]
pub(super) fn copy_ascii(source: &[u8], target: &mut [u8], lower: bool, clean: bool) -> usize {
    vectors::copy(source, target, |bytes, to: &mut [u8; 64]| {
        let (folded, stop) = fold(load(bytes), lower, clean);
        store(to, folded);
        stop.trailing_zeros() as usize
    })
}

/// The bytes to write, and the mask of those that are not plain.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi,avx512vbmi2,bmi1,bmi2,popcnt")]
fn fold(bytes: __m512i, lower: bool, clean: bool) -> (__m512i, u64) {
    let byte = |byte: u8| _mm512_set1_epi8(byte.cast_signed());
    let is_upper = _mm512_cmple_epu8_mask(_mm512_sub_epi8(bytes, byte(b'A')), byte(b'Z' - b'A'));
    let case_bit = byte(if lower { 0x20 } else { 0 });
    let folded = _mm512_mask_add_epi8(bytes, is_upper, bytes, case_bit);
    if !clean {
        return (folded, _mm512_movepi8_mask(bytes));
    }
    let is_space = _mm512_cmpeq_epi8_mask(bytes, byte(b'\t'))
        | _mm512_cmpeq_epi8_mask(bytes, byte(b'\n'))
        | _mm512_cmpeq_epi8_mask(bytes, byte(b'\r'));
    // Signed: non-ASCII bytes are below space too.
    let is_below_space = _mm512_cmplt_epi8_mask(bytes, byte(b' '));
    let is_delete = _mm512_cmpeq_epi8_mask(bytes, byte(0x7F));
    (_mm512_mask_mov_epi8(folded, is_space, byte(b' ')), is_below_space & !is_space | is_delete)
}

/// See `Scanner::find_words`.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi,avx512vbmi2,bmi1,bmi2,popcnt")]
pub(super) fn find_words(window: &[u8], offset: u32, bounds: &mut WordBounds) {
    let (low_table, high_table) = (load_table(&LOW_CLASSES), load_table(&HIGH_CLASSES));
    let places = load(&std::array::from_fn(|place| place as u8));
    let classify = |block: &[u8; BLOCK_BYTES]| {
        let classes = common_bits(load(block), low_table, high_table);
        let space = _mm512_test_epi8_mask(classes, _mm512_set1_epi8(WHITESPACE_BITS));
        (space, _mm512_test_epi8_mask(classes, _mm512_set1_epi8(PUNCTUATION_BITS)))
    };
    vectors::find_words(window, offset, bounds, classify, |bits, offset, offsets| {
        push_bits(places, bits, offset, offsets)
    });
}

/// Writes the offsets of the set bits: at least 16, and more only if there are more bits.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi,avx512vbmi2,bmi1,bmi2,popcnt")]
fn push_bits(places: __m512i, bits: u64, offset: u32, offsets: &mut [u32; BLOCK_BYTES]) {
    let places = _mm512_maskz_compress_epi8(bits, places);
    let (sixteens, _) = offsets.as_chunks_mut::<16>();
    let write = |to: &mut [u32; 16], places: __m128i| {
        let places = _mm512_add_epi32(_mm512_cvtepu8_epi32(places), _mm512_set1_epi32(offset.cast_signed()));
        // SAFETY: the array has the 64 bytes that are written, and the store needs no alignment.
        unsafe { _mm512_storeu_si512(to.as_mut_ptr().cast::<__m512i>(), places) };
    };
    let [first, second, third, fourth] = sixteens else { unreachable!("a block has four times sixteen places") };
    write(first, _mm512_castsi512_si128(places));
    let count = bits.count_ones();
    if count > 16 {
        write(second, _mm512_extracti32x4_epi32::<1>(places));
    }
    if count > 32 {
        write(third, _mm512_extracti32x4_epi32::<2>(places));
        write(fourth, _mm512_extracti32x4_epi32::<3>(places));
    }
}

/// For each byte, the bits that the entries of its low and high four bits share.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi,avx512vbmi2,bmi1,bmi2,popcnt")]
fn common_bits(bytes: __m512i, low_table: __m512i, high_table: __m512i) -> __m512i {
    let low_halves = _mm512_and_si512(bytes, _mm512_set1_epi8(15));
    let high_halves = _mm512_and_si512(_mm512_srli_epi16::<4>(bytes), _mm512_set1_epi8(15));
    _mm512_and_si512(_mm512_shuffle_epi8(low_table, low_halves), _mm512_shuffle_epi8(high_table, high_halves))
}

/// See `Scanner::find_plain_words`.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi,avx512vbmi2,bmi1,bmi2,popcnt")]
pub(super) fn find_plain_words(
    text: PlainText<'_>,
    target: &mut [u8],
    offset: u32,
    bounds: &mut WordBounds,
) -> Option<bool> {
    let (low_table, high_table) = (load_table(&LOW_CLASSES), load_table(&HIGH_CLASSES));
    let (low_marks, high_marks) = (load_table(&text.marks.low), load_table(&text.marks.high));
    let places = load(&std::array::from_fn(|place| place as u8));
    let read = |units: &[u16; BLOCK_BYTES], to: &mut [u8; BLOCK_BYTES]| {
        let bytes = narrow(units);
        let (folded, stop) = fold(bytes, text.lower, true);
        store(to, folded);
        let classes = common_bits(folded, low_table, high_table);
        let marked = common_bits(bytes, low_marks, high_marks);
        PlainBlock {
            space: _mm512_test_epi8_mask(classes, _mm512_set1_epi8(WHITESPACE_BITS)),
            punctuation: _mm512_test_epi8_mask(classes, _mm512_set1_epi8(PUNCTUATION_BITS)),
            stop,
            marked: _mm512_test_epi8_mask(marked, marked),
        }
    };
    vectors::find_plain_words(text, target, offset, bounds, read, |bits, offset, offsets| {
        push_bits(places, bits, offset, offsets)
    })
}

/// ASCII units as bytes; other units become 0 or non-ASCII bytes.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi,avx512vbmi2,bmi1,bmi2,popcnt")]
fn narrow(units: &[u16; BLOCK_BYTES]) -> __m512i {
    let halves = units.as_chunks::<32>().0;
    // SAFETY: the arrays have the 64 bytes that are read, and the load needs no alignment.
    let load = |half: &[u16; 32]| unsafe { _mm512_loadu_si512(half.as_ptr().cast::<__m512i>()) };
    // Packing alternates between eighths of the two vectors.
    let order = _mm512_setr_epi64(0, 2, 4, 6, 1, 3, 5, 7);
    _mm512_permutexvar_epi64(order, _mm512_packus_epi16(load(&halves[0]), load(&halves[1])))
}

/// See `Scanner::find_any`.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi,avx512vbmi2,bmi1,bmi2,popcnt")]
pub(super) fn find_any(bytes: &[u8], set: &ByteSet) -> Option<usize> {
    let (low_table, high_table) = (load_table(&set.low), load_table(&set.high));
    vectors::find(bytes, |bytes: &[u8; 64]| {
        let common = common_bits(load(bytes), low_table, high_table);
        _mm512_test_epi8_mask(common, common).trailing_zeros() as usize
    })
}
