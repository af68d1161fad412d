//! Float32 sums of several queries and rows at once, whose lanes stay in registers: the loops that
//! every instruction set shares.
//!
//! A tile is a few queries and rows; each of its pairs has one register of lanes. Where a register
//! has fewer than sixteen lanes, the loop over the elements is gone through once for each part of
//! the lanes.

use std::marker::PhantomData;

use super::block::{BLOCK, Block, LANES, Sums, padded};

/// A register of lanes.
///
/// # Safety
/// The methods are inlined into functions that have the instruction set's target features, and are
/// called from nowhere else.
pub(super) trait Vector: Copy {
    /// How many lanes it has: 16 or a divisor of it.
    const LANES: usize;
    fn zero() -> Self;
    /// # Safety
    /// [`Self::LANES`] elements can be read from `elements`, at any alignment of an element.
    unsafe fn load(elements: *const f32) -> Self;
    /// The first `count` elements, and zeros.
    ///
    /// # Safety
    /// As for [`Self::load`], for `count` elements, which are at most as many as there are lanes.
    unsafe fn load_some(elements: *const f32, count: usize) -> Self;
    fn subtract(self, other: Self) -> Self;
    /// `self + a · b`, rounded once.
    fn add_product(self, a: Self, b: Self) -> Self;
    /// The lanes in order.
    fn store(self, lanes: &mut [f32]);
    /// Whether there is [`Self::sixteen_sums`].
    const SUMS_SIXTEEN: bool = false;
    /// The sums of sixteen registers, each of which has all lanes of a pair.
    fn sixteen_sums(registers: [Self; 16]) -> [f32; 16] {
        let _ = registers;
        unreachable!("registers have fewer lanes")
    }
}

/// What is added for a pair of elements.
pub(super) trait Term {
    /// `place` is that of the query in its tile.
    fn add<V: Vector>(place: usize, sum: V, query: V, row: V) -> V;
}

/// The product.
pub(super) struct Product;

impl Term for Product {
    #[inline(always)]
    fn add<V: Vector>(_: usize, sum: V, query: V, row: V) -> V {
        sum.add_product(query, row)
    }
}

/// The square of the difference.
pub(super) struct SquaredDifference;

impl Term for SquaredDifference {
    #[inline(always)]
    fn add<V: Vector>(_: usize, sum: V, query: V, row: V) -> V {
        let difference = query.subtract(row);
        sum.add_product(difference, difference)
    }
}

/// The square of the row's element, whatever the query.
struct Square;

impl Term for Square {
    #[inline(always)]
    fn add<V: Vector>(_: usize, sum: V, _: V, row: V) -> V {
        sum.add_product(row, row)
    }
}

/// A term for the first query of a tile, and the square of the row's element for the second.
struct WithSquares<T>(PhantomData<T>);

impl<T: Term> Term for WithSquares<T> {
    #[inline(always)]
    fn add<V: Vector>(place: usize, sum: V, query: V, row: V) -> V {
        if place == 0 { T::add(place, sum, query, row) } else { Square::add(place, sum, query, row) }
    }
}

/// Adds the sixteen lanes of a sum.
#[inline(always)]
pub(super) fn sum_of_lanes(lanes: &[f32; LANES]) -> f32 {
    let eight: [f32; 8] = std::array::from_fn(|l| lanes[l] + lanes[l + 8]);
    let four: [f32; 4] = std::array::from_fn(|l| eight[l] + eight[l + 4]);
    (four[0] + four[2]) + (four[1] + four[3])
}

/// Where the elements of a tile's queries come from.
trait QueryElements: Copy {
    /// # Safety
    /// Query `query` can be read from place `at` on: as many elements as `V` has lanes.
    unsafe fn load<V: Vector>(self, query: usize, at: usize) -> V;
}

/// Queries that lie `pitch` elements apart.
#[derive(Clone, Copy)]
struct Packed {
    first: *const f32,
    pitch: usize,
}

impl QueryElements for Packed {
    #[inline(always)]
    unsafe fn load<V: Vector>(self, query: usize, at: usize) -> V {
        // SAFETY: the caller has seen to the elements.
        unsafe { V::load(self.first.add(query * self.pitch + at)) }
    }
}

/// There are no queries: rows are summed by themselves.
#[derive(Clone, Copy)]
struct NoQuery;

impl QueryElements for NoQuery {
    #[inline(always)]
    unsafe fn load<V: Vector>(self, _: usize, _: usize) -> V {
        V::zero()
    }
}

/// The sums of `Q` queries and `R` rows.
///
/// The functions here have neither closures nor iterators around registers: those are no part of
/// the kernel, and so have not the instructions.
///
/// # Safety
/// `dim` elements of each row can be read, and of each query `dim` filled up to a multiple of
/// sixteen.
#[inline(always)]
#[allow(clippy::needless_range_loop, reason = "constant bounds over registers, which unroll")]
unsafe fn tile<V: Vector, T: Term, const Q: usize, const R: usize>(
    queries: impl QueryElements,
    rows: [*const f32; R],
    dim: usize,
) -> [[f32; R]; Q] {
    let mut lanes = [[[0.0; LANES]; R]; Q];
    let mut part = 0;
    while part < LANES {
        let mut registers = [[V::zero(); R]; Q];
        let mut loaded = [V::zero(); R];
        let mut at = part;
        while at + LANES <= dim + part {
            for r in 0..R {
                // SAFETY: `at - part` is a multiple of sixteen, and the rows have sixteen elements
                // from there on.
                loaded[r] = unsafe { V::load(rows[r].add(at)) };
            }
            for q in 0..Q {
                // SAFETY: as for the rows.
                let query = unsafe { queries.load::<V>(q, at) };
                for r in 0..R {
                    registers[q][r] = T::add(q, registers[q][r], query, loaded[r]);
                }
            }
            at += LANES;
        }
        if !dim.is_multiple_of(LANES) {
            let count = dim.saturating_sub(at).min(V::LANES);
            for r in 0..R {
                // SAFETY: the rows have `count` elements from there on. Where nothing is left for
                // these lanes, no address outside the row is made.
                loaded[r] = unsafe { V::load_some(rows[r].add(at.min(dim)), count) };
            }
            for q in 0..Q {
                // SAFETY: queries are filled up to a multiple of sixteen.
                let query = unsafe { queries.load::<V>(q, at) };
                for r in 0..R {
                    registers[q][r] = T::add(q, registers[q][r], query, loaded[r]);
                }
            }
        }
        if V::SUMS_SIXTEEN && Q * R == 16 {
            let mut flat = [V::zero(); 16];
            for q in 0..Q {
                for r in 0..R {
                    flat[q * R + r] = registers[q][r];
                }
            }
            let sums = V::sixteen_sums(flat);
            let mut found = [[0.0; R]; Q];
            for q in 0..Q {
                for r in 0..R {
                    found[q][r] = sums[q * R + r];
                }
            }
            return found;
        }
        for q in 0..Q {
            for r in 0..R {
                registers[q][r].store(&mut lanes[q][r][part..part + V::LANES]);
            }
        }
        part += V::LANES;
    }
    let mut found = [[0.0; R]; Q];
    for q in 0..Q {
        for r in 0..R {
            found[q][r] = sum_of_lanes(&lanes[q][r]);
        }
    }
    found
}

/// The sums of all queries and the rows of a block: in tiles of `Q` queries and `R` rows, and `ONE`
/// rows for the queries that are left.
///
/// # Safety
/// All rows are equally long; there are `sums.len()` queries, each as long as a row filled up to a
/// multiple of sixteen.
#[inline(always)]
pub(super) unsafe fn block_sums<V: Vector, T: Term, const Q: usize, const R: usize, const ONE: usize>(
    queries: &[f32],
    rows: &Block<'_, f32>,
    sums: &mut [Sums<f32>],
) {
    let dim = rows[0].len();
    let pitch = padded(dim);
    let (tiles, rest) = sums.as_chunks_mut::<Q>();
    let mut at = queries.as_ptr();
    for sums in tiles {
        for first in (0..BLOCK).step_by(R) {
            let rows = std::array::from_fn(|r| rows[first + r].as_ptr());
            // SAFETY: the caller has seen to the lengths.
            let tile = unsafe { tile::<V, T, Q, R>(Packed { first: at, pitch }, rows, dim) };
            for (sums, tile) in sums.iter_mut().zip(tile) {
                sums[first..first + R].copy_from_slice(&tile);
            }
        }
        at = at.wrapping_add(Q * pitch);
    }
    for sums in rest {
        // SAFETY: as above.
        unsafe { one_query::<V, T, ONE>(at, rows, sums) };
        at = at.wrapping_add(pitch);
    }
}

/// # Safety
/// As for [`block_sums`], for one query.
#[inline(always)]
unsafe fn one_query<V: Vector, T: Term, const R: usize>(
    query: *const f32,
    rows: &Block<'_, f32>,
    sums: &mut Sums<f32>,
) {
    for first in (0..BLOCK).step_by(R) {
        let pointers = std::array::from_fn(|r| rows[first + r].as_ptr());
        // SAFETY: the caller has seen to the lengths.
        let [found] = unsafe { tile::<V, T, 1, R>(Packed { first: query, pitch: 0 }, pointers, rows[0].len()) };
        sums[first..first + R].copy_from_slice(&found);
    }
}

/// The sums of the squares of a block's rows, `R` rows at a time.
///
/// # Safety
/// All rows are equally long.
#[inline(always)]
pub(super) unsafe fn block_squares<V: Vector, const R: usize>(rows: &Block<'_, f32>, sums: &mut Sums<f32>) {
    for first in (0..BLOCK).step_by(R) {
        let pointers = std::array::from_fn(|r| rows[first + r].as_ptr());
        // SAFETY: the caller has seen to the lengths.
        let [found] = unsafe { tile::<V, Square, 1, R>(NoQuery, pointers, rows[0].len()) };
        sums[first..first + R].copy_from_slice(&found);
    }
}

/// [`block_sums`] of one query, and [`block_squares`]. The rows are taken one by one: what comes
/// from memory then comes in the order in which it lies there, without which it takes four times as
/// long.
///
/// # Safety
/// As for [`block_sums`].
#[inline(always)]
pub(super) unsafe fn block_sums_and_squares<V: Vector, T: Term>(
    query: &[f32],
    rows: &Block<'_, f32>,
    sums: &mut Sums<f32>,
    squares: &mut Sums<f32>,
) {
    let queries = Packed { first: query.as_ptr(), pitch: 0 };
    for ((row, sum), squares) in rows.iter().zip(sums).zip(squares) {
        // SAFETY: the caller has seen to the lengths. Both queries of the tile are the one that
        // there is.
        let [[found], [of_row]] = unsafe { tile::<V, WithSquares<T>, 2, 1>(queries, [row.as_ptr()], row.len()) };
        (*sum, *squares) = (found, of_row);
    }
}
