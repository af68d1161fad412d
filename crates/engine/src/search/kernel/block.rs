//! A block of rows, and the sums over it: what all kernels share.

/// The lanes of a float32 sum.
pub(in crate::search) const LANES: usize = 16;

/// How many rows are compared at once: a block.
pub(in crate::search) const BLOCK: usize = 16;

/// The most dimensions of int8 rows whose sums fit into 32 bits.
pub(in crate::search) const MAX_I8_DIM: usize = 1 << 16;

/// The float32 rows of a block, all of the same length, wherever they lie.
pub(in crate::search) type Block<'a, T> = [&'a [T]; BLOCK];

/// A sum for every row of a block.
pub(in crate::search) type Sums<T> = [T; BLOCK];

/// The length of a query that is filled up to whole [`LANES`].
pub(in crate::search) fn padded(dim: usize) -> usize {
    dim.next_multiple_of(LANES)
}
