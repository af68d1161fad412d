//! Scaling a vector to length 1 with numpy's bits: `x / (np.linalg.norm(x) + 1e-32)` in single precision.

/// Divides `vector` by its Euclidean norm plus 1e-32 (model2vec 0.10.0, model.py, `_encode_batch`); zeros stay zeros.
pub(crate) fn normalize(vector: &mut [f32]) {
    let norm = sum_of_squares(vector).sqrt() + 1e-32;
    for element in vector {
        *element /= norm;
    }
}

/// The sum of squares in numpy's order (numpy 2.4, loops_utils.h, `pairwise_sum`).
fn sum_of_squares(vector: &[f32]) -> f32 {
    pairwise_sum(vector, &|element| element * element)
}

/// numpy's pairwise sum of `map(element)`: up to 128 values in eight accumulators, more in two halves, the first a multiple of 8.
///
/// Generic over the number type: single and double precision follow the same order.
pub(crate) fn pairwise_sum<T, N>(values: &[T], map: &impl Fn(T) -> N) -> N
where
    T: Copy,
    N: Copy + Default + std::ops::Add<Output = N>,
{
    let count = values.len();
    if count < 8 {
        return values.iter().fold(N::default(), |sum, &value| sum + map(value));
    }
    if count > 128 {
        let half = count / 2;
        let (low, high) = values.split_at(half - half % 8);
        return pairwise_sum(low, map) + pairwise_sum(high, map);
    }
    let (eights, rest) = values.as_chunks::<8>();
    let mut sums = eights[0].map(map);
    for eight in &eights[1..] {
        for (sum, &value) in sums.iter_mut().zip(eight) {
            *sum = *sum + map(value);
        }
    }
    let [s0, s1, s2, s3, s4, s5, s6, s7] = sums;
    let sum = ((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7));
    rest.iter().fold(sum, |sum, &value| sum + map(value))
}
