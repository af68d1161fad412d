//! numpy's pairwise sum, in numpy's order, on which the Euclidean norm of a vector depends (numpy
//! 2.4, loops_utils.h, `pairwise_sum`).

use crate::interrupt::{STEP_BYTES, check};

/// Up to this many values are summed in one block; more are halved first (numpy's `PW_BLOCKSIZE`).
pub(crate) const PAIRWISE_BLOCK: usize = 128;

/// Added to a norm before the division by it, so that a vector of zeros stays zeros (model2vec
/// 0.10.0, model.py, `_encode_batch`).
pub(crate) const EPSILON: f32 = 1e-32;

/// numpy's pairwise sum of `map(value)`: up to [`PAIRWISE_BLOCK`] values in eight accumulators,
/// more in two halves. Single and double precision follow the same order.
pub(crate) fn pairwise_sum<T, N>(values: &[T], map: &impl Fn(T) -> N) -> N
where
    T: Copy,
    N: Copy + Default + std::ops::Add<Output = N>,
{
    if values.len() <= PAIRWISE_BLOCK {
        return sum_of_block(values, map);
    }
    if values.len() >= STEP_BYTES {
        check();
    }
    let (low, high) = halves(values);
    pairwise_sum(low, map) + pairwise_sum(high, map)
}

/// The two halves of more than [`PAIRWISE_BLOCK`] values; the length of the first is a multiple of
/// 8.
#[inline(always)]
pub(crate) fn halves<T>(values: &[T]) -> (&[T], &[T]) {
    let half = values.len() / 2;
    values.split_at(half - half % 8)
}

/// The sum of at most [`PAIRWISE_BLOCK`] values.
#[inline(always)]
pub(crate) fn sum_of_block<T, N>(values: &[T], map: &impl Fn(T) -> N) -> N
where
    T: Copy,
    N: Copy + Default + std::ops::Add<Output = N>,
{
    if values.len() < 8 {
        return values.iter().fold(N::default(), |sum, &value| sum + map(value));
    }
    let (eights, rest) = values.as_chunks::<8>();
    let mut sums = eights[0].map(map);
    for eight in &eights[1..] {
        for (sum, &value) in sums.iter_mut().zip(eight) {
            *sum = *sum + map(value);
        }
    }
    rest.iter().fold(sum_of_eight(sums), |sum, &value| sum + map(value))
}

/// The sum of eight accumulators, in numpy's order.
#[inline(always)]
pub(crate) fn sum_of_eight<N: std::ops::Add<Output = N>>([s0, s1, s2, s3, s4, s5, s6, s7]: [N; 8]) -> N {
    ((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7))
}
