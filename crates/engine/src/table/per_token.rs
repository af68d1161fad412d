//! Reads the two tensors with one entry per token id, which vocabulary quantization adds: `weights`
//! and `mapping`.

use std::io::Read;
use std::path::Path;

use crate::error::LoadError;
use crate::files::safetensors::{Tensor, TensorFile};
use crate::table::number_types::{MappingType, Weights};

/// The weight of each token id, if the file has weights.
pub(super) fn read_weights(file: &TensorFile) -> Result<Option<Weights>, LoadError> {
    let Some(tensor) = file.find("weights") else { return Ok(None) };
    Ok(Some(match tensor.dtype.as_str() {
        "F16" => Weights::F16(read_entries(file, tensor, u16::from_le_bytes)?),
        "F32" => Weights::F32(read_entries(file, tensor, f32::from_le_bytes)?),
        "F64" => Weights::F64(read_entries(file, tensor, f64::from_le_bytes)?),
        _ => return Err(tensor.unsupported_dtype(file.path(), "`F16`, `F32` or `F64`")),
    }))
}

/// The row of each token id, if the file has a mapping. Every entry must be from 0 to `rows - 1`:
/// numpy would count a negative one from the end, and fail at a larger one as soon as its token
/// occurs.
pub(super) fn read_mapping(file: &TensorFile, rows: usize) -> Result<Option<(Vec<u32>, MappingType)>, LoadError> {
    let Some(tensor) = file.find("mapping") else { return Ok(None) };
    let Some(mapping_type) = MappingType::ALL.into_iter().find(|known| known.safetensors_name() == tensor.dtype) else {
        return Err(tensor.unsupported_dtype(file.path(), "`I32`, `I64` or other integers"));
    };
    // Wide enough for every type.
    let entries: Vec<i128> = match mapping_type {
        MappingType::U8 => read_entries(file, tensor, |bytes| u8::from_le_bytes(bytes).into())?,
        MappingType::I8 => read_entries(file, tensor, |bytes| i8::from_le_bytes(bytes).into())?,
        MappingType::I16 => read_entries(file, tensor, |bytes| i16::from_le_bytes(bytes).into())?,
        MappingType::U16 => read_entries(file, tensor, |bytes| u16::from_le_bytes(bytes).into())?,
        MappingType::I32 => read_entries(file, tensor, |bytes| i32::from_le_bytes(bytes).into())?,
        MappingType::U32 => read_entries(file, tensor, |bytes| u32::from_le_bytes(bytes).into())?,
        MappingType::I64 => read_entries(file, tensor, |bytes| i64::from_le_bytes(bytes).into())?,
        MappingType::U64 => read_entries(file, tensor, |bytes| u64::from_le_bytes(bytes).into())?,
    };
    let mut mapping = reserve(file.path(), entries.len())?;
    for (index, entry) in entries.into_iter().enumerate() {
        match u32::try_from(entry) {
            Ok(row) if (row as usize) < rows => mapping.push(row),
            _ => {
                return Err(LoadError::shape_mismatch(
                    file.path(),
                    format!("`mapping[{index}]` must be a row of the table, from 0 to {}, found {entry}", rows - 1),
                ));
            }
        }
    }
    Ok(Some((mapping, mapping_type)))
}

/// The entries of a one-dimensional tensor, whose element type has `N` bytes.
fn read_entries<const N: usize, T>(
    file: &TensorFile,
    tensor: &Tensor,
    from_le_bytes: impl Fn([u8; N]) -> T,
) -> Result<Vec<T>, LoadError> {
    let total = tensor.entries(file.path())?;
    let mut entries = reserve(file.path(), total)?;
    let mut reader = file.reader(tensor)?;
    let mut chunk = [[0; N]; 4096];
    while entries.len() < total {
        let count = chunk.len().min(total - entries.len());
        let chunk = &mut chunk[..count];
        reader.read_exact(chunk.as_flattened_mut()).map_err(|error| file.unreadable(tensor, &error))?;
        entries.extend(chunk.iter().map(|&bytes| from_le_bytes(bytes)));
    }
    Ok(entries)
}

fn reserve<T>(path: &Path, entries: usize) -> Result<Vec<T>, LoadError> {
    let mut vec = Vec::new();
    match vec.try_reserve_exact(entries) {
        Ok(()) => Ok(vec),
        Err(_) => Err(LoadError::OutOfMemory {
            path: path.to_owned(),
            bytes: (entries as u64).saturating_mul(size_of::<T>() as u64),
        }),
    }
}
