//! The arithmetic of search: how a query and sixteen rows are compared, one file an instruction
//! set.
//!
//! # The order of a float32 sum
//! A sum of products has sixteen lanes. Lane `l` starts at +0 and takes the elements `l`, `l + 16`,
//! `l + 32`, … in that order, each by a fused multiply-add, which rounds once. A row whose length
//! is no multiple of sixteen counts as padded with zeros. Then the lanes `l` and `l + 8` are added,
//! of the eight sums `l` and `l + 4`, of the four `l` and `l + 2`, and the two that are left. A sum
//! of squared differences is made likewise: each difference is rounded, then squared and added at
//! once.
//!
//! Nothing in this depends on the vector width, on which rows and queries share a tile, or on the
//! thread: every kernel gives the same bits. AVX-512 has the sixteen lanes in one register, AVX2
//! goes over the rows twice with eight of them, NEON four times with four. The scalar kernels
//! compute the fused multiply-add in double precision with a correction, so that they need neither
//! the instruction nor a C library whose `fmaf` is right.
//!
//! Integer sums are exact, in whatever order.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "x86_64")]
mod avx512_vnni;
#[cfg(target_arch = "x86_64")]
mod avx512_vpopcntdq;
mod block;
#[cfg(target_arch = "aarch64")]
mod neon;
mod scalar;
#[cfg(test)]
mod tests;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod tiles;

pub(super) use block::{BLOCK, Block, LANES, MAX_I8_DIM, Sums, padded};

use crate::isa::{InstructionSet, Isa};

/// Sums over the elements of each of `queries` with each row. The queries lie one after the other,
/// each filled up with zeros to a multiple of [`LANES`].
type FloatSums = unsafe fn(queries: &[f32], rows: &Block<'_, f32>, sums: &mut [Sums<f32>]);

/// The same for one query, and the squares of the rows.
type OneFloatSum = unsafe fn(query: &[f32], rows: &Block<'_, f32>, sums: &mut Sums<f32>, squares: &mut Sums<f32>);

/// Sums over the elements of a query with each row, given the sums of the rows' elements.
type I8Products = unsafe fn(query: &[i8], rows: &[i8], element_sums: &Sums<i32>, sums: &mut Sums<i32>);

/// The kernels of one instruction set. Holding a value proves that this CPU supports it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kernels {
    products: FloatSums,
    squared_differences: FloatSums,
    product_and_squares: OneFloatSum,
    squared_difference_and_squares: OneFloatSum,
    squares: unsafe fn(rows: &Block<'_, f32>, sums: &mut Sums<f32>),
    i8_products: I8Products,
    i8_row_sums: unsafe fn(rows: &[i8], elements: &mut Sums<i32>, squares: &mut Sums<i32>),
    differing_bits: unsafe fn(query: &[u8], rows: &[u8], counts: &mut Sums<u32>),
}

impl Kernels {
    /// The fallback of every CPU, and what the others are compared with.
    pub(super) const SCALAR: Self = Self {
        products: scalar::products,
        squared_differences: scalar::squared_differences,
        product_and_squares: scalar::product_and_squares,
        squared_difference_and_squares: scalar::squared_difference_and_squares,
        squares: scalar::squares,
        i8_products: scalar::i8_products,
        i8_row_sums: scalar::i8_row_sums,
        differing_bits: scalar::differing_bits,
    };

    /// The kernels of one instruction set.
    pub(super) fn of(isa: Isa) -> Self {
        macro_rules! kernels_of {
            ($file:ident) => {
                Self {
                    products: $file::products,
                    squared_differences: $file::squared_differences,
                    product_and_squares: $file::product_and_squares,
                    squared_difference_and_squares: $file::squared_difference_and_squares,
                    squares: $file::squares,
                    i8_products: $file::i8_products,
                    i8_row_sums: $file::i8_row_sums,
                    differing_bits: $file::differing_bits,
                }
            };
        }
        match isa.set() {
            InstructionSet::Scalar => Self::SCALAR,
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx2 => kernels_of!(avx2),
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx512 => {
                let mut kernels = Self {
                    products: avx512::products,
                    squared_differences: avx512::squared_differences,
                    product_and_squares: avx512::product_and_squares,
                    squared_difference_and_squares: avx512::squared_difference_and_squares,
                    squares: avx512::squares,
                    ..kernels_of!(avx2)
                };
                // Two extensions that nothing else here needs, and which not every CPU with the
                // others has.
                if is_x86_feature_detected!("avx512vnni") {
                    kernels.i8_products = avx512_vnni::i8_products;
                    kernels.i8_row_sums = avx512_vnni::i8_row_sums;
                }
                if is_x86_feature_detected!("avx512vpopcntdq") {
                    kernels.differing_bits = avx512_vpopcntdq::differing_bits;
                }
                kernels
            }
            #[cfg(target_arch = "aarch64")]
            InstructionSet::Neon => kernels_of!(neon),
        }
    }

    /// The sum of the products of the elements, for each of the queries and each row of a block.
    /// `queries` holds as many as `sums` has.
    pub(super) fn products(&self, queries: &[f32], rows: &Block<'_, f32>, sums: &mut [Sums<f32>]) {
        check_lengths(queries, rows, sums.len());
        // SAFETY: `of` builds the kernels of an instruction set that its argument proves this CPU
        // to have. Lengths are checked above.
        unsafe { (self.products)(queries, rows, sums) }
    }

    /// The sum of the squares of the elements' differences, for each of the queries and each row of
    /// a block.
    pub(super) fn squared_differences(&self, queries: &[f32], rows: &Block<'_, f32>, sums: &mut [Sums<f32>]) {
        check_lengths(queries, rows, sums.len());
        // SAFETY: as in `products`.
        unsafe { (self.squared_differences)(queries, rows, sums) }
    }

    /// [`Self::products`] of one query and [`Self::squares`], for which the rows are read once.
    pub(super) fn product_and_squares(&self, query: &[f32], rows: &Block<'_, f32>) -> (Sums<f32>, Sums<f32>) {
        check_lengths(query, rows, 1);
        let (mut sums, mut squares) = ([0.0; BLOCK], [0.0; BLOCK]);
        // SAFETY: as in `products`.
        unsafe { (self.product_and_squares)(query, rows, &mut sums, &mut squares) };
        (sums, squares)
    }

    /// [`Self::squared_differences`] of one query and [`Self::squares`], for which the rows are
    /// read once.
    pub(super) fn squared_difference_and_squares(
        &self,
        query: &[f32],
        rows: &Block<'_, f32>,
    ) -> (Sums<f32>, Sums<f32>) {
        check_lengths(query, rows, 1);
        let (mut sums, mut squares) = ([0.0; BLOCK], [0.0; BLOCK]);
        // SAFETY: as in `products`.
        unsafe { (self.squared_difference_and_squares)(query, rows, &mut sums, &mut squares) };
        (sums, squares)
    }

    /// The sum of the squares of each row's elements: the [`products`](Self::products) of the row
    /// with itself.
    pub(super) fn squares(&self, rows: &Block<'_, f32>) -> Sums<f32> {
        check_equal(rows, rows[0].len());
        let mut sums = [0.0; BLOCK];
        // SAFETY: as in `products`.
        unsafe { (self.squares)(rows, &mut sums) };
        sums
    }

    /// The sum of the products of the elements of `query` and of each row; the rows of bytes lie
    /// one after the other. `element_sums` is what [`Self::i8_row_sums`] gave.
    pub(super) fn i8_products(&self, query: &[i8], rows: &[i8], element_sums: &Sums<i32>) -> Sums<i32> {
        assert!(!query.is_empty() && rows.len() == BLOCK * query.len(), "a block of rows as long as the query");
        assert!(query.len() <= MAX_I8_DIM, "sums fit into 32 bits");
        let mut sums = [0; BLOCK];
        // SAFETY: as in `products`.
        unsafe { (self.i8_products)(query, rows, element_sums, &mut sums) };
        sums
    }

    /// The sum of each row's elements, and that of their squares.
    pub(super) fn i8_row_sums(&self, rows: &[i8]) -> (Sums<i32>, Sums<i32>) {
        assert!(rows.len() <= BLOCK * MAX_I8_DIM, "sums fit into 32 bits");
        assert!(!rows.is_empty() && rows.len().is_multiple_of(BLOCK), "a block of rows");
        let (mut elements, mut squares) = ([0; BLOCK], [0; BLOCK]);
        // SAFETY: as in `products`.
        unsafe { (self.i8_row_sums)(rows, &mut elements, &mut squares) };
        (elements, squares)
    }

    /// In how many bits `query` and each row differ.
    pub(super) fn differing_bits(&self, query: &[u8], rows: &[u8]) -> Sums<u32> {
        assert!(!query.is_empty() && rows.len() == BLOCK * query.len(), "a block of rows as long as the query");
        let mut counts = [0; BLOCK];
        // SAFETY: as in `products`.
        unsafe { (self.differing_bits)(query, rows, &mut counts) };
        counts
    }
}

/// The kernels read as many elements of every row as the first one has, and of every query that
/// many filled up to [`LANES`].
fn check_lengths(queries: &[f32], rows: &Block<'_, f32>, query_count: usize) {
    let dim = rows[0].len();
    check_equal(rows, dim);
    assert_eq!(queries.len(), query_count * padded(dim), "a query is as long as a row");
}

fn check_equal<T>(rows: &Block<'_, T>, length: usize) {
    assert!(rows.iter().all(|row| row.len() == length), "all rows are equally long");
}
