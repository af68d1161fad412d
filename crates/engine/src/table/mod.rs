//! The embedding table: rows of one element type, with the optional weights and row mapping of vocabulary quantization.

use std::path::Path;

use crate::LoadError;

/// How the table's bytes are held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum MemoryMode {
    /// `Copy` up to 256 MB, above that `Map`.
    #[default]
    Auto,
    /// Read once into 64-byte-aligned memory of this process.
    Copy,
    /// The file's own pages, shared between processes. The file must not be truncated in place while it is open.
    Map,
}

/// The table's elements, row-major, rows × dim of them.
#[derive(Debug, Clone, Copy)]
pub enum Elements<'a> {
    /// IEEE single.
    F32(&'a [f32]),
    /// Bits of IEEE half.
    F16(&'a [u16]),
    /// IEEE double.
    F64(&'a [f64]),
    /// Signed bytes, used as they stand.
    I8(&'a [i8]),
}

/// One factor a token id.
#[derive(Debug)]
pub enum Weights {
    /// Bits of IEEE half.
    F16(Vec<u16>),
    /// IEEE single.
    F32(Vec<f32>),
    /// IEEE double.
    F64(Vec<f64>),
}

/// A loaded table. What the kernels rely on:
///
/// 1. `elements()` has exactly `rows() * dim()` elements, `dim() > 0`.
/// 2. every entry of `mapping()` is less than `rows()`.
/// 3. `id_count()` ids are safe: `mapping()`, if any, and `weights()`, if any, have at least `id_count()` entries, and without a
///    mapping `id_count() <= rows()`.
#[derive(Debug)]
pub struct EmbeddingTable {}

impl EmbeddingTable {
    /// Reads the tensor named `tensor` and the optional tensors `weights` and `mapping` of a safetensors file.
    ///
    /// # Errors
    /// [`LoadError::BadSafetensors`], [`LoadError::UnsupportedDtype`], [`LoadError::ShapeMismatch`], [`LoadError::OutOfMemory`].
    pub fn read(_path: &Path, _tensor: &str, _memory: MemoryMode) -> Result<Self, LoadError> {
        Ok(Self {})
    }
    /// How many rows the table has.
    pub fn rows(&self) -> usize {
        0
    }
    /// How many elements a row has.
    pub fn dim(&self) -> usize {
        0
    }
    /// The rows' elements.
    pub fn elements(&self) -> Elements<'_> {
        Elements::F32(&[])
    }
    /// The row of each token id; `None` = the id itself.
    pub fn mapping(&self) -> Option<&[u32]> {
        None
    }
    /// The factor of each token id.
    pub fn weights(&self) -> Option<&Weights> {
        None
    }
    /// How many token ids the table can serve: ids below this are safe (invariant 3).
    pub fn id_count(&self) -> usize {
        0
    }
    /// How the bytes are held: `Copy` or `Map`.
    pub fn memory(&self) -> MemoryMode {
        MemoryMode::Copy
    }
}
