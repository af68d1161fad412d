//! int8 kernels for CPUs with AVX-512 VNNI, whose instruction multiplies unsigned bytes by signed
//! ones.
//!
//! The query's bytes are made unsigned by adding 128; `128 · Σ row` is then taken off the sum.

use std::arch::x86_64::{
    __m512, __m512i, __mmask64, _mm512_add_epi32, _mm512_castps_si512, _mm512_castsi512_ps, _mm512_dpbusd_epi32,
    _mm512_loadu_si512, _mm512_maskz_loadu_epi8, _mm512_set1_epi8, _mm512_setzero_si512, _mm512_storeu_si512,
    _mm512_xor_si512,
};

use super::avx512::sixteen_sums;
use super::block::{BLOCK, Sums};

pub(super) const BYTES: usize = 64;

/// The sums of the sixteen lanes of sixteen registers.
#[target_feature(enable = "avx512f")]
#[inline]
#[allow(clippy::needless_range_loop, reason = "constant bounds over registers, which unroll")]
pub(super) fn sum_sixteen(registers: &[__m512i; 16]) -> [i32; 16] {
    let sums = sixteen_sums!(|i| _mm512_castsi512_ps(registers[i]), add);
    let mut found = [0; 16];
    // SAFETY: the array has sixteen integers, and the store needs no alignment.
    unsafe { _mm512_storeu_si512(found.as_mut_ptr().cast(), _mm512_castps_si512(sums)) };
    found
}

/// Adds integers that shuffles take for floats.
#[target_feature(enable = "avx512f")]
#[inline]
pub(super) fn add(a: __m512, b: __m512) -> __m512 {
    _mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(a), _mm512_castps_si512(b)))
}

/// Where a block's rows lie, and how they are loaded: whole registers, then what is left.
pub(super) struct Rows {
    start: *const u8,
    length: usize,
    /// The length of a row without its last bytes, of which there are fewer than a register has.
    pub(super) whole: usize,
    /// Those bytes.
    rest: __mmask64,
}

impl Rows {
    /// A block of rows that lie one after the other.
    pub(super) fn of<T>(rows: &[T]) -> Self {
        const { assert!(size_of::<T>() == 1) };
        let length = rows.len() / BLOCK;
        let whole = length / BYTES * BYTES;
        Self { start: rows.as_ptr().cast(), length, whole, rest: (1 << (length - whole)) - 1 }
    }

    pub(super) fn has_rest(&self) -> bool {
        self.rest != 0
    }

    /// Sixty-four bytes of row `r`.
    ///
    /// # Safety
    /// `r` is a row of the block, and `at` is below [`Self::whole`] and a multiple of 64.
    #[target_feature(enable = "avx512f")]
    #[inline]
    pub(super) unsafe fn load(&self, r: usize, at: usize) -> __m512i {
        // SAFETY: there are 64 bytes from there on, and the load needs no alignment.
        unsafe { _mm512_loadu_si512(self.start.add(r * self.length + at).cast()) }
    }

    /// The last bytes of row `r`, and zeros.
    ///
    /// # Safety
    /// `r` is a row of the block.
    #[target_feature(enable = "avx512f,avx512bw")]
    #[inline]
    pub(super) unsafe fn load_rest(&self, r: usize) -> __m512i {
        // SAFETY: bytes beyond the row are not read.
        unsafe { _mm512_maskz_loadu_epi8(self.rest, self.start.add(r * self.length + self.whole).cast()) }
    }

    /// The bytes of a query, which is as long as a row, from `at` on: 64, or the last ones and
    /// zeros.
    #[target_feature(enable = "avx512f,avx512bw")]
    #[inline]
    pub(super) fn load_query<T>(&self, query: &[T], at: usize) -> __m512i {
        const { assert!(size_of::<T>() == 1) };
        let bytes = &query[at..];
        let mask = if at < self.whole { !0 } else { self.rest };
        assert!(64 - mask.leading_zeros() as usize <= bytes.len(), "the query is as long as a row");
        // SAFETY: the bytes of the mask are there.
        unsafe { _mm512_maskz_loadu_epi8(mask, bytes.as_ptr().cast()) }
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
#[allow(clippy::needless_range_loop, reason = "constant bounds over registers, which unroll")]
pub(super) unsafe fn i8_products(query: &[i8], rows: &[i8], element_sums: &Sums<i32>, sums: &mut Sums<i32>) {
    let sign = _mm512_set1_epi8(i8::MIN);
    let rows = Rows::of(rows);
    let mut registers = [_mm512_setzero_si512(); BLOCK];
    for at in (0..rows.whole).step_by(BYTES) {
        let unsigned = _mm512_xor_si512(rows.load_query(query, at), sign);
        for r in 0..BLOCK {
            // SAFETY: `r` is below the rows of a block, and `at` below the whole registers.
            registers[r] = _mm512_dpbusd_epi32(registers[r], unsigned, unsafe { rows.load(r, at) });
        }
    }
    if rows.has_rest() {
        let unsigned = _mm512_xor_si512(rows.load_query(query, rows.whole), sign);
        for r in 0..BLOCK {
            // SAFETY: as above.
            registers[r] = _mm512_dpbusd_epi32(registers[r], unsigned, unsafe { rows.load_rest(r) });
        }
    }
    let found = sum_sixteen(&registers);
    for r in 0..BLOCK {
        sums[r] = found[r] - 128 * element_sums[r];
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
#[allow(clippy::needless_range_loop, reason = "constant bounds over registers, which unroll")]
pub(super) unsafe fn i8_row_sums(rows: &[i8], elements: &mut Sums<i32>, squares: &mut Sums<i32>) {
    const HALF: usize = BLOCK / 2;
    let rows = Rows::of(rows);
    for first in [0, HALF] {
        // Eight rows' sums of elements, then their sums of (x + 128) · x.
        let mut registers = [_mm512_setzero_si512(); BLOCK];
        // Row by row: what comes from memory then comes in the order in which it lies there.
        for r in 0..HALF {
            for at in (0..rows.whole).step_by(BYTES) {
                // SAFETY: `r` is below the rows of a block, and `at` below the whole registers.
                let row = unsafe { rows.load(first + r, at) };
                add_row(&mut registers, r, row);
            }
        }
        if rows.has_rest() {
            for r in 0..HALF {
                // SAFETY: as above.
                let row = unsafe { rows.load_rest(first + r) };
                add_row(&mut registers, r, row);
            }
        }
        let found = sum_sixteen(&registers);
        for r in 0..HALF {
            elements[first + r] = found[r];
            squares[first + r] = found[HALF + r] - 128 * found[r];
        }
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
#[inline]
fn add_row(registers: &mut [__m512i; BLOCK], r: usize, row: __m512i) {
    let half = BLOCK / 2;
    registers[r] = _mm512_dpbusd_epi32(registers[r], _mm512_set1_epi8(1), row);
    let unsigned = _mm512_xor_si512(row, _mm512_set1_epi8(i8::MIN));
    registers[half + r] = _mm512_dpbusd_epi32(registers[half + r], unsigned, row);
}
