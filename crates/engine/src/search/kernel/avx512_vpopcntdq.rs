//! Counting bits on CPUs with AVX-512 VPOPCNTDQ.

use std::arch::x86_64::{
    _mm256_loadu_si256, _mm512_add_epi64, _mm512_broadcast_i64x4, _mm512_castps_si512, _mm512_castsi512_ps,
    _mm512_loadu_si512, _mm512_permutexvar_epi32, _mm512_popcnt_epi64, _mm512_setr_epi32, _mm512_setzero_ps,
    _mm512_setzero_si512, _mm512_storeu_si512, _mm512_xor_si512,
};

use super::avx512::sums_of_halves;
use super::avx512_vnni::{BYTES, Rows, add, sum_sixteen};
use super::block::{BLOCK, Sums};

#[target_feature(enable = "avx512f,avx512bw,avx512vpopcntdq")]
#[allow(clippy::needless_range_loop, reason = "constant bounds over registers, which unroll")]
pub(super) unsafe fn differing_bits(query: &[u8], rows: &[u8], counts: &mut Sums<u32>) {
    // 256 dimensions.
    if let (Ok(query), Ok(rows)) = (query.try_into(), rows.try_into()) {
        return differing_bits_of_256(query, rows, counts);
    }
    let rows = Rows::of(rows);
    let mut registers = [_mm512_setzero_si512(); BLOCK];
    for at in (0..rows.whole).step_by(BYTES) {
        let wanted = rows.load_query(query, at);
        for r in 0..BLOCK {
            // SAFETY: `r` is below the rows of a block, and `at` below the whole registers.
            let bits = _mm512_xor_si512(wanted, unsafe { rows.load(r, at) });
            registers[r] = _mm512_add_epi64(registers[r], _mm512_popcnt_epi64(bits));
        }
    }
    if rows.has_rest() {
        let wanted = rows.load_query(query, rows.whole);
        for r in 0..BLOCK {
            // SAFETY: as above.
            let bits = _mm512_xor_si512(wanted, unsafe { rows.load_rest(r) });
            registers[r] = _mm512_add_epi64(registers[r], _mm512_popcnt_epi64(bits));
        }
    }
    // Each 64-bit lane has less than 2^32 in it: its upper half adds nothing.
    *counts = sum_sixteen(&registers).map(|count| count as u32);
}

/// Two rows a register.
#[target_feature(enable = "avx512f,avx512vpopcntdq")]
#[allow(clippy::needless_range_loop, reason = "constant bounds over registers, which unroll")]
fn differing_bits_of_256(query: &[u8; 32], rows: &[u8; 512], counts: &mut Sums<u32>) {
    // SAFETY: the array has 32 bytes, and the load needs no alignment.
    let wanted = _mm512_broadcast_i64x4(unsafe { _mm256_loadu_si256(query.as_ptr().cast()) });
    let mut halves = [_mm512_setzero_ps(); 8];
    for (half, rows) in halves.iter_mut().zip(rows.as_chunks::<64>().0) {
        // SAFETY: the array has 64 bytes, and the load needs no alignment.
        let rows = unsafe { _mm512_loadu_si512(rows.as_ptr().cast()) };
        *half = _mm512_castsi512_ps(_mm512_popcnt_epi64(_mm512_xor_si512(wanted, rows)));
    }
    let sums = _mm512_castps_si512(sums_of_halves!(halves, add));
    let order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    // SAFETY: there are sixteen counts, and the store needs no alignment.
    unsafe { _mm512_storeu_si512(counts.as_mut_ptr().cast(), _mm512_permutexvar_epi32(order, sums)) };
}
