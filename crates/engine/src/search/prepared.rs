//! Rows as the kernels read them: float32, in lines of the cache, each filled up with zeros to
//! whole lanes.

use super::kernel::{BLOCK, Block, LANES, padded};
use crate::dtype::Dtype;
use crate::float16;
use crate::rows::Rows;

/// Floats that start at a line of the cache.
#[derive(Debug, Default)]
pub(super) struct AlignedFloats {
    memory: Vec<f32>,
    start: usize,
    len: usize,
}

const LINE_FLOATS: usize = 16;

impl AlignedFloats {
    /// Zeros.
    pub(super) fn zeros(len: usize) -> Self {
        let memory = vec![0.0; len + LINE_FLOATS - 1];
        // An address that can't be aligned leaves the floats where they are.
        let start = memory.as_ptr().align_offset(LINE_FLOATS * size_of::<f32>()).min(LINE_FLOATS - 1);
        Self { memory, start, len }
    }

    pub(super) fn floats(&self) -> &[f32] {
        &self.memory[self.start..][..self.len]
    }

    pub(super) fn floats_mut(&mut self) -> &mut [f32] {
        &mut self.memory[self.start..][..self.len]
    }
}

/// Writes row `index` as float32.
///
/// # Panics
/// When the rows are binary.
pub(super) fn decode(rows: &Rows<'_>, index: usize, floats: &mut [f32]) {
    match rows.dtype() {
        Dtype::Float32 => floats.copy_from_slice(rows.row_f32(index)),
        Dtype::Float16 => {
            for (float, &bits) in floats.iter_mut().zip(rows.row_u16(index)) {
                *float = float16::to_f32(bits);
            }
        }
        Dtype::BFloat16 => {
            for (float, &bits) in floats.iter_mut().zip(rows.row_u16(index)) {
                *float = f32::from_bits(u32::from(bits) << 16);
            }
        }
        Dtype::Int8 => {
            for (float, &element) in floats.iter_mut().zip(rows.row_i8(index)) {
                *float = f32::from(element);
            }
        }
        Dtype::Binary => unreachable!("binary rows are compared as bits"),
    }
}

/// The rows `indices` as float32, each filled up with zeros to whole [`LANES`].
pub(super) fn decode_all(rows: &Rows<'_>, indices: impl ExactSizeIterator<Item = usize>) -> AlignedFloats {
    let (dim, pitch) = (rows.dim(), padded(rows.dim()));
    let mut all = AlignedFloats::zeros(indices.len() * pitch);
    for (row, index) in all.floats_mut().chunks_exact_mut(pitch).zip(indices) {
        decode(rows, index, &mut row[..dim]);
    }
    all
}

/// The rows of a block as float32: where they lie, or decoded into `memory`, as those of other
/// types, and all if they `must_copy`, are.
pub(super) fn float_block<'a>(
    rows: &Rows<'a>,
    indices: &[usize; BLOCK],
    count: usize,
    memory: &'a mut AlignedFloats,
    must_copy: bool,
) -> Block<'a, f32> {
    if rows.dtype() == Dtype::Float32 && !must_copy {
        return std::array::from_fn(|r| rows.row_f32(indices[r]));
    }
    let (dim, pitch) = (rows.dim(), padded(rows.dim()));
    if memory.floats().len() != BLOCK * pitch {
        *memory = AlignedFloats::zeros(BLOCK * pitch);
    }
    for (r, row) in memory.floats_mut().chunks_exact_mut(pitch).enumerate().take(count) {
        decode(rows, indices[r], &mut row[..dim]);
    }
    let memory: &'a AlignedFloats = memory;
    std::array::from_fn(|r| &memory.floats()[r.min(count - 1) * pitch..][..dim])
}

/// The bytes of a block's rows one after the other: where they lie, or gathered in `memory`.
#[inline]
pub(super) fn byte_block<'a>(
    rows: &Rows<'a>,
    indices: &[usize; BLOCK],
    count: usize,
    memory: &'a mut Vec<u8>,
) -> &'a [u8] {
    let width = rows.row_bytes();
    let (first, last) = (indices[0], indices[BLOCK - 1]);
    // Without repetitions they rise.
    if count == BLOCK && last - first == BLOCK - 1 {
        return &rows.bytes()[first * width..(last + 1) * width];
    }
    memory.clear();
    for &index in indices {
        memory.extend_from_slice(rows.row(index));
    }
    memory
}

/// The elements of int8 rows.
#[inline]
pub(super) fn as_i8(bytes: &[u8]) -> &[i8] {
    // SAFETY: a byte is a signed byte of the same bits.
    unsafe { std::slice::from_raw_parts(bytes.as_ptr().cast(), bytes.len()) }
}

const _: () = assert!(LANES == LINE_FLOATS, "a line of the cache is a register of lanes");
