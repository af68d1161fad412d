//! The nearest center of each row, by a blocked matrix product.
//!
//! |x − c|² = |x|² − 2 (x·c − |c|²/2): the nearest center has the smallest |c|²/2 − x·c. Centers lie in panels of sixteen, one
//! column of all sixteen after the other; four rows meet a panel at a time, their 64 sums in registers. Each sum adds its products
//! column by column, without fused multiply-adds, so that all instruction sets, and any order of panels and rows, give the same bits.

/// Centers of a panel.
const WIDTH: usize = 16;
/// Rows that meet a panel at once.
const HEIGHT: usize = 4;

/// Centers, packed.
pub(super) struct Panels {
    /// `dim` columns of [`WIDTH`] each.
    panels: Vec<[f32; WIDTH]>,
    /// Half the squared length of each center; infinite where a panel has none.
    half_squares: Vec<[f32; WIDTH]>,
    dim: usize,
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
    /// Packs `centers`, rows of `dim` elements.
    pub(super) fn pack(centers: &[f32], dim: usize) -> Self {
        let mut panels = vec![[0.0; WIDTH]; (centers.len() / dim).div_ceil(WIDTH) * dim];
        let mut half_squares = vec![[f32::INFINITY; WIDTH]; panels.len() / dim];
        for (index, center) in centers.chunks_exact(dim).enumerate() {
            let (panel, place) = (index / WIDTH, index % WIDTH);
            for (column, &element) in panels[panel * dim..].iter_mut().zip(center) {
                column[place] = element;
            }
            half_squares[panel][place] = center.iter().map(|element| element * element).sum::<f32>() / 2.0;
        }
        Self { panels, half_squares, dim }
    }

    /// The nearest center of each of `rows`; of equally near ones the first.
    pub(super) fn nearest(&self, rows: &[f32], nearest: &mut [Nearest]) {
        assert_eq!(rows.len(), nearest.len() * self.dim, "one answer a row");
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") {
            // SAFETY: this CPU has AVX2.
            return unsafe { self.nearest_avx2(rows, nearest) };
        }
        self.nearest_scalar(rows, nearest);
    }

    /// The same arithmetic, compiled for registers of 256 bits.
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2")]
    fn nearest_avx2(&self, rows: &[f32], nearest: &mut [Nearest]) {
        self.nearest_scalar(rows, nearest);
    }

    #[inline(always)]
    fn nearest_scalar(&self, rows: &[f32], nearest: &mut [Nearest]) {
        nearest.fill(Nearest::NONE);
        for (index, (panel, half_squares)) in self.panels.chunks_exact(self.dim).zip(&self.half_squares).enumerate() {
            let rows = rows.chunks(HEIGHT * self.dim);
            for (rows, nearest) in rows.zip(nearest.chunks_mut(HEIGHT)) {
                // The last rows may be fewer: the first stands in, and its further answers go nowhere.
                let row = |at: usize| &rows[if at < nearest.len() { at * self.dim } else { 0 }..][..self.dim];
                let products = multiply(panel, [row(0), row(1), row(2), row(3)]);
                for (nearest, products) in nearest.iter_mut().zip(&products) {
                    let mut scores = *half_squares;
                    for place in 0..WIDTH {
                        scores[place] -= products[place];
                    }
                    let smallest = scores.iter().fold(f32::INFINITY, |smallest, &score| smallest.min(score));
                    // Rare after the first panels: only then is it asked which one it was.
                    if smallest < nearest.score {
                        let place = scores.iter().position(|&score| score == smallest).unwrap_or(0);
                        *nearest = Nearest { center: (index * WIDTH + place) as u32, score: smallest };
                    }
                }
            }
        }
    }
}

/// The products of four rows with the centers of a panel.
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

    fn values(count: usize, seed: u32) -> Vec<f32> {
        let hash = |index: u32| (index ^ seed).wrapping_mul(0x9E37_79B9) ^ (index << 7);
        (0..count as u32).map(|index| (hash(index) >> 8) as f32 / (1 << 23) as f32 - 1.0).collect()
    }

    #[test]
    fn every_instruction_set_gives_the_same_bits_at_every_tail_and_finds_the_nearest_center() {
        for dim in [1, 3, 8, 33] {
            for centers in [1, 2, 15, 16, 17, 33] {
                let center_values = values(centers * dim, 7);
                let panels = Panels::pack(&center_values, dim);
                for rows in 1..=9 {
                    let row_values = values(rows * dim, 99);
                    let mut found = vec![Nearest::NONE; rows];
                    let mut scalar = found.clone();
                    panels.nearest(&row_values, &mut found);
                    panels.nearest_scalar(&row_values, &mut scalar);
                    assert_eq!(found, scalar, "{rows} rows, {centers} centers of {dim}");
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
        let panels = Panels::pack(&[1.0, 5.0, 1.0, 5.0].repeat(10), 1);
        let mut nearest = [Nearest::NONE; 2];
        panels.nearest(&[5.5, 0.0], &mut nearest);
        assert_eq!(nearest.map(|nearest| nearest.center), [1, 0]);
    }
}
