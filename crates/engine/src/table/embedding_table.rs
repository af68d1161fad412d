//! The loaded table, and reading it from a safetensors file.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::error::LoadError;
use crate::files::safetensors::{Tensor, TensorFile};
use crate::table::bytes::{CopyError, MemoryMode, TableBytes};
use crate::table::finite;
use crate::table::number_types::{ElementType, Elements, MappingType, Weights};
use crate::table::per_token;
use crate::table::quantize::{Conversion, Reduction};
use crate::table::table_memory::{Source, TableMemory};

/// How long a table that is to be copied stays mapped. A command line or a function that encodes a
/// few texts is done by then; to a server it is nothing. Every read during this time relies on the
/// file not being truncated in place.
const MAPPED_FIRST: Duration = Duration::from_millis(50);

/// A loaded table. The pooling kernels rely on these invariants:
///
/// 1. `elements()` has exactly `rows() * dim()` elements, and `dim() > 0`.
/// 2. Every entry of `mapping()` is less than `rows()`.
/// 3. Every token id below `id_count()` is safe: `mapping()` and `weights()`, where there are any,
///    have at least `id_count()` entries, and without a mapping `id_count() <= rows()`.
#[derive(Debug)]
pub struct EmbeddingTable {
    pub(super) bytes: TableMemory,
    pub(super) element: ElementType,
    pub(super) rows: usize,
    pub(super) dim: usize,
    pub(super) mapping: Option<Vec<u32>>,
    pub(super) mapping_type: MappingType,
    pub(super) weights: Option<Weights>,
    pub(super) id_count: usize,
    /// How the table was read: `Copy` or `Map`.
    pub(super) read_as: MemoryMode,
}

impl EmbeddingTable {
    /// Reads the tensor named `tensor` (rows × dim), and the optional tensors `weights` and
    /// `mapping`, from a safetensors file.
    ///
    /// A table that `reduction` changes, or whose bytes are not aligned in the file, is copied even
    /// with [`MemoryMode::Map`]; [`memory`](Self::memory) says which it was. With
    /// [`MemoryMode::Auto`] a table may be mapped until [`settle`](Self::settle) copies it.
    ///
    /// # Errors
    /// [`LoadError::BadSafetensors`], [`LoadError::UnsupportedDtype`],
    /// [`LoadError::ShapeMismatch`], [`LoadError::OutOfMemory`], and [`LoadError::InvalidOption`]
    /// for a dimensionality that the table doesn't have.
    pub fn read(path: &Path, tensor: &str, memory: MemoryMode, reduction: Reduction) -> Result<Self, LoadError> {
        let file = TensorFile::open(path)?;
        let tensor = file.require(tensor)?;
        let from = element_type(path, tensor)?;
        let (rows, dim) = rows_and_dim(path, tensor)?;
        let columns = reduction.columns(path, dim)?;
        let conversion = Conversion { from, to: reduction.quantize_to.unwrap_or(from), dim, columns };
        let (mapping, mapping_type) = per_token::read_mapping(&file, rows)?.unzip();
        let weights = per_token::read_weights(&file)?;
        let (bytes, read_as) = if conversion.is_identity() {
            read_elements(&file, tensor, from, memory)?
        } else {
            (TableMemory::settled(conversion.read(&file, tensor, rows)?), MemoryMode::Copy)
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
            read_as,
        })
    }

    /// A copy of this table in which NaN is 0 and infinities are the largest numbers of the element
    /// type, as by `numpy.nan_to_num`; `None` where all numbers are finite, as nearly always.
    ///
    /// # Errors
    /// [`LoadError::OutOfMemory`]; `path` is the table's file, for the message.
    pub(crate) fn with_finite_numbers(&self, path: &Path) -> Result<Option<Self>, LoadError> {
        let length = self.bytes.bytes().len();
        let bytes = finite::copy(self.elements(), length);
        // The pages of a mapped file that were read only for this.
        self.release_pages();
        let bytes = bytes.map_err(|_| LoadError::OutOfMemory { path: path.to_owned(), bytes: length as u64 })?;
        Ok(bytes.map(|bytes| Self {
            bytes: TableMemory::settled(bytes),
            mapping: self.mapping.clone(),
            weights: self.weights.clone(),
            read_as: MemoryMode::Copy,
            ..*self
        }))
    }

    /// How many rows the table has.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// How many columns a row has: the dimensions of a vector.
    #[must_use]
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// The type of the elements.
    #[must_use]
    pub fn element_type(&self) -> ElementType {
        self.element
    }

    /// The elements, row-major: rows × dim.
    #[must_use]
    pub fn elements(&self) -> Elements<'_> {
        let bytes = self.bytes.bytes();
        match self.element {
            ElementType::F32 => Elements::F32(bytes.elements()),
            ElementType::F16 => Elements::F16(bytes.elements()),
            ElementType::F64 => Elements::F64(bytes.elements()),
            ElementType::I8 => Elements::I8(bytes.elements()),
        }
    }

    /// The row of each token id; `None` = the id is its own row.
    #[must_use]
    pub fn mapping(&self) -> Option<&[u32]> {
        self.mapping.as_deref()
    }

    /// The type that the mapping's entries have in the file.
    pub(crate) fn mapping_type(&self) -> MappingType {
        self.mapping_type
    }

    /// The weight of each token id; `None` = all are 1.
    #[must_use]
    pub fn weights(&self) -> Option<&Weights> {
        self.weights.as_ref()
    }

    /// The number of token ids that the table has a row for: all ids below it (invariant 3).
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

    /// The bytes of this process's own memory that the table holds, or will hold once it is copied;
    /// the pages of a mapped file do not count.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        let is_mapped = self.memory() == MemoryMode::Map && !self.is_to_be_copied();
        let elements = if is_mapped { 0 } else { self.bytes.bytes().len() };
        let mapping = self.mapping.as_deref().map_or(0, size_of_val);
        elements + mapping + self.weights.as_ref().map_or(0, |weights| weights.len() * weights.element_type().size())
    }

    /// Releases the pages of a mapped file that were read, which count as memory of this process:
    /// reading one row maps 64 KB. The next reads take a microsecond per 64 KB. Does nothing for a
    /// table that is not mapped.
    pub fn release_pages(&self) {
        self.bytes.release_pages();
    }

    /// How the bytes are held now: `Copy` or `Map`, never `Auto`.
    #[must_use]
    pub fn memory(&self) -> MemoryMode {
        if self.bytes.is_copied() { MemoryMode::Copy } else { self.read_as }
    }

    /// Whether the table is mapped and will be copied.
    #[must_use]
    pub fn is_to_be_copied(&self) -> bool {
        self.bytes.is_to_be_copied()
    }

    /// Copies the table now if it is to be copied, or waits for the thread that does. Without
    /// memory for it the table stays mapped.
    pub fn settle(&self) {
        self.bytes.settle();
    }

    /// Has another thread copy the table in a moment, if it is to be copied and still there then.
    pub(crate) fn copy_soon(self: &Arc<Self>) {
        if !self.is_to_be_copied() {
            return;
        }
        let table = Arc::downgrade(self);
        let copy = move || {
            std::thread::sleep(MAPPED_FIRST);
            if let Some(table) = table.upgrade() {
                table.settle();
            }
        };
        let thread = std::thread::Builder::new().name("model2vec-copy".to_owned());
        if thread.spawn(copy).is_err() {
            // The system grants no thread.
            self.settle();
        }
    }
}

fn element_type(path: &Path, tensor: &Tensor) -> Result<ElementType, LoadError> {
    ElementType::from_safetensors(&tensor.dtype)
        .ok_or_else(|| tensor.unsupported_dtype(path, "`F64`, `F32`, `F16` or `I8`"))
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

/// Maps or copies the table's bytes, and says which it was.
fn read_elements(
    file: &TensorFile,
    tensor: &Tensor,
    element: ElementType,
    memory: MemoryMode,
) -> Result<(TableMemory, MemoryMode), LoadError> {
    let out_of_memory = || LoadError::OutOfMemory { path: file.path().to_owned(), bytes: tensor.length };
    let length = usize::try_from(tensor.length).map_err(|_| out_of_memory())?;
    let mapped = || TableBytes::map(file.file(), tensor.position, length, element.size());
    if memory.maps(tensor.length)
        && let Some(bytes) = mapped()
    {
        return Ok((TableMemory::settled(bytes), MemoryMode::Map));
    }
    if memory.maps_first(tensor.length)
        && let Some(bytes) = mapped()
        && let Ok(file) = file.file().try_clone()
    {
        let source = Source { file, position: tensor.position };
        return Ok((TableMemory::to_be_copied(bytes, source), MemoryMode::Map));
    }
    match TableBytes::copy(file.reader(tensor)?, length) {
        Ok(bytes) => Ok((TableMemory::settled(bytes), MemoryMode::Copy)),
        Err(CopyError::OutOfMemory) => Err(out_of_memory()),
        Err(CopyError::Unreadable(error)) => Err(file.unreadable(tensor, &error)),
    }
}
