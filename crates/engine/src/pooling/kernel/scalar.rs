//! The portable kernels: row by row, column by column.

use std::ops::AddAssign;

use crate::float16;
use crate::pooling::norm::{EPSILON, pairwise_sum};

/// Adds rows whose elements `widen` turns into sums.
#[inline(always)]
fn add_rows<T: Copy, S: AddAssign>(table: &[T], dim: usize, row_ids: &[u32], sums: &mut [S], widen: impl Fn(T) -> S) {
    let columns = sums.len();
    for &row_id in row_ids {
        let row = &table[row_id as usize * dim..][..columns];
        for (sum, &element) in sums.iter_mut().zip(row) {
            *sum += widen(element);
        }
    }
}

pub(super) fn add_rows_f32(table: &[f32], dim: usize, row_ids: &[u32], sums: &mut [f32]) {
    add_rows(table, dim, row_ids, sums, |element| element);
}

pub(super) fn add_rows_f16(table: &[u16], dim: usize, row_ids: &[u32], sums: &mut [f32]) {
    add_rows(table, dim, row_ids, sums, float16::to_f32);
}

pub(super) fn add_rows_f64(table: &[f64], dim: usize, row_ids: &[u32], sums: &mut [f64]) {
    add_rows(table, dim, row_ids, sums, |element| element);
}

pub(super) fn add_rows_i8(table: &[i8], dim: usize, row_ids: &[u32], sums: &mut [i32]) {
    add_rows(table, dim, row_ids, sums, i32::from);
}

#[inline(always)]
pub(super) fn divide(vector: &mut [f32], divisor: f32) {
    for element in vector {
        *element /= divisor;
    }
}

pub(super) fn normalize(vector: &mut [f32]) {
    let norm = pairwise_sum(vector, &|element| element * element).sqrt();
    divide(vector, norm + EPSILON);
}
