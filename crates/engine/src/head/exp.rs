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
/// `e^x` is 0 from here down.
const LOWEST: f64 = -746.0;

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

/// `e^x` for `x <= 0`, within two units in the last place of a double; NaN stays NaN.
///
/// `x` is `k · ln 2 + r` with `|r| <= ln 2 / 2`: `e^x` is `2^k · e^r`, and of `e^r` thirteen terms of
/// Taylor's series are enough. There are no branches, so that loops over it are vectorized.
#[inline(always)]
pub(super) fn exp(x: f64) -> f64 {
    let x = if x < LOWEST { LOWEST } else { x };
    let rounded = x * LOG2_E + TO_INTEGER;
    let k = rounded - TO_INTEGER;
    let r = (x - k * LN_2_HIGH) - k * LN_2_LOW;
    let tail = COEFFICIENTS.iter().fold(0.0, |sum, coefficient| sum * r + coefficient);
    let power = 1.0 + (r + r * r * tail);
    // In two steps: 2^k may be smaller than every number.
    let exponent = rounded.to_bits().wrapping_sub(TO_INTEGER.to_bits()) as i64;
    let half = exponent >> 1;
    power * power_of_2(half) * power_of_2(exponent - half)
}

/// `2^exponent` of an exponent from −1022 to 1023.
#[inline(always)]
fn power_of_2(exponent: i64) -> f64 {
    f64::from_bits((exponent.wrapping_add(1023) as u64) << 52)
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
        assert_eq!(exp(f64::NEG_INFINITY), 0.0);
        assert_eq!(exp(f64::MIN), 0.0);
        assert!(exp(f64::NAN).is_nan());
        // Subnormal results.
        assert!((exp(-740.0) - (-740.0_f64).exp()).abs() <= 1e-323);
    }
}
