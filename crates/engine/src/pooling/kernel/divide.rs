//! Divides a vector by one number, correctly rounded, without a division per dimension.
//!
//! Each dimension is multiplied by the rounded reciprocal. The product is corrected twice by its
//! remainder, which a fused multiply-add gives exactly. The first correction leaves one of the two
//! floats next to the true quotient; the second gives the correctly rounded one (Markstein:
//! Computation of elementary functions on the IBM RISC System/6000 processor, 1990, theorem 7), as
//! long as nothing overflows or underflows on the way.

/// Magnitudes from 2^-60 to 2^60, as bits: every quotient of two of them, and every remainder, is a
/// normal number.
const SMALLEST: u32 = (127 - 60) << 23;
const LARGEST: u32 = (127 + 60) << 23;

/// How far the magnitude of `value` lies above [`SMALLEST`], in bits. Smaller magnitudes wrap
/// around to more than `LARGEST - SMALLEST`.
#[inline(always)]
fn above_smallest(value: f32) -> u32 {
    (value.to_bits() & !(1 << 31)).wrapping_sub(SMALLEST)
}

/// Divides every dimension. Only for functions whose instruction set has a fused multiply-add.
#[inline(always)]
pub(super) fn divide(vector: &mut [f32], divisor: f32) {
    let highest = vector.iter().fold(above_smallest(divisor), |highest, &element| highest.max(above_smallest(element)));
    // Zeros count as too small: the corrections would lose their sign.
    if highest > LARGEST - SMALLEST {
        return super::scalar::divide(vector, divisor);
    }
    let reciprocal = 1.0 / divisor;
    for element in vector {
        let correct = |quotient: f32| (-quotient).mul_add(divisor, *element).mul_add(reciprocal, quotient);
        *element = correct(correct(*element * reciprocal));
    }
}
