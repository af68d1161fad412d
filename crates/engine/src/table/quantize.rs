//! Reduces a table to another element type or to fewer columns while it is read: row by row, so
//! that the table is never in memory twice.
//!
//! The rules are those of model2vec 0.10.0 (quantization.py, `quantize_embeddings` and
//! `quantize_and_reduce_dim`), in numpy's number types: first the element type, with an int8 scale
//! that is computed from all columns, then the columns.

use std::io::{self, BufReader, Read};
use std::path::Path;

use crate::error::LoadError;
use crate::files::safetensors::{Tensor, TensorFile};
use crate::float16::{from_f32, from_f64, to_f32};
use crate::table::bytes::{CopyError, TableBytes};
use crate::table::number_types::ElementType;

/// The element type and the columns that a table is reduced to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Reduction {
    /// The new element type; `None` = the file's.
    pub quantize_to: Option<ElementType>,
    /// How many columns are kept, the first ones, from 1 to all; `None` = all.
    pub dimensionality: Option<usize>,
}

impl Reduction {
    /// How many of `dim` columns are kept.
    ///
    /// # Errors
    /// [`LoadError::InvalidOption`] for more columns than there are, or none.
    pub(super) fn columns(&self, path: &Path, dim: usize) -> Result<usize, LoadError> {
        match self.dimensionality {
            None => Ok(dim),
            Some(columns) if (1..=dim).contains(&columns) => Ok(columns),
            Some(columns) => Err(LoadError::InvalidOption {
                path: path.to_owned(),
                reason: format!("`dimensionality` must be from 1 to {dim}, the columns of the table, found {columns}"),
            }),
        }
    }
}

/// How a tensor becomes a table: its first `columns` of `dim` columns, from one element type to
/// another or the same.
#[derive(Debug, Clone, Copy)]
pub(super) struct Conversion {
    pub(super) from: ElementType,
    pub(super) to: ElementType,
    pub(super) dim: usize,
    pub(super) columns: usize,
}

impl Conversion {
    /// Whether the result is the tensor itself.
    pub(super) fn is_identity(self) -> bool {
        self.from == self.to && self.dim == self.columns
    }

    /// Reads and converts `rows` rows.
    ///
    /// # Errors
    /// [`LoadError::OutOfMemory`], and [`LoadError::BadSafetensors`] when the file can't be read.
    pub(super) fn read(self, file: &TensorFile, tensor: &Tensor, rows: usize) -> Result<TableBytes, LoadError> {
        let open = || file.reader(tensor).map(BufReader::new);
        self.convert_rows(file.path(), rows, open, |error| file.unreadable(tensor, &error))
    }

    /// Converts the `rows` rows of `bytes`.
    ///
    /// # Errors
    /// [`LoadError::OutOfMemory`].
    pub(super) fn convert_all(self, path: &Path, bytes: &[u8], rows: usize) -> Result<TableBytes, LoadError> {
        let unreadable = |error| LoadError::bad_safetensors(path, format!("the table can't be converted: {error}"));
        self.convert_rows(path, rows, || Ok(bytes), unreadable)
    }

    fn convert_rows<R: Read>(
        self,
        path: &Path,
        rows: usize,
        open: impl Fn() -> Result<R, LoadError>,
        unreadable: impl Fn(io::Error) -> LoadError,
    ) -> Result<TableBytes, LoadError> {
        let row_bytes = self.columns.checked_mul(self.to.size());
        let total = row_bytes.and_then(|bytes| bytes.checked_mul(rows));
        let out_of_memory =
            || LoadError::OutOfMemory { path: path.to_owned(), bytes: total.map_or(u64::MAX, |bytes| bytes as u64) };
        let (Some(row_bytes), Some(total)) = (row_bytes, total) else { return Err(out_of_memory()) };
        // A row is no larger than the tensor, whose bytes the file has.
        let mut row = Vec::new();
        row.try_reserve_exact(self.dim * self.from.size()).map_err(|_| out_of_memory())?;
        row.resize(self.dim * self.from.size(), 0);
        let mut scale = None;
        if self.to == ElementType::I8 && self.from != ElementType::I8 {
            let mut reader = open()?;
            let mut largest = 0.0;
            for _ in 0..rows {
                reader.read_exact(&mut row).map_err(&unreadable)?;
                largest = self.largest(&row, largest);
            }
            scale = Some(self.scale(largest));
        }
        let mut reader = open()?;
        let kept = self.columns * self.from.size();
        let bytes = TableBytes::fill(total, |memory| {
            for converted in memory.chunks_exact_mut(row_bytes) {
                reader.read_exact(&mut row)?;
                self.convert(&row[..kept], converted, scale);
            }
            Ok(())
        });
        bytes.map_err(|error| match error {
            CopyError::OutOfMemory => out_of_memory(),
            CopyError::Unreadable(error) => unreadable(error),
        })
    }

    /// `np.max(np.abs(row))`, or `largest` if that is larger; a NaN is the largest of all.
    fn largest(self, row: &[u8], largest: f64) -> f64 {
        let largest_of = |values: &mut dyn Iterator<Item = f64>| {
            let larger = |a: f64, b: f64| if a.is_nan() || b <= a { a } else { b };
            values.fold(largest, |largest, value| larger(largest, value.abs()))
        };
        match self.from {
            ElementType::F16 => largest_of(&mut elements(row).map(|bits| f64::from(to_f32(u16::from_le_bytes(bits))))),
            ElementType::F32 => largest_of(&mut elements(row).map(|bits| f64::from(f32::from_le_bytes(bits)))),
            ElementType::F64 => largest_of(&mut elements(row).map(f64::from_le_bytes)),
            ElementType::I8 => largest,
        }
    }

    /// `largest / 127.0` in the type of the table, since numpy gives a Python float the type of the
    /// other operand.
    fn scale(self, largest: f64) -> f64 {
        match self.from {
            ElementType::F16 => f64::from(to_f32(from_f32(largest as f32 / 127.0))),
            ElementType::F32 => f64::from(largest as f32 / 127.0),
            _ => largest / 127.0,
        }
    }

    /// Converts a row. `scale` is given where floats become int8.
    fn convert(self, row: &[u8], out: &mut [u8], scale: Option<f64>) {
        use ElementType::{F16, F32, F64, I8};
        match (self.from, self.to) {
            (F16, F32) => each(row, out, |bits| to_f32(u16::from_le_bytes(bits)).to_le_bytes()),
            (F16, F64) => each(row, out, |bits| f64::from(to_f32(u16::from_le_bytes(bits))).to_le_bytes()),
            (F32, F16) => each(row, out, |bits| from_f32(f32::from_le_bytes(bits)).to_le_bytes()),
            (F32, F64) => each(row, out, |bits| f64::from(f32::from_le_bytes(bits)).to_le_bytes()),
            (F64, F16) => each(row, out, |bits| from_f64(f64::from_le_bytes(bits)).to_le_bytes()),
            (F64, F32) => each(row, out, |bits| (f64::from_le_bytes(bits) as f32).to_le_bytes()),
            (I8, F16) => each(row, out, |bits| from_f32(f32::from(i8::from_le_bytes(bits))).to_le_bytes()),
            (I8, F32) => each(row, out, |bits| f32::from(i8::from_le_bytes(bits)).to_le_bytes()),
            (I8, F64) => each(row, out, |bits| f64::from(i8::from_le_bytes(bits)).to_le_bytes()),
            // As in Python: the buffer is in half precision, the division in the type of the scale,
            // and its result in half precision again.
            (F16, I8) => {
                let scale = scale.unwrap_or(1.0) as f32;
                each(row, out, |bits| to_byte(from_f32(to_f32(u16::from_le_bytes(bits)) / scale)));
            }
            (F32, I8) => {
                let scale = scale.unwrap_or(1.0) as f32;
                each(row, out, |bits| to_byte(from_f32(to_f32(from_f32(f32::from_le_bytes(bits))) / scale)));
            }
            (F64, I8) => {
                let scale = scale.unwrap_or(1.0);
                each(row, out, |bits| to_byte(from_f64(f64::from(to_f32(from_f64(f64::from_le_bytes(bits)))) / scale)));
            }
            (F16, F16) | (F32, F32) | (F64, F64) | (I8, I8) => out.copy_from_slice(row),
        }
    }
}

/// `np.rint`, `np.clip`, `astype(np.int8)`. NaN, which C leaves undefined, is 0 as on x86-64 and
/// ARM.
fn to_byte(half: u16) -> [u8; 1] {
    (to_f32(half).round_ties_even().clamp(-127.0, 127.0) as i8).to_le_bytes()
}

fn elements<const N: usize>(row: &[u8]) -> impl Iterator<Item = [u8; N]> {
    row.as_chunks::<N>().0.iter().copied()
}

fn each<const N: usize, const M: usize>(row: &[u8], out: &mut [u8], convert: impl Fn([u8; N]) -> [u8; M]) {
    for (out, element) in out.as_chunks_mut::<M>().0.iter_mut().zip(elements(row)) {
        *out = convert(element);
    }
}
