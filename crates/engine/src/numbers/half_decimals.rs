//! The shortest decimals of half-precision numbers.
//!
//! The shortest decimal that reads back to the same half has at most five digits, so it is also the
//! shortest decimal of the float32 that is nearest to it. Each half therefore has a float32 whose
//! text is the half's: it is found when the half is first met, and kept.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::float16;

/// The two half-precision formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HalfFormat {
    /// IEEE half precision.
    Float16,
    /// The upper half of a float32.
    BFloat16,
}

const PATTERNS: usize = 1 << 15;

/// The bits of the float32 of each positive half; 0 where it was not met yet. A quarter of a
/// megabyte that the system provides when it is used.
static FLOAT16: [AtomicU32; PATTERNS] = [const { AtomicU32::new(0) }; PATTERNS];
static BFLOAT16: [AtomicU32; PATTERNS] = [const { AtomicU32::new(0) }; PATTERNS];

impl HalfFormat {
    /// The value of the bits, exact.
    pub(crate) fn value(self, bits: u16) -> f32 {
        match self {
            Self::Float16 => float16::to_f32(bits),
            Self::BFloat16 => f32::from_bits(u32::from(bits) << 16),
        }
    }

    /// The float32 whose shortest decimal is that of the half. NaN and infinities are themselves.
    #[inline]
    pub(crate) fn decimal(self, bits: u16) -> f32 {
        let table = match self {
            Self::Float16 => &FLOAT16,
            Self::BFloat16 => &BFLOAT16,
        };
        let entry = &table[usize::from(bits & 0x7fff)];
        let mut magnitude = entry.load(Ordering::Relaxed);
        if magnitude == 0 {
            magnitude = self.find(bits & 0x7fff).to_bits();
            // Every thread finds the same.
            entry.store(magnitude, Ordering::Relaxed);
        }
        f32::from_bits(magnitude | u32::from(bits & 0x8000) << 16)
    }

    /// [`Self::decimal`] of a half without a sign.
    #[cold]
    fn find(self, bits: u16) -> f32 {
        let value = self.value(bits);
        if value == 0.0 || !value.is_finite() {
            return value;
        }
        for digits in 0..9 {
            let nearest = format!("{value:.digits$e}");
            // Above a power of two the halves lie twice as far apart as below it: the next decimal
            // up may read back where the nearest one, below, does not.
            for decimal in [nearest.clone(), next_up(&nearest)] {
                let double: f64 = decimal.parse().expect("a decimal number");
                if self.nearest(double) == bits {
                    return decimal.parse().expect("a decimal number");
                }
            }
        }
        value
    }

    /// The bits of the half that is nearest, ties to even.
    fn nearest(self, value: f64) -> u16 {
        match self {
            Self::Float16 => float16::from_f64(value),
            Self::BFloat16 => {
                // For decimals of few digits, rounding to single first changes nothing: they are
                // never that near to the middle of two halves without being it. The test of all
                // halves shows it.
                let bits = (value as f32).to_bits();
                ((bits + 0x7fff + ((bits >> 16) & 1)) >> 16) as u16
            }
        }
    }
}

/// `d.ddde±x` with its last digit raised by one.
fn next_up(decimal: &str) -> String {
    let (mantissa, exponent) = decimal.split_once('e').expect("scientific notation");
    let places = mantissa.len().saturating_sub(2);
    let digits: u64 = mantissa.replace('.', "").parse().expect("digits");
    let exponent: i32 = exponent.parse().expect("an exponent");
    format!("{}e{}", digits + 1, exponent - places as i32)
}

#[cfg(test)]
mod tests {
    use super::HalfFormat::{self, BFloat16, Float16};

    fn reads_back(format: HalfFormat, text: &str) -> u16 {
        format.nearest(text.parse().unwrap())
    }

    fn digit_count(text: &str) -> usize {
        let mantissa = text.split('e').next().unwrap().replace(['.', '-'], "");
        mantissa.trim_start_matches('0').trim_end_matches('0').len()
    }

    #[test]
    fn every_half_has_a_decimal_that_reads_back_and_none_of_fewer_digits_does() {
        for format in [Float16, BFloat16] {
            for bits in 0..=u16::MAX {
                let value = format.value(bits);
                if !value.is_finite() {
                    assert!(!format.decimal(bits).is_finite());
                    continue;
                }
                let text = zmij::Buffer::new().format_finite(format.decimal(bits)).to_owned();
                assert_eq!(reads_back(format, &text), bits, "{format:?} {bits:#06x} {text}");
                // Also for readers that make a float32 of it first.
                let single: f32 = text.parse().unwrap();
                assert_eq!(format.nearest(f64::from(single)), bits, "{format:?} {bits:#06x} {text} by way of float32");
                let digits = digit_count(&text);
                assert!(digits <= 5, "{format:?} {text}");
                if digits > 1 {
                    let shorter = format!("{:.*e}", digits - 2, value.abs());
                    for other in [shorter.clone(), super::next_up(&shorter), next_down(&shorter)] {
                        assert_ne!(reads_back(format, &other), bits & 0x7fff, "{format:?} {text} could be {other}");
                    }
                }
            }
        }
    }

    fn next_down(decimal: &str) -> String {
        let (mantissa, exponent) = decimal.split_once('e').unwrap();
        let places = mantissa.len().saturating_sub(2) as i32;
        let digits: u64 = mantissa.replace('.', "").parse().unwrap();
        format!("{}e{}", digits - 1, exponent.parse::<i32>().unwrap() - places)
    }
}
