//! The sum of a vector's squares in numpy's order. Its eight accumulators side by side are one
//! register of eight lanes, or two of four.

use crate::pooling::norm::{sum_of_block, sum_of_eight};

/// Eight single-precision lanes.
///
/// The methods are inlined into functions that have the instruction set's target features, and must
/// not be called from elsewhere.
pub(super) trait Eight: Copy {
    fn squares(values: &[f32; 8]) -> Self;
    fn add(self, other: Self) -> Self;
    fn to_array(self) -> [f32; 8];
}

/// Defines an [`Eight`] of `$count` registers, whose `$load` and `$store` take pointers to their
/// single-precision lanes.
macro_rules! eight {
    ($name:ident, $register:ty, $count:literal, $load:expr, $store:expr, $multiply:expr, $add:expr) => {
        #[derive(Clone, Copy)]
        struct $name([$register; $count]);
        impl $crate::pooling::kernel::squares::Eight for $name {
            #[inline(always)]
            fn squares(values: &[f32; 8]) -> Self {
                let lanes = values.as_chunks::<{ 8 / $count }>().0;
                Self(std::array::from_fn(|register| {
                    // SAFETY: the chunk has as many floats as a register has lanes, and the load
                    // needs no alignment. The CPU has the instructions, because the methods are
                    // called only in the kernels of their file, which have its target features.
                    unsafe {
                        let values = $load(lanes[register].as_ptr());
                        $multiply(values, values)
                    }
                }))
            }
            #[inline(always)]
            fn add(self, other: Self) -> Self {
                // SAFETY: as in `squares`.
                Self(std::array::from_fn(|register| unsafe { $add(self.0[register], other.0[register]) }))
            }
            #[inline(always)]
            fn to_array(self) -> [f32; 8] {
                let mut sums = [0.0; 8];
                for (sums, register) in sums.as_chunks_mut::<{ 8 / $count }>().0.iter_mut().zip(self.0) {
                    // SAFETY: as in `squares`, for the store.
                    unsafe { $store(sums.as_mut_ptr(), register) };
                }
                sums
            }
        }
    };
}
pub(super) use eight;

/// The sum of the squares of at most [`PAIRWISE_BLOCK`](crate::pooling::norm::PAIRWISE_BLOCK)
/// values.
#[inline(always)]
pub(super) fn sum_of_block_of_squares<E: Eight>(values: &[f32]) -> f32 {
    let (eights, rest) = values.as_chunks::<8>();
    let Some((first, others)) = eights.split_first() else {
        return sum_of_block(values, &|element| element * element);
    };
    let sums = others.iter().fold(E::squares(first), |sums, eight| sums.add(E::squares(eight)));
    rest.iter().fold(sum_of_eight(sums.to_array()), |sum, element| sum + element * element)
}
