//! Turns token ids into one vector: the mean of their rows, each times its token's weight, then the
//! division by its norm if the vector is to be normalized.
//!
//! The bits are to be those of Python, so each step has the number type that numpy gives it in
//! model2vec 0.10.0 (model.py, `_encode_helper` and `_encode_batch`):
//!
//! | table | weights | products | sum and division | mean |
//! |---|---|---|---|---|
//! | f32 | none, f16, f32 | f32 | f32 | f32 |
//! | f16 | none, f16 | f16 | f32 | f16 |
//! | f16 | f32 | f32 | f32 | f16 |
//! | i8 | none | – | f64 | f32 |
//! | i8 | f16 | f16 | f32 | f16, then f32 |
//! | i8 | f32 | f32 | f32 | f32 |
//! | f64 | any | f64 | f64 | f64 |
//! | any | f64 | f64 | f64 | the table's (i8: f32) |
//!
//! A vector is always written as f32, whatever the type of the mean. An f16 mean is rounded to half
//! precision and widened. An f64 mean is rounded to f32, where Python returns float64.
//!
//! The norm is always computed in f32. The vectors of an f16 table are rounded to half precision
//! again after the division.
//!
//! Kernels sum every column on its own, in token order, as numpy does. A single column is the
//! exception: numpy sums it pairwise ([`mean_of_one_column`]).

use crate::float16;
use crate::growth::Growth;
use crate::interrupt::{Pace, check};
use crate::pooling::kernel::Kernels;
use crate::pooling::norm::pairwise_sum;
use crate::pooling::prefetch::RowPrefetch;
use crate::pooling::product::{Factor, Product};
use crate::table::{Elements, EmbeddingTable, Weights};

/// Buffers of one thread, which are used again for each text.
#[derive(Debug, Default)]
pub(crate) struct PoolScratch {
    row_ids: Vec<u32>,
    sums_f64: Vec<f64>,
    sums_i32: Vec<i32>,
    /// The rows that were prefetched recently; [`pool`] does not use it.
    pub(crate) rows: RowPrefetch,
}

/// Writes the mean of the rows of `ids` into `vector`, scaled to length 1 if `unit`; no ids give
/// zeros.
///
/// Every id must be less than the table's `id_count()`. A `vector` with fewer than `dim()`
/// dimensions gets the first columns, as in model2vec 0.10.0 loaded with that `dimensionality`.
pub(crate) fn pool(
    table: &EmbeddingTable,
    kernels: &Kernels,
    ids: &[u32],
    unit: bool,
    scratch: &mut PoolScratch,
    vector: &mut [f32],
) {
    assert!(vector.len() <= table.dim(), "a vector must not have more dimensions than a row");
    if ids.is_empty() {
        return vector.fill(0.0);
    }
    let row_ids = match table.mapping() {
        None => ids,
        Some(mapping) => {
            scratch.row_ids.clear();
            for step in in_steps(ids) {
                scratch.row_ids.make_room(step.len());
                scratch.row_ids.extend(step.iter().map(|&id| mapping[id as usize]));
            }
            scratch.row_ids.as_slice()
        }
    };
    // A shortcut with the bits of the steps below. A single column is summed in another order.
    if let (None, Elements::F32(elements)) = (table.weights(), table.elements())
        && unit
        && vector.len() > 1
        && ids.len() <= STEP_ROWS
        && kernels.unit_mean_f32(elements, table.dim(), row_ids, vector)
    {
        return;
    }
    vector.fill(0.0);
    match table.weights() {
        _ if vector.len() == 1 => vector[0] = mean_of_one_column(table, ids, row_ids),
        Some(weights) => mean_weighted(table, kernels, weights, ids, row_ids, &mut scratch.sums_f64, vector),
        None => mean(table, kernels, row_ids, &mut scratch.sums_f64, &mut scratch.sums_i32, vector),
    }
    let half = matches!(table.elements(), Elements::F16(_));
    if half {
        round_to_half(vector);
    }
    if unit {
        kernels.normalize(vector);
        if half {
            round_to_half(vector);
        }
    }
}

/// Prefetches the first `columns` columns of the rows of `ids`, which will be pooled soon.
pub(crate) fn prefetch(table: &EmbeddingTable, ids: &[u32], columns: usize, rows: &mut RowPrefetch) {
    let row_ids = ids.iter().map(|&id| table.mapping().map_or(id, |mapping| mapping[id as usize]));
    match table.elements() {
        Elements::F32(elements) => rows.prefetch(elements, table.dim(), columns, row_ids),
        Elements::F16(elements) => rows.prefetch(elements, table.dim(), columns, row_ids),
        Elements::F64(elements) => rows.prefetch(elements, table.dim(), columns, row_ids),
        Elements::I8(elements) => rows.prefetch(elements, table.dim(), columns, row_ids),
    }
}

/// Writes the first `vector.len()` columns of the row of one token id, times the token's weight,
/// and scaled to length 1 if `unit`: a row of `encode_as_sequence` (model2vec 0.10.0, model.py,
/// `_encode_helper`), which Python never normalizes.
pub(crate) fn gather(table: &EmbeddingTable, kernels: &Kernels, id: u32, unit: bool, vector: &mut [f32]) {
    let row_id = table.mapping().map_or(id, |mapping| mapping[id as usize]);
    let start = row_id as usize * table.dim();
    let end = start + vector.len();
    match (Factor::of(table.weights(), id), table.elements()) {
        (None, Elements::F32(elements)) => vector.copy_from_slice(&elements[start..end]),
        (None, Elements::F16(elements)) => widen(&elements[start..end], float16::to_f32, vector),
        (None, Elements::F64(elements)) => widen(&elements[start..end], |element| element as f32, vector),
        (None, Elements::I8(elements)) => widen(&elements[start..end], f32::from, vector),
        (Some(factor), elements) => {
            for (index, element) in (start..end).zip(&mut *vector) {
                *element = match Product::of(elements, index, factor) {
                    Product::Single(value) => value,
                    Product::Double(value) => value as f32,
                };
            }
        }
    }
    if unit {
        kernels.normalize(vector);
        if matches!(table.elements(), Elements::F16(_)) {
            round_to_half(vector);
        }
    }
}

/// Writes a row as f32; an f64 element is rounded.
fn widen<T: Copy>(row: &[T], to_f32: impl Fn(T) -> f32, vector: &mut [f32]) {
    for (element, &narrow) in vector.iter_mut().zip(row) {
        *element = to_f32(narrow);
    }
}

/// The mean of rows without weights, from sums by the kernels. `vector` must be zeros.
fn mean(
    table: &EmbeddingTable,
    kernels: &Kernels,
    row_ids: &[u32],
    sums_f64: &mut Vec<f64>,
    sums_i32: &mut Vec<i32>,
    vector: &mut [f32],
) {
    let (dim, columns) = (table.dim(), vector.len());
    match table.elements() {
        Elements::F32(elements) => {
            in_steps(row_ids).for_each(|step| kernels.add_rows_f32(elements, dim, step, vector));
            divide(kernels, vector, row_ids.len());
        }
        Elements::F16(elements) => {
            in_steps(row_ids).for_each(|step| kernels.add_rows_f16(elements, dim, step, vector));
            divide(kernels, vector, row_ids.len());
        }
        Elements::F64(elements) => {
            sums_f64.clear();
            sums_f64.resize(columns, 0.0);
            in_steps(row_ids).for_each(|step| kernels.add_rows_f64(elements, dim, step, sums_f64));
            divide_f64(sums_f64, row_ids.len(), vector);
        }
        // numpy sums int8 in f64. Sums of integers are exact there and in i32 alike, and those of
        // a step of rows can't overflow an i32.
        Elements::I8(elements) => {
            sums_f64.clear();
            sums_f64.resize(columns, 0.0);
            for rows in in_steps(row_ids) {
                sums_i32.clear();
                sums_i32.resize(columns, 0);
                kernels.add_rows_i8(elements, dim, rows, sums_i32);
                for (sum, &partial) in sums_f64.iter_mut().zip(sums_i32.iter()) {
                    *sum += f64::from(partial);
                }
            }
            divide_f64(sums_f64, row_ids.len(), vector);
        }
    }
}

/// A text has millions of rows: after this many, in a few milliseconds, it is asked whether to go on.
const STEP_ROWS: usize = 1 << 14;

/// The ids in steps, with a check between two.
fn in_steps(ids: &[u32]) -> impl Iterator<Item = &[u32]> {
    ids.chunks(STEP_ROWS).enumerate().map(|(index, step)| {
        if index > 0 {
            check();
        }
        step
    })
}

/// Divides sums by the count. numpy divides in f64 and rounds to f32; for counts up to 2^24 a
/// division in f32 gives the same bits.
fn divide(kernels: &Kernels, vector: &mut [f32], count: usize) {
    if count <= 1 << 24 {
        kernels.divide(vector, count as f32);
    } else {
        for element in vector {
            *element = (f64::from(*element) / count as f64) as f32;
        }
    }
}

fn divide_f64(sums: &[f64], count: usize, vector: &mut [f32]) {
    for (element, sum) in vector.iter_mut().zip(sums) {
        *element = (sum / count as f64) as f32;
    }
}

/// The mean of rows with weights: the products are added row by row, in f32 to `vector`, which must
/// be zeros, or in f64 to `sums_f64`.
fn mean_weighted(
    table: &EmbeddingTable,
    kernels: &Kernels,
    weights: &Weights,
    ids: &[u32],
    row_ids: &[u32],
    sums_f64: &mut Vec<f64>,
    vector: &mut [f32],
) {
    let (elements, columns) = (table.elements(), vector.len());
    sums_f64.clear();
    sums_f64.resize(columns, 0.0);
    let mut double = false;
    let mut pace = Pace::new();
    for (&id, &row_id) in ids.iter().zip(row_ids) {
        pace.step(columns);
        let Some(factor) = Factor::of(Some(weights), id) else { continue };
        let start = row_id as usize * table.dim();
        for column in 0..columns {
            match Product::of(elements, start + column, factor) {
                Product::Single(product) => vector[column] += product,
                Product::Double(product) => {
                    double = true;
                    sums_f64[column] += product;
                }
            }
        }
    }
    if double {
        for (element, sum) in vector.iter_mut().zip(sums_f64.iter()) {
            *element = double_mean(elements, *sum / ids.len() as f64);
        }
    } else {
        divide(kernels, vector, ids.len());
        if matches!((elements, weights), (Elements::I8(_), Weights::F16(_))) {
            round_to_half(vector);
        }
    }
}

/// A mean in f64, rounded to half precision for a float16 table, as numpy stores it, otherwise to
/// f32. Half precision is reached in one step: by way of f32 the mean would be rounded twice.
fn double_mean(elements: Elements<'_>, mean: f64) -> f32 {
    if matches!(elements, Elements::F16(_)) { float16::to_f32(float16::from_f64(mean)) } else { mean as f32 }
}

/// The mean of a vector of one dimension, with or without weights. numpy sums it pairwise, because
/// the values of a single column lie side by side in memory.
fn mean_of_one_column(table: &EmbeddingTable, ids: &[u32], row_ids: &[u32]) -> f32 {
    let count = ids.len();
    let elements = table.elements();
    let start = |row_id: u32| row_id as usize * table.dim();
    let mut products = Vec::new();
    products.make_room(count);
    let mut pace = Pace::new();
    let all = ids.iter().zip(row_ids).map(|(&id, &row_id)| {
        pace.step(1);
        match (Factor::of(table.weights(), id), elements) {
            (Some(factor), _) => Product::of(elements, start(row_id), factor),
            (None, Elements::F32(elements)) => Product::Single(elements[start(row_id)]),
            (None, Elements::F16(elements)) => Product::Single(float16::to_f32(elements[start(row_id)])),
            (None, Elements::F64(elements)) => Product::Double(elements[start(row_id)]),
            (None, Elements::I8(elements)) => Product::Double(f64::from(elements[start(row_id)])),
        }
    });
    products.extend(all);
    let in_half = matches!(
        (elements, table.weights()),
        (Elements::F16(_), None | Some(Weights::F16(_))) | (Elements::I8(_), Some(Weights::F16(_)))
    );
    if let Some(Product::Double(_)) = products.first() {
        let sum = pairwise_sum(&products, &|product| match product {
            Product::Single(value) => f64::from(value),
            Product::Double(value) => value,
        });
        return double_mean(elements, (0.0 + sum) / count as f64);
    }
    // numpy widens half-precision values through a buffer of 8,192 values, and adds up one pairwise
    // sum per buffer.
    let buffer = if in_half { 8_192 } else { count };
    let mut sum = [0.0_f32];
    for values in products.chunks(buffer) {
        sum[0] += pairwise_sum(values, &|product| match product {
            Product::Single(value) => value,
            Product::Double(value) => value as f32,
        });
    }
    divide(&Kernels::SCALAR, &mut sum, count);
    if in_half { float16::to_f32(float16::from_f32(sum[0])) } else { sum[0] }
}

/// Rounds each dimension to half precision.
fn round_to_half(vector: &mut [f32]) {
    for element in vector {
        *element = float16::to_f32(float16::from_f32(*element));
    }
}
