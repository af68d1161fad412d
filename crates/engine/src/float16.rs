//! IEEE half precision: conversions that round to nearest even, as numpy's do.

/// The value of half-precision bits, exact.
#[inline]
pub(crate) fn to_f32(bits: u16) -> f32 {
    let sign = u32::from(bits & 0x8000) << 16;
    let exponent = u32::from(bits >> 10) & 0x1f;
    let fraction = u32::from(bits & 0x03ff);
    let magnitude = match exponent {
        // Zero and subnormals: fraction × 2^-24, exact in single precision.
        0 => (fraction as f32 * (1.0 / 16_777_216.0)).to_bits(),
        // Infinity, and NaN made quiet as the hardware's conversion does.
        0x1f => 0x7f80_0000 | (fraction << 13) | (u32::from(fraction != 0) << 22),
        _ => ((exponent + 112) << 23) | (fraction << 13),
    };
    f32::from_bits(sign | magnitude)
}

/// The half-precision bits nearest to `value`, ties to even.
#[inline]
pub(crate) fn from_f32(value: f32) -> u16 {
    let bits = value.to_bits();
    let sign = (bits >> 16) as u16 & 0x8000;
    let magnitude = bits & 0x7fff_ffff;
    if magnitude > 0x7f80_0000 {
        return sign | 0x7e00 | (magnitude >> 13) as u16 & 0x03ff;
    }
    // 65,520 and above round to infinity.
    if magnitude >= 0x477f_f000 {
        return sign | 0x7c00;
    }
    // Below 2^-14 the result is subnormal: adding 0.5 leaves fraction × 2^24, rounded to even, in the low bits.
    if magnitude < 0x3880_0000 {
        let shifted = f32::from_bits(magnitude) + 0.5;
        return sign | (shifted.to_bits() - 0.5_f32.to_bits()) as u16;
    }
    let odd = (magnitude >> 13) & 1;
    sign | ((magnitude + 0x0fff + odd - (112 << 23)) >> 13) as u16
}

/// The half-precision bits nearest to `value`, ties to even, rounded once.
#[inline]
pub(crate) fn from_f64(value: f64) -> u16 {
    // Rounding to single by "round to odd" keeps what the second rounding needs to know, so both together round once.
    let single = value as f32;
    let back = f64::from(single);
    let bits = single.to_bits();
    let odd = if back == value || value.is_nan() || single.is_infinite() {
        bits
    } else if back.abs() > value.abs() {
        // Rounded away from zero: the truncated neighbor, made odd.
        (bits - 1) | 1
    } else {
        bits | 1
    };
    from_f32(f32::from_bits(odd))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_half_survives_the_way_to_single_and_double_and_back() {
        for bits in 0..=u16::MAX {
            let value = to_f32(bits);
            if value.is_nan() {
                assert!(bits & 0x7c00 == 0x7c00 && bits & 0x03ff != 0);
                continue;
            }
            assert_eq!(from_f32(value), bits);
            assert_eq!(from_f64(f64::from(value)), bits);
        }
    }

    #[test]
    fn midpoints_round_to_even_and_their_neighbors_to_the_nearer_half() {
        for bits in 0..0x7bff_u16 {
            let (low, high) = (f64::from(to_f32(bits)), f64::from(to_f32(bits + 1)));
            let middle = (low + high) / 2.0;
            let even = if bits & 1 == 0 { bits } else { bits + 1 };
            assert_eq!(from_f32(middle as f32), even);
            assert_eq!(from_f64(middle), even);
            assert_eq!(from_f64(middle.next_down()), bits, "just below the middle above {bits:#06x}");
            assert_eq!(from_f64(middle.next_up()), bits + 1, "just above the middle above {bits:#06x}");
            assert_eq!(from_f32((middle as f32).next_down()), bits);
            assert_eq!(from_f32((middle as f32).next_up()), bits + 1);
        }
    }

    #[test]
    fn values_beyond_the_largest_half_become_infinite_as_in_numpy() {
        // numpy 2.4.6: np.float32(65519.996).astype(np.float16).view(np.uint16) == 0x7bff, 65520 == 0x7c00.
        assert_eq!(from_f32(65_519.996), 0x7bff);
        assert_eq!(from_f32(65_520.0), 0x7c00);
        assert_eq!(from_f64(-65_520.0), 0xfc00);
        assert_eq!(from_f64(65_519.999_999), 0x7bff);
        assert_eq!(from_f64(1e300), 0x7c00);
        assert_eq!(from_f64(1e-300), 0);
        assert_eq!(from_f64(f64::from_bits(1)), 0);
    }
}
