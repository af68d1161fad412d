//! Every instruction set of this CPU against the scalar kernels, at every tail length.

use super::Kernels;
use crate::float16;
use crate::isa::Isa;

/// The kernels of every instruction set that this CPU has.
pub(super) fn available() -> impl Iterator<Item = Kernels> {
    Isa::available().into_iter().map(Kernels::of)
}

/// Random numbers that are the same in every run.
struct Numbers(fastrand::Rng);

impl Numbers {
    fn new(seed: u64) -> Self {
        Self(fastrand::Rng::with_seed(seed))
    }

    fn next(&mut self) -> u32 {
        self.0.u32(..)
    }

    /// A number from -3 to 3.
    fn float(&mut self) -> f32 {
        (self.next() as i32 as f32) / 2_147_483_648.0 * 3.0
    }
}

const ROWS: usize = 37;
/// Every length up to three blocks of the widest kernel, and those of real models.
fn dims() -> impl Iterator<Item = usize> {
    (1..=300).chain([384, 511, 512, 513, 768, 1024])
}

#[test]
fn every_instruction_set_adds_rows_like_the_scalar_kernels_at_every_tail() {
    let mut numbers = Numbers::new(0x9e37_79b9);
    for columns in dims() {
        // Some rows are longer than the columns that are summed.
        let dim = columns + columns % 3;
        let singles: Vec<f32> = (0..ROWS * dim).map(|_| numbers.float()).collect();
        let halves: Vec<u16> = singles.iter().map(|&value| float16::from_f32(value)).collect();
        let doubles: Vec<f64> = singles.iter().map(|&value| f64::from(value) * 1.000_000_1).collect();
        let bytes: Vec<i8> = singles.iter().map(|&value| (value * 42.0) as i8).collect();
        for count in [0, 1, 2, 7, 8, 65] {
            let row_ids: Vec<u32> = (0..count).map(|_| numbers.next() % ROWS as u32).collect();
            let mut expected =
                (vec![0.5_f32; columns], vec![0.5_f32; columns], vec![0.5_f64; columns], vec![5_i32; columns]);
            Kernels::SCALAR.add_rows_f32(&singles, dim, &row_ids, &mut expected.0);
            Kernels::SCALAR.add_rows_f16(&halves, dim, &row_ids, &mut expected.1);
            Kernels::SCALAR.add_rows_f64(&doubles, dim, &row_ids, &mut expected.2);
            Kernels::SCALAR.add_rows_i8(&bytes, dim, &row_ids, &mut expected.3);
            for kernels in available() {
                let mut found =
                    (vec![0.5_f32; columns], vec![0.5_f32; columns], vec![0.5_f64; columns], vec![5_i32; columns]);
                kernels.add_rows_f32(&singles, dim, &row_ids, &mut found.0);
                kernels.add_rows_f16(&halves, dim, &row_ids, &mut found.1);
                kernels.add_rows_f64(&doubles, dim, &row_ids, &mut found.2);
                kernels.add_rows_i8(&bytes, dim, &row_ids, &mut found.3);
                assert_eq!(found, expected, "{} at {columns} of {dim} columns and {count} rows", kernels.isa().name());
            }
        }
    }
}

/// The mean divided by its norm, step by step.
fn unit_mean(table: &[f32], dim: usize, row_ids: &[u32], columns: usize) -> Vec<f32> {
    let mut vector = vec![0.0; columns];
    Kernels::SCALAR.add_rows_f32(table, dim, row_ids, &mut vector);
    Kernels::SCALAR.divide(&mut vector, row_ids.len() as f32);
    Kernels::SCALAR.normalize(&mut vector);
    vector
}

fn bits(vector: &[f32]) -> Vec<u32> {
    vector.iter().map(|element| element.to_bits()).collect()
}

/// The kernels of every instruction set, except the scalar ones, take the shortcut, and get the
/// bits of the single steps.
fn assert_unit_means_equal_the_steps(table: &[f32], dim: usize, row_ids: &[u32], columns: usize) {
    let expected = unit_mean(table, dim, row_ids, columns);
    for kernels in available().filter(|kernels| kernels.isa() != Isa::SCALAR) {
        let what = format!("{} at {columns} columns and {} rows", kernels.isa().name(), row_ids.len());
        let mut found = vec![7.0; columns];
        assert!(kernels.unit_mean_f32(table, dim, row_ids, &mut found), "{what}");
        assert_eq!(bits(&found), bits(&expected), "{what}");
    }
}

#[test]
fn every_instruction_set_makes_unit_means_like_the_scalar_kernels_at_every_tail() {
    let mut numbers = Numbers::new(0x2545_f491);
    for columns in dims() {
        let dim = columns + columns % 3;
        let table: Vec<f32> = (0..ROWS * dim).map(|_| numbers.float()).collect();
        for count in [1, 2, 3, 7, 8, 65] {
            let row_ids: Vec<u32> = (0..count).map(|_| numbers.next() % ROWS as u32).collect();
            assert_unit_means_equal_the_steps(&table, dim, &row_ids, columns);
        }
    }
}

/// A mean is not corrected after the multiplication: it must be correctly rounded for every number
/// of rows, and for sums of any mantissa.
#[test]
fn means_are_correctly_rounded_for_every_number_of_rows() {
    const COLUMNS: usize = 256;
    let mut numbers = Numbers::new(0x7f4a_7c15);
    let counts = (1..=600).chain((0..40).map(|power| (1 << (power / 2)) - 1 - power % 2)).filter(|count| *count > 0);
    for count in counts {
        let row = |numbers: &mut Numbers| f32::from_bits(0x4b00_0000 | numbers.next() >> 9);
        // All rows except the first are zeros, so the sums are the first row.
        let table: Vec<f32> = (0..COLUMNS).map(|_| row(&mut numbers)).chain([0.0; COLUMNS]).collect();
        let row_ids: Vec<u32> = (0..count).map(|index| u32::from(index > 0)).collect();
        assert_unit_means_equal_the_steps(&table, COLUMNS, &row_ids, COLUMNS);
    }
}

/// Magnitudes from below the smallest mean that the shortcut takes to above the largest norm, in
/// vectors of one magnitude and of many.
#[test]
fn unit_means_of_every_magnitude_are_those_of_the_steps() {
    const COLUMNS: usize = 77;
    let mut numbers = Numbers::new(0x5851_f42d);
    let (mut taken, mut left) = (0, 0);
    for exponent in 127 - 35..127 + 55 {
        for spread in [1, 2, 8, 30] {
            let element = |numbers: &mut Numbers| {
                let (bits, above) = (numbers.next(), numbers.next() % spread);
                f32::from_bits(bits & 0x8000_0000 | (exponent + above) << 23 | bits >> 8 & 0x007f_ffff)
            };
            let table: Vec<f32> = (0..5 * COLUMNS).map(|_| element(&mut numbers)).collect();
            for count in [1, 2, 3, 11, 300] {
                let row_ids: Vec<u32> = (0..count).map(|_| numbers.next() % 5).collect();
                let expected = unit_mean(&table, COLUMNS, &row_ids, COLUMNS);
                for kernels in available().filter(|kernels| kernels.isa() != Isa::SCALAR) {
                    let mut found = vec![7.0; COLUMNS];
                    if !kernels.unit_mean_f32(&table, COLUMNS, &row_ids, &mut found) {
                        left += 1;
                        continue;
                    }
                    taken += 1;
                    let what = format!("{}: {count} rows of 2^{exponent} × 2^{spread}", kernels.isa().name());
                    assert_eq!(bits(&found), bits(&expected), "{what}");
                }
            }
        }
    }
    let is_scalar_alone = available().all(|kernels| kernels.isa() == Isa::SCALAR);
    assert!(is_scalar_alone || taken > left / 2 && left > 0, "{taken} taken, {left} left to the steps");
}

#[test]
fn unit_means_of_extreme_numbers_are_left_to_the_steps_or_equal_theirs() {
    let mut numbers = Numbers::new(0x1b56_c4e9);
    let specials = [0.0, -0.0, 1e-12, -1e-40, 1e-45, f32::MAX, f32::INFINITY, -f32::INFINITY, f32::NAN, 1e19, -1e25];
    for columns in [2, 16, 17, 40, 256, 300] {
        for special in specials {
            for place in [0, 1, columns / 2, columns - 1] {
                let mut table: Vec<f32> = (0..columns).map(|_| numbers.float()).collect();
                table[place] = special;
                let expected = unit_mean(&table, columns, &[0], columns);
                for kernels in available() {
                    let mut found = vec![7.0; columns];
                    let is_found = kernels.unit_mean_f32(&table, columns, &[0], &mut found);
                    assert!(!is_found || bits(&found) == bits(&expected), "{special} at {place} of {columns}");
                }
            }
        }
    }
}

#[test]
fn every_instruction_set_divides_and_normalizes_like_the_scalar_kernels_at_every_tail() {
    let mut numbers = Numbers::new(0x1234_5678);
    for columns in dims() {
        let vector: Vec<f32> = (0..columns).map(|_| numbers.float()).collect();
        let (mut quotients, mut unit) = (vector.clone(), vector.clone());
        Kernels::SCALAR.divide(&mut quotients, 7.0);
        Kernels::SCALAR.normalize(&mut unit);
        for kernels in available() {
            let (mut found_quotients, mut found_unit) = (vector.clone(), vector.clone());
            kernels.divide(&mut found_quotients, 7.0);
            kernels.normalize(&mut found_unit);
            assert_eq!((found_quotients, found_unit), (quotients.clone(), unit.clone()), "{columns} columns");
        }
    }
}

/// The corrected product with the reciprocal must be the correctly rounded quotient for every
/// mantissa, and for numbers that the correction does not work for.
#[test]
fn every_instruction_set_divides_as_division_rounds() {
    let mut numbers = Numbers::new(0x0bad_cafe);
    let mut divisors: Vec<f32> = (1..=40).map(|count| count as f32).collect();
    divisors.extend([511.0, 512.0, 65_535.0, 16_777_215.0, 16_777_216.0, 0.999_999_94, 1.999_999_9, 1.000_000_1]);
    divisors.extend((0..60).map(|_| f32::from_bits(0x3f80_0000 | numbers.next() >> 9)));
    for (index, divisor) in divisors.into_iter().enumerate() {
        // Every 64th mantissa, and all of them for one divisor in 27.
        let step = if index % 27 == 0 { 1 } else { 64 };
        let mantissas: Vec<f32> = (numbers.next() % step..1 << 23)
            .step_by(step as usize)
            .map(|bits| f32::from_bits(0x3f00_0000 | bits))
            .collect();
        divides_like_scalar(&mantissas, divisor);
    }
    let specials = [0.0, -0.0, f32::MIN_POSITIVE, -1e-40, 1e-45, f32::MAX, f32::INFINITY, -f32::INFINITY, 1e-19, 1e19];
    for divisor in specials.into_iter().chain([1.0, 3.0, 1e-32, 1.3e-18, 8.7e-19, 1.1e18, 1.2e18]) {
        for special in specials {
            let mut vector: Vec<f32> = (0..40).map(|_| numbers.float()).collect();
            divides_like_scalar(&vector, divisor);
            vector[7] = special;
            divides_like_scalar(&vector, divisor);
        }
        for exponent in 1..=254 {
            let vector: Vec<f32> = (0..40).map(|_| f32::from_bits(exponent << 23 | numbers.next() >> 9)).collect();
            divides_like_scalar(&vector, divisor);
        }
    }
}

fn divides_like_scalar(vector: &[f32], divisor: f32) {
    let mut expected = vector.to_vec();
    Kernels::SCALAR.divide(&mut expected, divisor);
    for kernels in available() {
        let mut found = vector.to_vec();
        kernels.divide(&mut found, divisor);
        for ((element, expected), found) in vector.iter().zip(&expected).zip(found) {
            let is_same = expected.to_bits() == found.to_bits() || expected.is_nan() && found.is_nan();
            assert!(
                is_same,
                "{}: {element:e} / {divisor:e}: expected {expected:e}, found {found:e}",
                kernels.isa().name()
            );
        }
    }
}

#[test]
fn a_row_beyond_the_table_panics_instead_of_reading_past_it() {
    for kernels in available() {
        let table = vec![1.0_f32; 4 * 64];
        let outcome = std::panic::catch_unwind(|| kernels.add_rows_f32(&table, 64, &[4], &mut [0.0; 64]));
        assert!(outcome.is_err(), "{}", kernels.isa().name());
    }
}
