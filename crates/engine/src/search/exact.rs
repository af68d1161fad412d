//! Keys in double precision, for vectors whose squares float32 can't add up.

use super::Metric;

/// What is compared in float32: vectors whose sum of squares is in this range, and zeros. Products
/// then stay far from the largest float32, and what is lost below the smallest one is nothing
/// beside the sum.
const LEAST_SQUARES: f32 = 1.0 / (1_u128 << 100) as f32;
const MOST_SQUARES: f32 = (1_u128 << 100) as f32;

/// How a vector is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Range {
    /// In float32.
    Ordinary,
    /// In double precision.
    Wide,
    /// Not at all.
    LeftOut,
}

impl Range {
    /// That of a vector, from its sum of squares in float32.
    #[inline]
    pub(super) fn of(metric: Metric, squares: f32, vector: &[f32]) -> Self {
        if (LEAST_SQUARES..=MOST_SQUARES).contains(&squares) {
            Self::Ordinary
        } else {
            Self::of_unusual(metric, vector)
        }
    }

    #[cold]
    fn of_unusual(metric: Metric, vector: &[f32]) -> Self {
        if vector.iter().all(|&element| element == 0.0) {
            if metric == Metric::Cosine { Self::LeftOut } else { Self::Ordinary }
        } else if vector.iter().all(|element| element.is_finite()) {
            Self::Wide
        } else {
            Self::LeftOut
        }
    }
}

/// The key of two finite vectors, neither of them zero where the metric is cosine.
pub(super) fn key(metric: Metric, query: &[f32], row: &[f32]) -> f32 {
    let pairs = || query.iter().zip(row).map(|(&a, &b)| (f64::from(a), f64::from(b)));
    let key = match metric {
        Metric::Cosine => {
            let [product, query, row] =
                pairs().fold([0.0; 3], |[product, query, row], (a, b)| [product + a * b, query + a * a, row + b * b]);
            (product / (query.sqrt() * row.sqrt())).clamp(-1.0, 1.0)
        }
        Metric::Dot => pairs().map(|(a, b)| a * b).sum(),
        Metric::Euclidean => -pairs().map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt(),
        Metric::Hamming => unreachable!("bits have no squares"),
    };
    (key as f32).clamp(-f32::MAX, f32::MAX) + 0.0
}
