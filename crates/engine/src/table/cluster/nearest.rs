//! The nearest center of each row, by a blocked matrix product.
//!
//! |x − c|² = |x|² − 2 (x·c − |c|²/2), so the nearest center has the smallest |c|²/2 − x·c. The centers
//! are packed into panels of sixteen, column after column; four rows are multiplied with a panel at
//! a time, with their 64 sums in registers. Each sum adds its products column by column, without
//! fused multiply-adds, so all instruction sets, and any order of panels and rows, give the same
//! bits.

use crate::isa::{InstructionSet, Isa};

/// The centers of a panel.
const WIDTH: usize = 16;
/// The rows that are multiplied with a panel at once.
const HEIGHT: usize = 4;

/// Writes the nearest center of each of the rows.
type FindNearest = unsafe fn(centers: &Panels, rows: &[f32], nearest: &mut [Nearest]);

/// The kernel for one instruction set. A value proves that this CPU can run it.
#[derive(Debug, Clone, Copy)]
struct NearestKernel {
    find: FindNearest,
}

impl NearestKernel {
    const SCALAR: Self = Self { find: find_scalar };

    /// The best kernel for `isa`.
    fn of(isa: Isa) -> Self {
        match isa.set() {
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx2 | InstructionSet::Avx512 => Self { find: find_avx2 },
            // Vectors of four are part of every 64-bit ARM: the compiler uses them in portable
            // code.
            #[cfg(target_arch = "aarch64")]
            InstructionSet::Neon => Self::SCALAR,
            InstructionSet::Scalar => Self::SCALAR,
        }
    }
}

/// Packed centers.
pub(super) struct Panels {
    /// Each panel is `dim` columns of [`WIDTH`] centers.
    panels: Vec<[f32; WIDTH]>,
    /// Half the squared length of each center; infinite where the last panel has no center.
    half_squares: Vec<[f32; WIDTH]>,
    dim: usize,
    kernel: NearestKernel,
}

/// The nearest center of a row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Nearest {
    pub(super) center: u32,
    /// |c|²/2 − x·c.
    pub(super) score: f32,
}

impl Nearest {
    pub(super) const NONE: Self = Self { center: 0, score: f32::INFINITY };
}

impl Panels {
    /// Packs `centers`, row-major: count × `dim`.
    pub(super) fn pack(centers: &[f32], dim: usize, isa: Isa) -> Self {
        let mut panels = vec![[0.0; WIDTH]; (centers.len() / dim).div_ceil(WIDTH) * dim];
        let mut half_squares = vec![[f32::INFINITY; WIDTH]; panels.len() / dim];
        for (index, center) in centers.chunks_exact(dim).enumerate() {
            let (panel, place) = (index / WIDTH, index % WIDTH);
            for (column, &element) in panels[panel * dim..].iter_mut().zip(center) {
                column[place] = element;
            }
            half_squares[panel][place] = center.iter().map(|element| element * element).sum::<f32>() / 2.0;
        }
        Self { panels, half_squares, dim, kernel: NearestKernel::of(isa) }
    }

    /// The dimensions of a center.
    pub(super) fn dim(&self) -> usize {
        self.dim
    }

    /// Finds the nearest center of each of `rows`, row-major; of equally near ones the first.
    pub(super) fn nearest(&self, rows: &[f32], nearest: &mut [Nearest]) {
        assert_eq!(rows.len(), nearest.len() * self.dim, "`nearest` must have one entry per row");
        // SAFETY: `NearestKernel::of` chose the kernel by an `Isa`, which proves that this CPU has
        // it.
        unsafe { (self.kernel.find)(self, rows, nearest) }
    }
}

/// The portable code, compiled for registers of 256 bits.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn find_avx2(centers: &Panels, rows: &[f32], nearest: &mut [Nearest]) {
    find_scalar(centers, rows, nearest);
}

#[inline(always)]
fn find_scalar(centers: &Panels, rows: &[f32], nearest: &mut [Nearest]) {
    let dim = centers.dim;
    nearest.fill(Nearest::NONE);
    for (index, (panel, half_squares)) in centers.panels.chunks_exact(dim).zip(&centers.half_squares).enumerate() {
        for (rows, nearest) in rows.chunks(HEIGHT * dim).zip(nearest.chunks_mut(HEIGHT)) {
            // If fewer rows are left, the first is multiplied again and those products are ignored.
            let row = |at: usize| &rows[if at < nearest.len() { at * dim } else { 0 }..][..dim];
            let products = multiply(panel, [row(0), row(1), row(2), row(3)]);
            for (nearest, products) in nearest.iter_mut().zip(&products) {
                let mut scores = *half_squares;
                for place in 0..WIDTH {
                    scores[place] -= products[place];
                }
                let smallest = scores.iter().fold(f32::INFINITY, |smallest, &score| smallest.min(score));
                // Rarely true after the first panels, so the center is looked up only then.
                if smallest < nearest.score {
                    let place = scores.iter().position(|&score| score == smallest).unwrap_or(0);
                    *nearest = Nearest { center: (index * WIDTH + place) as u32, score: smallest };
                }
            }
        }
    }
}

/// The dot products of four rows with the centers of a panel.
#[inline(always)]
fn multiply(panel: &[[f32; WIDTH]], rows: [&[f32]; HEIGHT]) -> [[f32; WIDTH]; HEIGHT] {
    let mut sums = [[0.0_f32; WIDTH]; HEIGHT];
    let rows = rows.map(|row| &row[..panel.len()]);
    for (column, centers) in panel.iter().enumerate() {
        for at in 0..HEIGHT {
            let element = rows[at][column];
            for place in 0..WIDTH {
                sums[at][place] += element * centers[place];
            }
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(count: usize, seed: u64) -> Vec<f32> {
        let mut random = fastrand::Rng::with_seed(seed);
        (0..count).map(|_| random.f32() * 2.0 - 1.0).collect()
    }

    #[test]
    fn every_instruction_set_gives_the_same_bits_at_every_tail_and_finds_the_nearest_center() {
        for dim in [1, 3, 8, 33] {
            for centers in [1, 2, 15, 16, 17, 33] {
                let center_values = values(centers * dim, 7);
                let panels = Panels::pack(&center_values, dim, Isa::SCALAR);
                for rows in 1..=9 {
                    let row_values = values(rows * dim, 99);
                    let mut found = vec![Nearest::NONE; rows];
                    panels.nearest(&row_values, &mut found);
                    for isa in Isa::available() {
                        let mut also = vec![Nearest::NONE; rows];
                        Panels::pack(&center_values, dim, isa).nearest(&row_values, &mut also);
                        assert_eq!(also, found, "{}: {rows} rows, {centers} centers of {dim}", isa.name());
                    }
                    for (row, nearest) in row_values.chunks_exact(dim).zip(&found) {
                        let distance = |center: &[f32]| -> f64 {
                            center.iter().zip(row).map(|(c, x)| f64::from(c - x).powi(2)).sum()
                        };
                        let nearer = center_values.chunks_exact(dim).map(distance).fold(f64::INFINITY, f64::min);
                        let own = distance(&center_values[nearest.center as usize * dim..][..dim]);
                        assert!(own <= nearer + 1e-5, "{own} {nearer}");
                    }
                }
            }
        }
    }

    #[test]
    fn of_equally_near_centers_the_first_is_taken() {
        let panels = Panels::pack(&[1.0, 5.0, 1.0, 5.0].repeat(10), 1, Isa::detect());
        let mut nearest = [Nearest::NONE; 2];
        panels.nearest(&[5.5, 0.0], &mut nearest);
        assert_eq!(nearest.map(|nearest| nearest.center), [1, 0]);
    }
}
