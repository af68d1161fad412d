//! The fused multiply-add in single precision, without its instruction, for kernels that have to
//! give the bits of those that use it.

/// `sum + a · b`, rounded once.
///
/// The product is exact in double precision. Their sum, rounded to odd, keeps what the rounding to
/// single precision needs to know.
#[inline(always)]
pub(crate) fn add_product(sum: f32, a: f32, b: f32) -> f32 {
    let (sum, product) = (f64::from(sum), f64::from(a) * f64::from(b));
    let rounded = sum + product;
    // What the rounding left out, exact (Knuth's two-sum).
    let part = rounded - sum;
    let error = (sum - (rounded - part)) + (product - part);
    let bits = rounded.to_bits();
    // An inexact result of even bits becomes its odd neighbor on the side of the exact sum.
    let is_settled = error == 0.0 || bits & 1 == 1 || !rounded.is_finite();
    let is_away = (error > 0.0) == (rounded > 0.0);
    let odd = if is_away { bits.wrapping_add(1) } else { bits.wrapping_sub(1) };
    f64::from_bits(if is_settled { bits } else { odd }) as f32
}

#[cfg(test)]
mod tests {
    use super::add_product;

    /// `f32::mul_add` is the C library's `fmaf`, right on the machines that tests run on.
    #[test]
    fn the_fused_multiply_add_is_that_of_the_processor() {
        let mut state = 0x2545_f491_4f6c_dd1d_u64;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        };
        for round in 0..3_000_000 {
            let (a, b) = (f32::from_bits(next() as u32), f32::from_bits((next() >> 32) as u32));
            // Every pattern, and sums of the product's magnitude, where bits cancel.
            let sum = match round % 3 {
                0 => f32::from_bits(next() as u32),
                1 => -(a * b),
                _ => -(a * b) * (1.0 + (next() % 64) as f32 / 8_388_608.0),
            };
            let (found, expected) = (add_product(sum, a, b), a.mul_add(b, sum));
            assert!(
                found.to_bits() == expected.to_bits() || (found.is_nan() && expected.is_nan()),
                "{sum:e} + {a:e} · {b:e}: {found:e}, not {expected:e}"
            );
        }
    }
}
