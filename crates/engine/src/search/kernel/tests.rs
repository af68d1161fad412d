//! Every instruction set of this CPU against the scalar kernels, at every tail length, and these
//! against double precision.

use super::{BLOCK, Block, Kernels, padded};
use crate::isa::Isa;
use crate::search::tests::Numbers;

/// Every length up to three of the widest loops, and those of real models.
fn dims() -> impl Iterator<Item = usize> {
    (1..=200).chain([255, 256, 257, 384, 511, 512, 768, 1024])
}

/// Rows that start at places of different alignment.
fn block<T>(data: &[T], dim: usize) -> Block<'_, T> {
    std::array::from_fn(|r| &data[r * (dim + 1)..][..dim])
}

fn bits(sums: &[[f32; BLOCK]]) -> Vec<u32> {
    sums.iter().flatten().map(|sum| sum.to_bits()).collect()
}

/// Numbers of magnitudes so different that another order would give other sums.
fn floats(numbers: &mut Numbers, count: usize) -> Vec<f32> {
    (0..count).map(|_| numbers.float() * 2.0_f32.powi((numbers.next() % 12) as i32)).collect()
}

#[test]
fn every_instruction_set_sums_floats_like_the_scalar_kernels_at_every_tail() {
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    for dim in dims() {
        let data = floats(&mut numbers, BLOCK * (dim + 1));
        let rows = block(&data, dim);
        // Tiles of four and of six queries, and those that are left.
        const QUERIES: usize = 7;
        let mut queries = vec![0.0; QUERIES * padded(dim)];
        for query in queries.chunks_exact_mut(padded(dim)) {
            query[..dim].copy_from_slice(&floats(&mut numbers, dim));
        }
        let one = &queries[..padded(dim)];
        let sums_of = |kernels: Kernels| {
            let (mut products, mut differences) = ([[0.0; BLOCK]; QUERIES], [[0.0; BLOCK]; QUERIES]);
            kernels.products(&queries, &rows, &mut products);
            kernels.squared_differences(&queries, &rows, &mut differences);
            let (product, squares) = kernels.product_and_squares(one, &rows);
            let (difference, again) = kernels.squared_difference_and_squares(one, &rows);
            assert_eq!(bits(&[product, difference]), bits(&[products[0], differences[0]]), "one query at {dim}");
            assert_eq!(bits(&[squares, again]), bits(&[kernels.squares(&rows); 2]), "squares at {dim}");
            bits(&[&products[..], &differences, &[squares]].concat())
        };
        let expected = sums_of(Kernels::SCALAR);
        for isa in Isa::available() {
            assert_eq!(sums_of(Kernels::of(isa)), expected, "{} at {dim}", isa.name());
        }
        // An error of at most 2^-24 for each addition of a lane, and of the lanes.
        let exact: f64 = one[..dim].iter().zip(rows[3]).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum();
        let size: f64 = one[..dim].iter().zip(rows[3]).map(|(&a, &b)| (f64::from(a) * f64::from(b)).abs()).sum();
        let found = f64::from(f32::from_bits(expected[3]));
        assert!((found - exact).abs() <= size * (dim as f64 / 16.0 + 6.0) / 16_777_216.0, "{found} {exact} at {dim}");
    }
}

#[test]
fn a_sum_has_sixteen_lanes_that_are_added_as_the_documentation_says() {
    let mut numbers = Numbers(0x2545_f491_4f6c_dd1d);
    let dim = 53;
    let (query, data) = (floats(&mut numbers, padded(dim)), floats(&mut numbers, BLOCK * (dim + 1)));
    let mut lanes = [0.0_f32; 16];
    for place in 0..padded(dim) {
        let row = if place < dim { data[place] } else { 0.0 };
        lanes[place % 16] = query[place].mul_add(row, lanes[place % 16]);
    }
    for half in [8, 4, 2, 1] {
        for lane in 0..half {
            lanes[lane] += lanes[lane + half];
        }
    }
    let (sums, _) = Kernels::SCALAR.product_and_squares(&query, &block(&data, dim));
    assert_eq!(sums[0].to_bits(), lanes[0].to_bits());
}

#[test]
fn every_instruction_set_sums_bytes_and_counts_bits_exactly_at_every_tail() {
    let mut numbers = Numbers(0x6a09_e667_f3bc_c908);
    for dim in dims().chain([1 << 16]) {
        let mut bytes: Vec<i8> = (0..BLOCK * dim).map(|_| numbers.next() as i8).collect();
        // The extremes, whose sums are the largest.
        bytes[..2 * dim].fill(i8::MIN);
        let mut query: Vec<i8> = (0..dim).map(|_| numbers.next() as i8).collect();
        for extreme in [None, Some(i8::MIN), Some(i8::MAX)] {
            if let Some(extreme) = extreme {
                query.fill(extreme);
            }
            let rows: Block<'_, i8> = std::array::from_fn(|r| &bytes[r * dim..][..dim]);
            let products: [i64; BLOCK] =
                rows.map(|row| row.iter().zip(&query).map(|(&a, &b)| i64::from(a) * i64::from(b)).sum());
            let elements: [i64; BLOCK] = rows.map(|row| row.iter().map(|&a| i64::from(a)).sum());
            let squares: [i64; BLOCK] = rows.map(|row| row.iter().map(|&a| i64::from(a).pow(2)).sum());
            let unsigned: Vec<u8> = bytes.iter().map(|&byte| byte as u8).collect();
            let query_bits: Vec<u8> = query.iter().map(|&byte| byte as u8).collect();
            let bit_rows: Block<'_, u8> = std::array::from_fn(|r| &unsigned[r * dim..][..dim]);
            let counts: [u32; BLOCK] =
                bit_rows.map(|row| row.iter().zip(&query_bits).map(|(a, b)| (a ^ b).count_ones()).sum());
            for isa in Isa::available() {
                let kernels = Kernels::of(isa);
                let (found_elements, found_squares) = kernels.i8_row_sums(&bytes);
                let found = kernels.i8_products(&query, &bytes, &found_elements);
                assert_eq!(found_elements.map(i64::from), elements, "{} at {dim}", isa.name());
                assert_eq!(found_squares.map(i64::from), squares, "{} at {dim}", isa.name());
                assert_eq!(found.map(i64::from), products, "{} at {dim}", isa.name());
                assert_eq!(kernels.differing_bits(&query_bits, &unsigned), counts, "{} at {dim}", isa.name());
            }
        }
    }
}
