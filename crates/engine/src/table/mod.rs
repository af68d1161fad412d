//! The embedding table: rows of one element type, with the optional weights and row mapping of vocabulary quantization.

mod bytes;
pub(crate) mod cluster;
mod per_token;
mod quantize;
mod safetensors;
#[cfg(test)]
mod tests;
mod vocabulary_quantization;

use std::path::Path;

use self::bytes::{CopyError, TableBytes};
use self::quantize::Conversion;
pub use self::quantize::Reduction;
use self::safetensors::{Tensor, TensorFile};
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

impl MemoryMode {
    /// The largest table that `Auto` copies: above it sharing the pages between processes is worth more than aligned rows.
    const LARGEST_COPY: u64 = 256 << 20;

    fn maps(self, table_bytes: u64) -> bool {
        match self {
            Self::Auto => table_bytes > Self::LARGEST_COPY,
            Self::Copy => false,
            Self::Map => true,
        }
    }
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
pub struct EmbeddingTable {
    bytes: TableBytes,
    element: ElementType,
    rows: usize,
    dim: usize,
    mapping: Option<Vec<u32>>,
    mapping_type: MappingType,
    weights: Option<Weights>,
    id_count: usize,
    memory: MemoryMode,
}

impl EmbeddingTable {
    /// Reads the tensor named `tensor` and the optional tensors `weights` and `mapping` of a safetensors file.
    ///
    /// With [`MemoryMode::Map`] a table that `reduction` changes, or whose bytes are not aligned in the file, is copied all the
    /// same; [`memory`](Self::memory) tells.
    ///
    /// # Errors
    /// [`LoadError::BadSafetensors`], [`LoadError::UnsupportedDtype`], [`LoadError::ShapeMismatch`], [`LoadError::OutOfMemory`],
    /// and [`LoadError::InvalidOption`] for a dimensionality that the table doesn't have.
    pub fn read(path: &Path, tensor: &str, memory: MemoryMode, reduction: Reduction) -> Result<Self, LoadError> {
        let file = TensorFile::open(path)?;
        let tensor = file.require(tensor)?;
        let from = ElementType::of(path, tensor)?;
        let (rows, dim) = rows_and_dim(path, tensor)?;
        let columns = reduction.columns(path, dim)?;
        let conversion = Conversion { from, to: reduction.quantize_to.unwrap_or(from), dim, columns };
        let (mapping, mapping_type) = per_token::read_mapping(&file, rows)?.unzip();
        let weights = per_token::read_weights(&file)?;
        let (bytes, memory) = if conversion.is_identity() {
            read_elements(&file, tensor, from, memory)?
        } else {
            (conversion.read(&file, tensor, rows)?, MemoryMode::Copy)
        };
        let id_count = mapping.as_ref().map_or(rows, Vec::len);
        let id_count = weights.as_ref().map_or(id_count, |weights| weights.len().min(id_count));
        Ok(Self {
            bytes,
            element: conversion.to,
            rows,
            dim: columns,
            mapping,
            mapping_type: mapping_type.unwrap_or_default(),
            weights,
            id_count,
            memory,
        })
    }

    /// How many rows the table has.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// How many elements a row has.
    #[must_use]
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// The type of the elements.
    #[must_use]
    pub fn element_type(&self) -> ElementType {
        self.element
    }

    /// The rows' elements.
    #[must_use]
    pub fn elements(&self) -> Elements<'_> {
        match self.element {
            ElementType::F32 => Elements::F32(self.bytes.elements()),
            ElementType::F16 => Elements::F16(self.bytes.elements()),
            ElementType::F64 => Elements::F64(self.bytes.elements()),
            ElementType::I8 => Elements::I8(self.bytes.elements()),
        }
    }

    /// The row of each token id; `None` = the id itself.
    #[must_use]
    pub fn mapping(&self) -> Option<&[u32]> {
        self.mapping.as_deref()
    }

    /// The type of the mapping's entries in the file.
    pub(crate) fn mapping_type(&self) -> MappingType {
        self.mapping_type
    }

    /// The factor of each token id.
    #[must_use]
    pub fn weights(&self) -> Option<&Weights> {
        self.weights.as_ref()
    }

    /// How many token ids the table can serve: ids below this are safe (invariant 3).
    #[must_use]
    pub fn id_count(&self) -> usize {
        self.id_count
    }

    /// The row of a token id, less than `rows()`.
    ///
    /// # Panics
    /// When `token_id` is not less than `id_count()`.
    #[must_use]
    pub fn row_of(&self, token_id: u32) -> usize {
        let id = token_id as usize;
        assert!(id < self.id_count, "token id {id} must be less than {}", self.id_count);
        self.mapping.as_ref().map_or(id, |mapping| mapping[id] as usize)
    }

    /// How many bytes of this process's own memory it holds: not those of a mapped file.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        let elements = if self.memory == MemoryMode::Map { 0 } else { self.bytes.len() };
        let mapping = self.mapping.as_deref().map_or(0, size_of_val);
        elements + mapping + self.weights.as_ref().map_or(0, |weights| weights.len() * weights.element_type().size())
    }

    /// Gives the pages of a mapped file back that were read, as all of them count as memory of this process: one row brings 64 KB
    /// with it. The next reads take a microsecond for each 64 KB. Nothing happens to a table that is not mapped.
    pub fn release_pages(&self) {
        self.bytes.release_pages();
    }

    /// How the bytes are held: `Copy` or `Map`.
    #[must_use]
    pub fn memory(&self) -> MemoryMode {
        self.memory
    }
}

impl Weights {
    /// How many token ids have a factor.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::F16(weights) => weights.len(),
            Self::F32(weights) => weights.len(),
            Self::F64(weights) => weights.len(),
        }
    }

    pub(crate) fn element_type(&self) -> ElementType {
        match self {
            Self::F16(_) => ElementType::F16,
            Self::F32(_) => ElementType::F32,
            Self::F64(_) => ElementType::F64,
        }
    }
}

/// The type of a mapping's entries in a file: any integers, as numpy takes any for indices. In memory they are unsigned, of 32 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum MappingType {
    U8,
    I8,
    I16,
    U16,
    #[default]
    I32,
    U32,
    I64,
    U64,
}

impl MappingType {
    const ALL: [Self; 8] = [Self::U8, Self::I8, Self::I16, Self::U16, Self::I32, Self::U32, Self::I64, Self::U64];

    /// The safetensors format's name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::U8 => "U8",
            Self::I8 => "I8",
            Self::I16 => "I16",
            Self::U16 => "U16",
            Self::I32 => "I32",
            Self::U32 => "U32",
            Self::I64 => "I64",
            Self::U64 => "U64",
        }
    }

    /// Bytes of an entry.
    pub(crate) fn size(self) -> usize {
        match self {
            Self::U8 | Self::I8 => 1,
            Self::I16 | Self::U16 => 2,
            Self::I32 | Self::U32 => 4,
            Self::I64 | Self::U64 => 8,
        }
    }
}

/// The type of a table's elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ElementType {
    /// IEEE single.
    F32,
    /// IEEE half.
    F16,
    /// IEEE double.
    F64,
    /// Signed bytes.
    I8,
}

impl ElementType {
    fn of(path: &Path, tensor: &Tensor) -> Result<Self, LoadError> {
        match tensor.dtype.as_str() {
            "F32" => Ok(Self::F32),
            "F16" => Ok(Self::F16),
            "F64" => Ok(Self::F64),
            "I8" => Ok(Self::I8),
            // Python can't load `BF16` either: numpy has no such type.
            _ => Err(tensor.unsupported_dtype(path, "`F64`, `F32`, `F16` or `I8`")),
        }
    }

    /// numpy's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::F64 => "float64",
            Self::F32 => "float32",
            Self::F16 => "float16",
            Self::I8 => "int8",
        }
    }

    /// The type that numpy calls so.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::F64, Self::F32, Self::F16, Self::I8].into_iter().find(|element| element.name() == name)
    }

    pub(crate) fn size(self) -> usize {
        match self {
            Self::I8 => 1,
            Self::F16 => 2,
            Self::F32 => 4,
            Self::F64 => 8,
        }
    }
}

fn rows_and_dim(path: &Path, tensor: &Tensor) -> Result<(usize, usize), LoadError> {
    let [rows, dim] = tensor.shape[..] else {
        return Err(wrong_shape(path, tensor));
    };
    if rows == 0 || dim == 0 {
        return Err(wrong_shape(path, tensor));
    }
    match (usize::try_from(rows), usize::try_from(dim)) {
        (Ok(rows), Ok(dim)) => Ok((rows, dim)),
        _ => Err(LoadError::OutOfMemory { path: path.to_owned(), bytes: tensor.length }),
    }
}

fn wrong_shape(path: &Path, tensor: &Tensor) -> LoadError {
    let reason = format!("tensor `{}` must have rows and columns, found shape {}", tensor.name, tensor.shown_shape());
    LoadError::shape_mismatch(path, reason)
}

/// The table's bytes, and how they are held.
fn read_elements(
    file: &TensorFile,
    tensor: &Tensor,
    element: ElementType,
    memory: MemoryMode,
) -> Result<(TableBytes, MemoryMode), LoadError> {
    let out_of_memory = || LoadError::OutOfMemory { path: file.path().to_owned(), bytes: tensor.length };
    let length = usize::try_from(tensor.length).map_err(|_| out_of_memory())?;
    if memory.maps(tensor.length)
        && let Some(bytes) = TableBytes::map(file.file(), tensor.position, length, element.size())
    {
        return Ok((bytes, MemoryMode::Map));
    }
    match TableBytes::copy(file.reader(tensor)?, length) {
        Ok(bytes) => Ok((bytes, MemoryMode::Copy)),
        Err(CopyError::OutOfMemory) => Err(out_of_memory()),
        Err(CopyError::Unreadable(error)) => Err(file.unreadable(tensor, &error)),
    }
}
