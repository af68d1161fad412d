//! The portable kernels: one row after the other, one column after the other.

use crate::float16;

/// The elements of one row.
#[inline]
fn row<T>(table: &[T], row_id: u32, dim: usize) -> &[T] {
    &table[row_id as usize * dim..][..dim]
}

pub(super) fn add_rows_f32(table: &[f32], row_ids: &[u32], sums: &mut [f32]) {
    let dim = sums.len();
    for &row_id in row_ids {
        for (sum, element) in sums.iter_mut().zip(row(table, row_id, dim)) {
            *sum += element;
        }
    }
}

pub(super) fn add_rows_f16(table: &[u16], row_ids: &[u32], sums: &mut [f32]) {
    let dim = sums.len();
    for &row_id in row_ids {
        for (sum, &element) in sums.iter_mut().zip(row(table, row_id, dim)) {
            *sum += float16::to_f32(element);
        }
    }
}

pub(super) fn add_rows_f64(table: &[f64], row_ids: &[u32], sums: &mut [f64]) {
    let dim = sums.len();
    for &row_id in row_ids {
        for (sum, element) in sums.iter_mut().zip(row(table, row_id, dim)) {
            *sum += element;
        }
    }
}

pub(super) fn add_rows_i8(table: &[i8], row_ids: &[u32], sums: &mut [i32]) {
    let dim = sums.len();
    for &row_id in row_ids {
        for (sum, &element) in sums.iter_mut().zip(row(table, row_id, dim)) {
            *sum += i32::from(element);
        }
    }
}
