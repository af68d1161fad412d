//! Counting bits on CPUs with AVX-512 VPOPCNTDQ.

use std::arch::x86_64::{_mm512_add_epi64, _mm512_popcnt_epi64, _mm512_setzero_si512, _mm512_xor_si512};

use super::avx512_vnni::{BYTES, Rows, sum_sixteen};
use super::{BLOCK, Block, Sums};

#[target_feature(enable = "avx512f,avx512bw,avx512vpopcntdq")]
#[allow(clippy::needless_range_loop)]
pub(super) unsafe fn differing_bits(query: &[u8], rows: &Block<'_, u8>, counts: &mut Sums<u32>) {
    let rows = Rows::of(rows);
    let mut registers = [_mm512_setzero_si512(); BLOCK];
    for at in (0..rows.whole).step_by(BYTES) {
        let wanted = rows.load_query(query, at);
        for r in 0..BLOCK {
            // SAFETY: the caller has checked the lengths.
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
