//! An element of the table times its token's weight, in numpy's number types.

use crate::float16;
use crate::table::{Elements, Weights};

/// A token's weight.
#[derive(Clone, Copy)]
pub(super) enum Factor {
    Half(u16),
    Single(f32),
    Double(f64),
}

impl Factor {
    /// The weight of token `id`; `None` without weights.
    pub(super) fn of(weights: Option<&Weights>, id: u32) -> Option<Self> {
        weights.map(|weights| match weights {
            Weights::F16(weights) => Self::Half(weights[id as usize]),
            Weights::F32(weights) => Self::Single(weights[id as usize]),
            Weights::F64(weights) => Self::Double(weights[id as usize]),
        })
    }
}

/// An element times its weight, in the type that numpy gives the product. A half-precision product
/// is a `Single` that was rounded to half precision.
#[derive(Clone, Copy)]
pub(super) enum Product {
    Single(f32),
    Double(f64),
}

impl Product {
    #[inline(always)]
    pub(super) fn of(elements: Elements<'_>, index: usize, factor: Factor) -> Self {
        let in_half = |element: f32, factor: u16| {
            // The product is exact in f32: a half has 11 bits, an int8 has 8. So it is rounded
            // once, as by numpy.
            Self::Single(float16::to_f32(float16::from_f32(element * float16::to_f32(factor))))
        };
        match (elements, factor) {
            (Elements::F32(table), Factor::Half(factor)) => Self::Single(table[index] * float16::to_f32(factor)),
            (Elements::F32(table), Factor::Single(factor)) => Self::Single(table[index] * factor),
            (Elements::F32(table), Factor::Double(factor)) => Self::Double(f64::from(table[index]) * factor),
            (Elements::F16(table), Factor::Half(factor)) => in_half(float16::to_f32(table[index]), factor),
            (Elements::F16(table), Factor::Single(factor)) => Self::Single(float16::to_f32(table[index]) * factor),
            (Elements::F16(table), Factor::Double(factor)) => {
                Self::Double(f64::from(float16::to_f32(table[index])) * factor)
            }
            (Elements::I8(table), Factor::Half(factor)) => in_half(f32::from(table[index]), factor),
            (Elements::I8(table), Factor::Single(factor)) => Self::Single(f32::from(table[index]) * factor),
            (Elements::I8(table), Factor::Double(factor)) => Self::Double(f64::from(table[index]) * factor),
            (Elements::F64(table), Factor::Half(factor)) => {
                Self::Double(table[index] * f64::from(float16::to_f32(factor)))
            }
            (Elements::F64(table), Factor::Single(factor)) => Self::Double(table[index] * f64::from(factor)),
            (Elements::F64(table), Factor::Double(factor)) => Self::Double(table[index] * factor),
        }
    }
}
