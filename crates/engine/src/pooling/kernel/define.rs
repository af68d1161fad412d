//! Defines the kernels of an instruction set from the loops that all of them share.

/// Defines all kernels of an instruction set from its target features, the number of registers in a
/// block, its [`Eight`](super::squares::Eight), its [`Quotients`](super::unit_mean::Quotients), and
/// its [`Lanes`] for each element type.
macro_rules! kernels {
    (
        $features:literal, $registers:literal, $eight:ident, $singles:ident,
        $($name:ident: $lanes:ident, $element:ty => $sum:ty;)*
    ) => {
        $(
            #[target_feature(enable = $features)]
            pub(super) fn $name(table: &[$element], dim: usize, row_ids: &[u32], sums: &mut [$sum]) {
                $crate::pooling::kernel::blocks::add_rows::<$lanes, $registers>(table, dim, row_ids, sums);
            }
        )*

        /// See [`Kernels::divide`](super::Kernels::divide).
        #[target_feature(enable = $features)]
        pub(super) fn divide(vector: &mut [f32], divisor: f32) {
            super::divide::divide(vector, divisor);
        }

        /// See [`Kernels::normalize`](super::Kernels::normalize).
        #[target_feature(enable = $features)]
        pub(super) fn normalize(vector: &mut [f32]) {
            let norm = sum_of_squares(vector).sqrt();
            divide(vector, norm + $crate::pooling::norm::EPSILON);
        }

        /// See [`Kernels::unit_mean_f32`](super::Kernels::unit_mean_f32).
        #[target_feature(enable = $features)]
        pub(super) fn unit_mean_f32(table: &[f32], dim: usize, row_ids: &[u32], vector: &mut [f32]) -> bool {
            if !$crate::pooling::kernel::unit_mean::means::<$singles, $registers>(table, dim, row_ids, vector) {
                return false;
            }
            let norm = sum_of_squares(vector).sqrt();
            let is_divisor = $crate::pooling::kernel::unit_mean::is_divisor(norm);
            if is_divisor {
                $crate::pooling::kernel::unit_mean::divide::<$singles>(vector, norm + $crate::pooling::norm::EPSILON);
            }
            is_divisor
        }

        /// numpy's pairwise sum of the squares, as in `norm.rs`.
        #[target_feature(enable = $features)]
        fn sum_of_squares(values: &[f32]) -> f32 {
            if values.len() <= $crate::pooling::norm::PAIRWISE_BLOCK {
                return $crate::pooling::kernel::squares::sum_of_block_of_squares::<$eight>(values);
            }
            let (low, high) = $crate::pooling::norm::halves(values);
            sum_of_squares(low) + sum_of_squares(high)
        }
    };
}
pub(super) use kernels;
