//! A vector divided by one number, as division rounds, without a division for each element.
//!
//! The quotient by the rounded reciprocal is corrected twice by its remainder, which a fused multiply-add gives exactly. After the first
//! correction it is one of the two floats around the true quotient; then the second rounds it right (Markstein: Computation of
//! elementary functions on the IBM RISC System/6000 processor, 1990, theorem 7), as long as nothing overflows or underflows on the way.

/// Magnitudes from 2^-60 to 2^60: no quotient of two of them, and no remainder, leaves the normal numbers.
const SMALLEST: u32 = (127 - 60) << 23;
const LARGEST: u32 = (127 + 60) << 23;

/// How far a magnitude lies above the smallest one; below it, more than any magnitude does.
#[inline(always)]
fn above_smallest(value: f32) -> u32 {
    (value.to_bits() & !(1 << 31)).wrapping_sub(SMALLEST)
}

/// Divides every element. For functions whose instruction set has a fused multiply-add.
#[inline(always)]
pub(super) fn divide(vector: &mut [f32], divisor: f32) {
    let highest = vector.iter().fold(above_smallest(divisor), |highest, &element| highest.max(above_smallest(element)));
    // Zeros too: a corrected one would lose its sign.
    if highest > LARGEST - SMALLEST {
        return super::scalar::divide(vector, divisor);
    }
    let reciprocal = 1.0 / divisor;
    for element in vector {
        let correct = |quotient: f32| (-quotient).mul_add(divisor, *element).mul_add(reciprocal, quotient);
        *element = correct(correct(*element * reciprocal));
    }
}
