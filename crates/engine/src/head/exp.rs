//! The exponential function of numbers that are not positive, the same on every platform: that of
//! the C library differs between libraries.

/// `log2(e)`.
const LOG2_E: f64 = std::f64::consts::LOG2_E;
/// The natural logarithm of 2 in two parts: products of the first with integers below 2^20 are
/// exact (fdlibm, e_exp.c).
const LN_2_HIGH: f64 = 6.931_471_803_691_238e-1;
const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;
/// Adding this to a number below 2^51 rounds it to an integer, which is then in the low bits.
const TO_INTEGER: f64 = 6_755_399_441_055_744.0;
/// Below this, `e^x` is as small as here: 3e-308, which is 0 as a float32, and so in every result.
const LOWEST: f64 = -708.0;

/// `1 / n!` from n = 13 down to 2.
const COEFFICIENTS: [f64; 12] = [
    1.0 / 6_227_020_800.0,
    1.0 / 479_001_600.0,
    1.0 / 39_916_800.0,
    1.0 / 3_628_800.0,
    1.0 / 362_880.0,
    1.0 / 40_320.0,
    1.0 / 5_040.0,
    1.0 / 720.0,
    1.0 / 120.0,
    1.0 / 24.0,
    1.0 / 6.0,
    1.0 / 2.0,
];

/// `e^x` for `x <= 0`, down to −708 within two units in the last place of a double; NaN stays NaN.
///
/// `x` is `k · ln 2 + r` with `|r| <= ln 2 / 2`: `e^x` is `2^k · e^r`, and of `e^r` thirteen terms
/// of Taylor's series are enough. There are no branches, so that loops over it are vectorized.
#[inline(always)]
pub(super) fn exp(x: f64) -> f64 {
    let x = if x < LOWEST { LOWEST } else { x };
    let rounded = x * LOG2_E + TO_INTEGER;
    let k = rounded - TO_INTEGER;
    let r = (x - k * LN_2_HIGH) - k * LN_2_LOW;
    let tail = COEFFICIENTS.iter().fold(0.0, |sum, coefficient| sum * r + coefficient);
    let power = 1.0 + (r + r * r * tail);
    // `k` is in the low bits; the exponent of a double is 1023 more.
    let exponent = rounded.to_bits().wrapping_sub(TO_INTEGER.to_bits()).wrapping_add(1023);
    power * f64::from_bits(exponent << 52)
}

#[cfg(test)]
mod tests {
    use super::exp;

    #[test]
    fn it_is_within_two_units_in_the_last_place_of_the_c_library() {
        let mut random = fastrand::Rng::with_seed(1);
        for round in 0..1_000_000 {
            let x = -random.f64() * [1.0, 20.0, 708.0, 1e-9][round % 4];
            let (found, expected) = (exp(x), x.exp());
            let units = (found.to_bits() as i64 - expected.to_bits() as i64).abs();
            assert!(units <= 2, "e^{x:e} is {found:e}, expected {expected:e}");
        }
    }

    #[test]
    fn it_is_right_at_the_ends() {
        assert_eq!(exp(0.0), 1.0);
        assert_eq!(exp(-0.0), 1.0);
        assert!(exp(f64::NAN).is_nan());
        for x in [-709.0, -746.0, f64::MIN, f64::NEG_INFINITY] {
            assert_eq!(exp(x), exp(-708.0));
            assert_eq!(exp(x) as f32, 0.0);
        }
    }
}
