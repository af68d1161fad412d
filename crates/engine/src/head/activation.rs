//! What comes after the last layer (model2vec 0.10.0, inference/mlp.py, `_softmax`, `_sigmoid`).

use crate::float16::{from_f32, from_f64, to_f32};
use crate::head::exp::exp;

/// The activation of a head.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Activation {
    /// Exactly one class per text: probabilities whose sum is 1.
    Softmax,
    /// Any number of classes per text: a probability for each.
    Sigmoid,
    /// None: the scores are the result, as those of a regression or a projection.
    Identity,
}

impl Activation {
    const ALL: [Self; 3] = [Self::Softmax, Self::Sigmoid, Self::Identity];

    /// The name in `head_config`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Softmax => "softmax",
            Self::Sigmoid => "sigmoid",
            Self::Identity => "identity",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|activation| activation.name() == name)
    }

    /// Replaces the scores of one row, whose number type is `R`'s.
    pub(super) fn activate<R: Rounding>(self, row: &mut [R::Number]) {
        match self {
            Self::Softmax => softmax::<R>(row),
            Self::Sigmoid => row.iter_mut().for_each(|score| *score = R::of(sigmoid::<R>((*score).into()))),
            Self::Identity => {}
        }
    }
}

/// How numpy rounds after each operation of a number type.
pub(super) trait Rounding {
    /// The type that holds the numbers.
    type Number: Copy + Into<f64>;
    /// The nearest number of the type.
    fn of(value: f64) -> Self::Number;
    /// The same, as a double.
    fn round(value: f64) -> f64 {
        Self::of(value).into()
    }
}

/// float16, whose numbers are held as float32.
pub(super) struct Half;
/// float32.
pub(super) struct Single;
/// float64.
pub(super) struct Double;

impl Rounding for Half {
    type Number = f32;
    #[inline(always)]
    fn of(value: f64) -> f32 {
        to_f32(from_f64(value))
    }
}

impl Rounding for Single {
    type Number = f32;
    #[inline(always)]
    fn of(value: f64) -> f32 {
        value as f32
    }
}

impl Rounding for Double {
    type Number = f64;
    #[inline(always)]
    fn of(value: f64) -> f64 {
        value
    }
}

/// The nearest half-precision number.
#[inline(always)]
pub(super) fn round_to_half(value: f32) -> f32 {
    to_f32(from_f32(value))
}

/// The largest score, or NaN if there is one, is subtracted first, so that no power overflows. In
/// double precision the sum of rounded powers is exact, or nearly so: numpy sums pairwise in the
/// number type.
fn softmax<R: Rounding>(row: &mut [R::Number]) {
    let largest = row.iter().fold(f64::NEG_INFINITY, |largest, &score| {
        let score: f64 = score.into();
        if score > largest || score.is_nan() { score } else { largest }
    });
    // Without the sum, which has an order, the loop is vectorized.
    for score in row.iter_mut() {
        *score = R::of(exp(R::round((*score).into() - largest)));
    }
    let (fours, rest) = row.as_chunks::<4>();
    let mut sums = [0.0; 4];
    for powers in fours {
        for (sum, &power) in sums.iter_mut().zip(powers) {
            *sum += power.into();
        }
    }
    for (sum, &power) in sums.iter_mut().zip(rest) {
        *sum += power.into();
    }
    let sum = R::round((sums[0] + sums[2]) + (sums[1] + sums[3]));
    for power in row {
        *power = R::of((*power).into() / sum);
    }
}

/// Stable on both sides of 0: no power is larger than 1.
#[inline(always)]
fn sigmoid<R: Rounding>(score: f64) -> f64 {
    let power = R::round(exp(-score.abs()));
    let numerator = if score >= 0.0 { 1.0 } else { power };
    numerator / R::round(1.0 + power)
}
