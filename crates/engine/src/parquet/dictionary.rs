//! Values that repeat, each written once.

use std::collections::HashMap;

use super::values::{Column, PhysicalType};

/// Rows that are looked at first, spread over the column.
const SAMPLED: usize = 1000;

/// The different values of a column.
pub(super) struct Dictionary<'a> {
    pub(super) values: Vec<&'a [u8]>,
    /// For each value that is not null, which of them it is.
    pub(super) indices: Vec<u32>,
}

impl<'a> Dictionary<'a> {
    /// `None` where it would save less than half of the column's bytes, or, by a sample, less than a
    /// tenth. (The rule of hyparquet-writer, which wrote these columns before.)
    pub(super) fn of(column: Column<'a>) -> Option<Self> {
        if column.physical == PhysicalType::Boolean || !repeats(column) {
            return None;
        }
        let size = |value: &[u8]| value.len() + column.physical.prefix_bytes();
        let plain: usize = column.values().flatten().map(size).sum();
        let mut found = HashMap::new();
        let mut dictionary = Self { values: Vec::new(), indices: Vec::new() };
        let mut bytes = 0;
        for value in column.values().flatten() {
            let next = dictionary.values.len() as u32;
            let index = *found.entry(value).or_insert(next);
            if index == next {
                dictionary.values.push(value);
                bytes += size(value);
                if 2 * bytes > plain {
                    return None;
                }
            }
            dictionary.indices.push(index);
        }
        let index_bytes = (dictionary.indices.len() * dictionary.width() as usize).div_ceil(8);
        (2 * (bytes + index_bytes) <= plain).then_some(dictionary)
    }

    /// The bits of an index.
    pub(super) fn width(&self) -> u32 {
        (self.values.len() as u32).saturating_sub(1).checked_ilog2().map_or(1, |bits| bits + 1)
    }
}

fn repeats(column: Column<'_>) -> bool {
    let rows = column.rows();
    let count = rows.min(SAMPLED);
    let mut sizes = HashMap::new();
    let (mut all, mut different) = (0, 0);
    for i in 0..count {
        let row = if count == 1 { 0 } else { i * (rows - 1) / (count - 1) };
        let Some(value) = column.value(row) else { continue };
        let size = value.len() + column.physical.prefix_bytes();
        all += size;
        if sizes.insert(value, ()).is_none() {
            different += size;
        }
    }
    all > 0 && 10 * different <= 9 * all
}
