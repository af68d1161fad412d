//! numpy's sums, in numpy's order: what the Euclidean norm of a vector is made of (numpy 2.4, loops_utils.h, `pairwise_sum`).

/// As many values are summed without being halved.
pub(crate) const FEW: usize = 128;

/// Added to a norm before the division by it (model2vec 0.10.0, model.py, `_encode_batch`): zeros stay zeros.
pub(crate) const EPSILON: f32 = 1e-32;

/// numpy's pairwise sum of `map(element)`: up to 128 values in eight accumulators, more in two halves.
///
/// Generic over the number type: single and double precision follow the same order.
pub(crate) fn pairwise_sum<T, N>(values: &[T], map: &impl Fn(T) -> N) -> N
where
    T: Copy,
    N: Copy + Default + std::ops::Add<Output = N>,
{
    if values.len() <= FEW {
        return sum_of_few(values, map);
    }
    let (low, high) = halves(values);
    pairwise_sum(low, map) + pairwise_sum(high, map)
}

/// More than [`FEW`] values in two halves, the first a multiple of 8.
#[inline(always)]
pub(crate) fn halves<T>(values: &[T]) -> (&[T], &[T]) {
    let half = values.len() / 2;
    values.split_at(half - half % 8)
}

/// The sum of at most [`FEW`] values.
#[inline(always)]
pub(crate) fn sum_of_few<T, N>(values: &[T], map: &impl Fn(T) -> N) -> N
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

/// The sum of eight accumulators.
#[inline(always)]
pub(crate) fn sum_of_eight<N: std::ops::Add<Output = N>>([s0, s1, s2, s3, s4, s5, s6, s7]: [N; 8]) -> N {
    ((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7))
}
