//! The portable kernels: row by row, column by column.

use crate::float16;
use crate::pooling::norm::{EPSILON, pairwise_sum};

/// The first `columns` columns of one row.
#[inline]
fn row<T>(table: &[T], dim: usize, row_id: u32, columns: usize) -> &[T] {
    &table[row_id as usize * dim..][..columns]
}

pub(super) fn add_rows_f32(table: &[f32], dim: usize, row_ids: &[u32], sums: &mut [f32]) {
    let columns = sums.len();
    for &row_id in row_ids {
        for (sum, element) in sums.iter_mut().zip(row(table, dim, row_id, columns)) {
            *sum += element;
        }
    }
}

pub(super) fn add_rows_f16(table: &[u16], dim: usize, row_ids: &[u32], sums: &mut [f32]) {
    let columns = sums.len();
    for &row_id in row_ids {
        for (sum, &element) in sums.iter_mut().zip(row(table, dim, row_id, columns)) {
            *sum += float16::to_f32(element);
        }
    }
}

pub(super) fn add_rows_f64(table: &[f64], dim: usize, row_ids: &[u32], sums: &mut [f64]) {
    let columns = sums.len();
    for &row_id in row_ids {
        for (sum, element) in sums.iter_mut().zip(row(table, dim, row_id, columns)) {
            *sum += element;
        }
    }
}

pub(super) fn add_rows_i8(table: &[i8], dim: usize, row_ids: &[u32], sums: &mut [i32]) {
    let columns = sums.len();
    for &row_id in row_ids {
        for (sum, &element) in sums.iter_mut().zip(row(table, dim, row_id, columns)) {
            *sum += i32::from(element);
        }
    }
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
