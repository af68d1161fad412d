//! The portable kernels: one query, one row, sixteen lanes.

use super::block::{BLOCK, Block, LANES, Sums, padded};
use crate::fused::add_product;

/// See the module above for the order.
fn sum(dim: usize, term: impl Fn(f32, usize) -> f32) -> f32 {
    let mut lanes = [0.0; LANES];
    for start in (0..dim).step_by(LANES) {
        for (lane, sum) in lanes.iter_mut().enumerate() {
            *sum = term(*sum, start + lane);
        }
    }
    let eight: [f32; 8] = std::array::from_fn(|l| lanes[l] + lanes[l + 8]);
    let four: [f32; 4] = std::array::from_fn(|l| eight[l] + eight[l + 4]);
    (four[0] + four[2]) + (four[1] + four[3])
}

/// A row's element, or the zero that it is filled up with.
fn element(row: &[f32], place: usize) -> f32 {
    row.get(place).copied().unwrap_or(0.0)
}

fn block_sums(
    queries: &[f32],
    rows: &Block<'_, f32>,
    sums: &mut [Sums<f32>],
    term: impl Fn(f32, f32, f32) -> f32 + Copy,
) {
    let dim = rows[0].len();
    for (query, sums) in queries.chunks_exact(padded(dim)).zip(sums) {
        for (row, found) in rows.iter().zip(sums) {
            *found = sum(dim, |sum, place| term(sum, query[place], element(row, place)));
        }
    }
}

pub(super) fn products(queries: &[f32], rows: &Block<'_, f32>, sums: &mut [Sums<f32>]) {
    block_sums(queries, rows, sums, add_product);
}

pub(super) fn squared_differences(queries: &[f32], rows: &Block<'_, f32>, sums: &mut [Sums<f32>]) {
    block_sums(queries, rows, sums, |sum, query, row| {
        let difference = query - row;
        add_product(sum, difference, difference)
    });
}

pub(super) fn squares(rows: &Block<'_, f32>, sums: &mut Sums<f32>) {
    for (row, found) in rows.iter().zip(sums) {
        *found = sum(row.len(), |sum, place| add_product(sum, element(row, place), element(row, place)));
    }
}

pub(super) fn product_and_squares(
    query: &[f32],
    rows: &Block<'_, f32>,
    sums: &mut Sums<f32>,
    row_squares: &mut Sums<f32>,
) {
    products(query, rows, std::slice::from_mut(sums));
    squares(rows, row_squares);
}

pub(super) fn squared_difference_and_squares(
    query: &[f32],
    rows: &Block<'_, f32>,
    sums: &mut Sums<f32>,
    row_squares: &mut Sums<f32>,
) {
    squared_differences(query, rows, std::slice::from_mut(sums));
    squares(rows, row_squares);
}

pub(super) fn i8_products(query: &[i8], rows: &[i8], _: &Sums<i32>, sums: &mut Sums<i32>) {
    for (row, sum) in rows.chunks_exact(query.len()).zip(sums) {
        *sum = query.iter().zip(row).map(|(&a, &b)| i32::from(a) * i32::from(b)).sum();
    }
}

pub(super) fn i8_row_sums(rows: &[i8], elements: &mut Sums<i32>, squares: &mut Sums<i32>) {
    for (row, (sum, squares)) in rows.chunks_exact(rows.len() / BLOCK).zip(elements.iter_mut().zip(squares)) {
        *sum = row.iter().map(|&element| i32::from(element)).sum();
        *squares = row.iter().map(|&element| i32::from(element) * i32::from(element)).sum();
    }
}

pub(super) fn differing_bits(query: &[u8], rows: &[u8], counts: &mut Sums<u32>) {
    let (query_words, query_rest) = query.as_chunks::<8>();
    for (row, count) in rows.chunks_exact(query.len()).zip(counts) {
        let (words, rest) = row.as_chunks::<8>();
        let whole = words.iter().zip(query_words);
        let of_words: u32 = whole.map(|(a, b)| (u64::from_ne_bytes(*a) ^ u64::from_ne_bytes(*b)).count_ones()).sum();
        let of_rest: u32 = rest.iter().zip(query_rest).map(|(a, b)| (a ^ b).count_ones()).sum();
        *count = of_words + of_rest;
    }
}
