//! AVX2 kernels: 32 bytes a vector, two vectors a block of word bounds.
//!
//! Classes come from two byte shuffles, one by the low and one by the high half of the byte: a class is where both have a
//! common bit. `pshufb` gives 0 for an index with its highest bit set, so bytes beyond ASCII fall in no class without a test.

use std::arch::x86_64::{
    __m128i, __m256i, _mm_loadu_si128, _mm256_add_epi8, _mm256_and_si256, _mm256_andnot_si256, _mm256_blendv_epi8,
    _mm256_broadcastsi128_si256, _mm256_cmpeq_epi8, _mm256_cmpgt_epi8, _mm256_loadu_si256, _mm256_movemask_epi8,
    _mm256_or_si256, _mm256_set1_epi8, _mm256_setzero_si256, _mm256_shuffle_epi8, _mm256_srli_epi16,
    _mm256_storeu_si256,
};

use super::{BLOCK_BYTES, ByteSet, Scanner, WordBounds};

const VECTOR_BYTES: usize = 32;

/// Bits of the halves: 0 and 6 white space, the others punctuation, each for one or two high halves.
#[rustfmt::skip]
const LOW_CLASSES: [u8; 16] = [
    // 0: space, @ `       1–8: ! " # …, 9: also \t
    0b100_1000, 0b000_0010, 0b000_0010, 0b000_0010, 0b000_0010, 0b000_0010, 0b000_0010, 0b000_0010,
    0b000_0010, 0b000_0011, 0b000_0111, 0b011_0111, 0b011_0111, 0b011_0111, 0b011_0110, 0b001_0110,
];
#[rustfmt::skip]
const HIGH_CLASSES: [u8; 16] = [
    0b000_0001, 0, 0b100_0010, 0b000_0100, 0b000_1000, 0b001_0000, 0b000_1000, 0b010_0000,
    0, 0, 0, 0, 0, 0, 0, 0,
];
const WHITESPACE_BITS: i8 = 0b100_0001;
const PUNCTUATION_BITS: i8 = 0b011_1110;

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

/// The same 16 bytes in both halves, as shuffles take them.
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

/// See [`Scanner::copy_ascii`].
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
pub(super) fn copy_ascii(source: &[u8], target: &mut [u8], lower: bool, clean: bool) -> usize {
    assert!(target.len() >= source.len() + Scanner::SLACK, "the target has no slack");
    let (chunks, tail) = source.as_chunks::<VECTOR_BYTES>();
    let (targets, _) = target.as_chunks_mut::<VECTOR_BYTES>();
    for (index, (chunk, to)) in chunks.iter().zip(targets).enumerate() {
        let (folded, stop) = fold(load(chunk), lower, clean);
        store(to, folded);
        if stop != 0 {
            return index * VECTOR_BYTES + stop.trailing_zeros() as usize;
        }
    }
    if tail.is_empty() {
        return source.len();
    }
    // The last vector overlaps the one before, whose bytes are all plain.
    if let (Some(last), Some(to)) = (source.last_chunk(), target[..source.len()].last_chunk_mut()) {
        let (folded, stop) = fold(load(last), lower, clean);
        store(to, folded);
        return source.len() - VECTOR_BYTES + VECTOR_BYTES.min(stop.trailing_zeros() as usize);
    }
    // Spaces are plain: what stops is of the tail, or beyond it when all of it is plain.
    let mut padded = [b' '; VECTOR_BYTES];
    padded[..tail.len()].copy_from_slice(tail);
    let (folded, stop) = fold(load(&padded), lower, clean);
    let done = chunks.len() * VECTOR_BYTES;
    store(target[done..].first_chunk_mut().expect("the target has slack"), folded);
    done + tail.len().min(stop.trailing_zeros() as usize)
}

/// The bytes as they are copied, and the mask of those that are not plain.
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
    // Signed: bytes beyond ASCII are below space too.
    let is_below_space = _mm256_cmpgt_epi8(_mm256_set1_epi8(b' '.cast_signed()), bytes);
    let is_delete = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(0x7F));
    let stop = _mm256_or_si256(_mm256_andnot_si256(is_space, is_below_space), is_delete);
    let folded = _mm256_blendv_epi8(folded, _mm256_set1_epi8(b' '.cast_signed()), is_space);
    (folded, movemask(stop))
}

/// See [`Scanner::find_words`].
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
pub(super) fn find_words(window: &[u8], bounds: &mut WordBounds) {
    let (low_table, high_table) = (load_table(&LOW_CLASSES), load_table(&HIGH_CLASSES));
    let (vectors, _) = window.as_chunks::<VECTOR_BYTES>();
    let (blocks, _) = vectors.as_chunks::<{ BLOCK_BYTES / VECTOR_BYTES }>();
    for (offset, [first, second]) in (0_u32..).step_by(BLOCK_BYTES).zip(blocks) {
        let (first_space, first_punctuation) = classify(load(first), low_table, high_table);
        let (second_space, second_punctuation) = classify(load(second), low_table, high_table);
        let space = u64::from(first_space) | u64::from(second_space) << 32;
        let punctuation = u64::from(first_punctuation) | u64::from(second_punctuation) << 32;
        bounds.push_block(offset, !(space | punctuation), punctuation);
    }
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

#[inline]
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
fn common_bits(bytes: __m256i, low_table: __m256i, high_table: __m256i) -> __m256i {
    let high_halves = _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), _mm256_set1_epi8(15));
    _mm256_and_si256(_mm256_shuffle_epi8(low_table, bytes), _mm256_shuffle_epi8(high_table, high_halves))
}

/// See [`Scanner::find_any`].
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
pub(super) fn find_any(bytes: &[u8], set: &ByteSet) -> Option<usize> {
    let (low_table, high_table) = (load_table(&set.low), load_table(&set.high));
    let find = |bytes: __m256i| {
        // Unlike the classes of words, these may lie beyond ASCII: only the low half picks.
        let low_halves = _mm256_and_si256(bytes, _mm256_set1_epi8(15));
        let high_halves = _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), _mm256_set1_epi8(15));
        let common =
            _mm256_and_si256(_mm256_shuffle_epi8(low_table, low_halves), _mm256_shuffle_epi8(high_table, high_halves));
        !movemask(_mm256_cmpeq_epi8(common, _mm256_setzero_si256()))
    };
    let (chunks, tail) = bytes.as_chunks::<VECTOR_BYTES>();
    for (index, chunk) in chunks.iter().enumerate() {
        let found = find(load(chunk));
        if found != 0 {
            return Some(index * VECTOR_BYTES + found.trailing_zeros() as usize);
        }
    }
    if tail.is_empty() {
        return None;
    }
    // The last vector overlaps the one before, of which no byte is in the set.
    if let Some(last) = bytes.last_chunk() {
        let found = find(load(last));
        return (found != 0).then(|| bytes.len() - VECTOR_BYTES + found.trailing_zeros() as usize);
    }
    let mut padded = [0; VECTOR_BYTES];
    padded[..tail.len()].copy_from_slice(tail);
    let offset = find(load(&padded)).trailing_zeros() as usize;
    (offset < tail.len()).then_some(chunks.len() * VECTOR_BYTES + offset)
}
