//! Adds rows in blocks of columns whose sums stay in registers: the loops that all instruction sets
//! share.
//!
//! All rows are added to one block of columns before the next block begins; the rows of one text
//! stay in the second-level cache meanwhile. Columns that do not fill a block are summed one
//! register at a time, then one by one.

/// A register of sums, one per lane, and how a row's elements are widened to such lanes.
///
/// The methods are inlined into functions that have the instruction set's target features, and must
/// not be called from elsewhere.
pub(super) trait Lanes: Copy {
    type Element: Copy;
    type Sum: Copy;
    const LANES: usize;
    fn load_sums(sums: &[Self::Sum]) -> Self;
    fn load_elements(elements: &[Self::Element]) -> Self;
    fn store(self, sums: &mut [Self::Sum]);
    fn add(self, other: Self) -> Self;
    /// [`Self::add`] for a single column, where fewer columns are left than lanes.
    fn add_one(sum: Self::Sum, element: Self::Element) -> Self::Sum;
}

/// Adds the rows `row_ids`, in order, to `sums`, in blocks of `REGISTERS × LANES` columns.
#[inline(always)]
pub(super) fn add_rows<L: Lanes, const REGISTERS: usize>(
    table: &[L::Element],
    dim: usize,
    row_ids: &[u32],
    sums: &mut [L::Sum],
) {
    let columns = sums.len();
    let mut column = 0;
    while column + REGISTERS * L::LANES <= columns {
        add_block::<L, REGISTERS>(table, dim, row_ids, column, sums);
        column += REGISTERS * L::LANES;
    }
    while column + L::LANES <= columns {
        add_block::<L, 1>(table, dim, row_ids, column, sums);
        column += L::LANES;
    }
    if column < columns {
        for &row_id in row_ids {
            let row = &table[row_id as usize * dim..][..columns];
            for (sum, element) in sums[column..].iter_mut().zip(&row[column..]) {
                *sum = L::add_one(*sum, *element);
            }
        }
    }
}

/// Adds the block of `REGISTERS × LANES` columns that starts at `column`, over all rows.
#[inline(always)]
fn add_block<L: Lanes, const REGISTERS: usize>(
    table: &[L::Element],
    dim: usize,
    row_ids: &[u32],
    column: usize,
    sums: &mut [L::Sum],
) {
    let registers = std::array::from_fn(|r| L::load_sums(&sums[column + r * L::LANES..]));
    for (r, register) in sum_block::<L, REGISTERS>(table, dim, row_ids, column, registers).iter().enumerate() {
        register.store(&mut sums[column + r * L::LANES..]);
    }
}

/// [`add_block`] with the sums in registers.
#[inline(always)]
pub(super) fn sum_block<L: Lanes, const REGISTERS: usize>(
    table: &[L::Element],
    dim: usize,
    row_ids: &[u32],
    column: usize,
    mut registers: [L; REGISTERS],
) -> [L; REGISTERS] {
    for &row_id in row_ids {
        let block = &table[row_id as usize * dim + column..][..REGISTERS * L::LANES];
        for (r, register) in registers.iter_mut().enumerate() {
            *register = register.add(L::load_elements(&block[r * L::LANES..]));
        }
    }
    registers
}

/// Defines a [`Lanes`] type over a register of `$lanes` lanes. `$load`, `$load_elements` and
/// `$store` take pointers to that many sums or elements, at any alignment.
macro_rules! lanes {
    (
        $name:ident, $register:ty, $element:ty => $sum:ty, $lanes:literal, $load:expr, $load_elements:expr, $store:expr, $add:expr,
        $widen:expr
    ) => {
        #[derive(Clone, Copy)]
        struct $name($register);
        impl $crate::pooling::kernel::blocks::Lanes for $name {
            type Element = $element;
            type Sum = $sum;
            const LANES: usize = $lanes;
            #[inline(always)]
            fn load_sums(sums: &[$sum]) -> Self {
                let sums: &[$sum; $lanes] = sums[..$lanes].try_into().expect("as many sums as lanes");
                // SAFETY: the array holds as many sums as the register has lanes, and the load
                // needs no alignment. The CPU has the instruction, because lanes are made only in
                // the kernels of their file, which have its target features.
                Self(unsafe { $load(sums.as_ptr().cast()) })
            }
            #[inline(always)]
            fn load_elements(elements: &[$element]) -> Self {
                let elements: &[$element; $lanes] = elements[..$lanes].try_into().expect("as many elements as lanes");
                // SAFETY: as in `load_sums`, for the elements.
                Self(unsafe { $load_elements(elements.as_ptr()) })
            }
            #[inline(always)]
            fn store(self, sums: &mut [$sum]) {
                let sums: &mut [$sum; $lanes] = (&mut sums[..$lanes]).try_into().expect("as many sums as lanes");
                // SAFETY: as in `load_sums`.
                unsafe { $store(sums.as_mut_ptr().cast(), self.0) }
            }
            #[inline(always)]
            fn add(self, other: Self) -> Self {
                // SAFETY: as in `load_sums`.
                Self(unsafe { $add(self.0, other.0) })
            }
            #[inline(always)]
            fn add_one(sum: $sum, element: $element) -> $sum {
                sum + $widen(element)
            }
        }
    };
}
pub(super) use lanes;
