//! The sums of several rows and outputs at once, which stay in registers: the loops that every
//! instruction set shares.

use crate::head::kernel::numbers::{Element, Inputs};
use crate::head::kernel::panels::outputs_per_panel;

/// A register of sums of neighboring outputs.
///
/// # Safety
/// The methods are inlined into functions that have the instruction set's target features, and are
/// called from nowhere else.
pub(super) trait Register: Copy {
    type Number: Element;
    /// How many numbers it holds: those of a panel, or a divisor of that.
    const LANES: usize;
    fn zero() -> Self;
    fn splat(number: Self::Number) -> Self;
    /// # Safety
    /// [`Self::LANES`] numbers can be read from `numbers`.
    unsafe fn load(numbers: *const Self::Number) -> Self;
    /// # Safety
    /// [`Self::LANES`] numbers can be written to `numbers`.
    unsafe fn store(self, numbers: *mut Self::Number);
    /// `self + a · b`, as the number type's products are added.
    fn add_product(self, a: Self, b: Self) -> Self;
}

/// Implements [`Register`] for a type around a register of an instruction set, in whose
/// file it is called.
macro_rules! register {
    ($name:ident, $number:ty, $lanes:literal, $zero:expr, $splat:ident, $load:ident, $store:ident,
     |$sum:ident, $a:ident, $b:ident| $sum_of_all:expr) => {
        impl $crate::head::kernel::tiles::Register for $name {
            type Number = $number;
            const LANES: usize = $lanes;
            #[inline(always)]
            fn zero() -> Self {
                // SAFETY: the CPU has the instructions: the methods are called only in the kernels
                // of its file, which have its target features.
                Self(unsafe { $zero })
            }
            #[inline(always)]
            fn splat(number: $number) -> Self {
                // SAFETY: as in `zero`.
                Self(unsafe { $splat(number) })
            }
            #[inline(always)]
            unsafe fn load(numbers: *const $number) -> Self {
                // SAFETY: as in `zero`; the caller has seen to the numbers, and the load needs no
                // alignment.
                Self(unsafe { $load(numbers) })
            }
            #[inline(always)]
            unsafe fn store(self, numbers: *mut $number) {
                // SAFETY: as in `load`.
                unsafe { $store(numbers, self.0) }
            }
            #[inline(always)]
            fn add_product(self, a: Self, b: Self) -> Self {
                let ($sum, $a, $b) = (self.0, a.0, b.0);
                // SAFETY: as in `zero`.
                Self(unsafe { $sum_of_all })
            }
        }
    };
}
pub(super) use register;

/// Multiplies all rows: in tiles of `ROWS` rows and `COLUMNS` registers, and row by row, `WIDE`
/// registers at a time, for those that are left.
///
/// # Safety
/// As for [`Multiply`](super::Multiply).
#[inline(always)]
pub(super) unsafe fn multiply<V: Register, const ROWS: usize, const COLUMNS: usize, const WIDE: usize>(
    inputs: Inputs<'_, V::Number>,
    panels: &[V::Number],
    results: &mut [V::Number],
) {
    let width = results.len() / inputs.count;
    let whole = inputs.count - inputs.count % ROWS;
    // SAFETY: the caller has seen to the lengths; the rows of both calls are rows that there are.
    unsafe {
        rows::<V, ROWS, COLUMNS>(inputs, panels, results, width, 0..whole);
        rows::<V, 1, WIDE>(inputs, panels, results, width, whole..inputs.count);
    }
}

/// Multiplies the rows of a range, a multiple of `ROWS`. The weights of a tile are read for all
/// rows before the next ones: they stay in the nearest cache.
///
/// # Safety
/// As for [`multiply`].
#[inline(always)]
unsafe fn rows<V: Register, const ROWS: usize, const COLUMNS: usize>(
    inputs: Inputs<'_, V::Number>,
    panels: &[V::Number],
    results: &mut [V::Number],
    width: usize,
    range: std::ops::Range<usize>,
) {
    let per_panel = outputs_per_panel::<V::Number>();
    let tile_outputs = COLUMNS * V::LANES;
    let mut output = 0;
    while output < width {
        // SAFETY: the panel is one of those that the caller has seen to.
        let panel = unsafe { panels.as_ptr().add(output * inputs.inputs) };
        let is_whole = output + tile_outputs <= width;
        for first in range.clone().step_by(ROWS) {
            // SAFETY: as above.
            let rows = unsafe { inputs.rows.as_ptr().add(first * inputs.stride) };
            // SAFETY: as above.
            let sums = unsafe { results.as_mut_ptr().add(first * width + output) };
            // SAFETY: the tile has `ROWS` rows from there on, and its outputs are below `width`.
            unsafe {
                if is_whole {
                    tile::<V, ROWS, COLUMNS>(rows, inputs.stride, inputs.inputs, panel, sums, width);
                } else {
                    let mut from = 0;
                    while from < width - output {
                        let panel = panel.add(from * inputs.inputs);
                        one_panel::<V, ROWS>(rows, inputs.stride, inputs.inputs, panel, sums.add(from), width);
                        from += per_panel;
                    }
                }
            }
        }
        output += tile_outputs;
    }
}

/// A tile of the outputs of one panel.
///
/// # Safety
/// As for [`tile`].
#[inline(always)]
unsafe fn one_panel<V: Register, const ROWS: usize>(
    rows: *const V::Number,
    stride: usize,
    inputs: usize,
    panel: *const V::Number,
    sums: *mut V::Number,
    width: usize,
) {
    // SAFETY: the caller has seen to the pointers.
    unsafe {
        match outputs_per_panel::<V::Number>() / V::LANES {
            1 => tile::<V, ROWS, 1>(rows, stride, inputs, panel, sums, width),
            2 => tile::<V, ROWS, 2>(rows, stride, inputs, panel, sums, width),
            _ => tile::<V, ROWS, 4>(rows, stride, inputs, panel, sums, width),
        }
    }
}

/// The sums of `ROWS` rows and the outputs of `COLUMNS` registers, which begin a panel.
///
/// The functions here have neither closures nor iterators around registers: those are no part of
/// the kernel, and so have not the instructions.
///
/// # Safety
/// `ROWS` rows of `inputs` numbers can be read, `stride` numbers apart; the panels of the outputs
/// can be read; the outputs can be written in `ROWS` rows, `width` numbers apart.
#[inline(always)]
#[allow(clippy::needless_range_loop, reason = "constant bounds over registers, which unroll")]
unsafe fn tile<V: Register, const ROWS: usize, const COLUMNS: usize>(
    rows: *const V::Number,
    stride: usize,
    inputs: usize,
    panel: *const V::Number,
    sums: *mut V::Number,
    width: usize,
) {
    let per_panel = outputs_per_panel::<V::Number>();
    let registers_per_panel = per_panel / V::LANES;
    let mut registers = [[V::zero(); COLUMNS]; ROWS];
    for input in 0..inputs {
        let mut weights = [V::zero(); COLUMNS];
        for column in 0..COLUMNS {
            let place = (column / registers_per_panel * inputs + input) * per_panel;
            // SAFETY: the caller has seen to the panels.
            weights[column] = unsafe { V::load(panel.add(place + column % registers_per_panel * V::LANES)) };
        }
        for row in 0..ROWS {
            // SAFETY: the caller has seen to the rows.
            let number = V::splat(unsafe { *rows.add(row * stride + input) });
            for column in 0..COLUMNS {
                registers[row][column] = registers[row][column].add_product(number, weights[column]);
            }
        }
    }
    for row in 0..ROWS {
        for column in 0..COLUMNS {
            // SAFETY: the caller has seen to the outputs.
            unsafe { registers[row][column].store(sums.add(row * width + column * V::LANES)) };
        }
    }
}
