//! Writes a table to a safetensors file as the `safetensors` library 0.8 does (tensor.rs,
//! `prepare`): tensors ordered by descending rank of their type, then by name; the header padded
//! with spaces to a multiple of 8 bytes.

use std::io::{self, Write};

use crate::table::{ElementType, Elements, EmbeddingTable, MappingType, Weights};

/// A tensor to be written.
struct Tensor<'a> {
    name: &'static str,
    /// The place of its type in the library's order.
    rank: u8,
    dtype: &'static str,
    shape: String,
    data: Data<'a>,
}

enum Data<'a> {
    Table(Elements<'a>),
    Weights(&'a Weights),
    Mapping(&'a [u32], MappingType),
}

/// Writes the table with its weights and its mapping.
///
/// # Errors
/// Those of `out`.
pub(super) fn write(table: &EmbeddingTable, out: &mut impl Write) -> io::Result<()> {
    let mut tensors = vec![Tensor {
        name: "embeddings",
        rank: rank(table.element_type()),
        dtype: table.element_type().safetensors_name(),
        shape: format!("[{},{}]", table.rows(), table.dim()),
        data: Data::Table(table.elements()),
    }];
    if let Some(weights) = table.weights() {
        let element = weights.element_type();
        let shape = format!("[{}]", weights.len());
        tensors.push(Tensor {
            name: "weights",
            rank: rank(element),
            dtype: element.safetensors_name(),
            shape,
            data: Data::Weights(weights),
        });
    }
    if let Some(mapping) = table.mapping() {
        let entry = table.mapping_type();
        let shape = format!("[{}]", mapping.len());
        let data = Data::Mapping(mapping, entry);
        tensors.push(Tensor {
            name: "mapping",
            rank: mapping_rank(entry),
            dtype: entry.safetensors_name(),
            shape,
            data,
        });
    }
    tensors.sort_by(|a, b| b.rank.cmp(&a.rank).then(a.name.cmp(b.name)));

    let mut begin = 0;
    let entries: Vec<_> = tensors
        .iter()
        .map(|Tensor { name, dtype, shape, data, .. }| {
            let end = begin + data.bytes();
            let entry = format!(r#""{name}":{{"dtype":"{dtype}","shape":{shape},"data_offsets":[{begin},{end}]}}"#);
            begin = end;
            entry
        })
        .collect();
    let mut header = format!("{{{}}}", entries.join(","));
    header.extend(std::iter::repeat_n(' ', header.len().next_multiple_of(8) - header.len()));
    out.write_all(&(header.len() as u64).to_le_bytes())?;
    out.write_all(header.as_bytes())?;
    tensors.iter().try_for_each(|tensor| tensor.data.write(out))
}

/// The place of an element type in the library's `Dtype`.
fn rank(element: ElementType) -> u8 {
    match element {
        ElementType::I8 => 1,
        ElementType::F16 => 4,
        ElementType::F32 => 7,
        ElementType::F64 => 8,
    }
}

/// [`rank`] of a mapping's entries.
fn mapping_rank(entry: MappingType) -> u8 {
    match entry {
        MappingType::U8 => 0,
        MappingType::I8 => 1,
        MappingType::I16 => 2,
        MappingType::U16 => 3,
        MappingType::I32 => 5,
        MappingType::U32 => 6,
        MappingType::I64 => 9,
        MappingType::U64 => 10,
    }
}

impl Data<'_> {
    fn bytes(&self) -> usize {
        match self {
            Self::Table(Elements::I8(elements)) => size_of_val(*elements),
            Self::Table(Elements::F16(elements)) => size_of_val(*elements),
            Self::Table(Elements::F32(elements)) => size_of_val(*elements),
            Self::Table(Elements::F64(elements)) => size_of_val(*elements),
            Self::Weights(weights) => weights.len() * weights.element_type().size(),
            Self::Mapping(mapping, entry) => entry.size() * mapping.len(),
        }
    }

    fn write(&self, out: &mut impl Write) -> io::Result<()> {
        match self {
            Self::Table(Elements::I8(elements)) => write_each(elements, |element| element.to_le_bytes(), out),
            Self::Table(Elements::F16(elements)) => write_each(elements, |element| element.to_le_bytes(), out),
            Self::Table(Elements::F32(elements)) => write_each(elements, |element| element.to_le_bytes(), out),
            Self::Table(Elements::F64(elements)) => write_each(elements, |element| element.to_le_bytes(), out),
            Self::Weights(Weights::F16(weights)) => write_each(weights, |weight| weight.to_le_bytes(), out),
            Self::Weights(Weights::F32(weights)) => write_each(weights, |weight| weight.to_le_bytes(), out),
            Self::Weights(Weights::F64(weights)) => write_each(weights, |weight| weight.to_le_bytes(), out),
            // The rows came from entries of this type, so the bytes that are cut off are zeros.
            Self::Mapping(mapping, entry) => match entry.size() {
                1 => write_each(mapping, |row| [row.to_le_bytes()[0]], out),
                2 => write_each(mapping, |row| [row.to_le_bytes()[0], row.to_le_bytes()[1]], out),
                4 => write_each(mapping, |row| row.to_le_bytes(), out),
                _ => write_each(mapping, |row| u64::from(row).to_le_bytes(), out),
            },
        }
    }
}

/// Writes through a small buffer, so that the table is never in memory twice.
fn write_each<T: Copy, const N: usize>(
    values: &[T],
    to_le_bytes: impl Fn(T) -> [u8; N],
    out: &mut impl Write,
) -> io::Result<()> {
    let mut buffer = [[0; N]; 8192];
    for values in values.chunks(buffer.len()) {
        for (bytes, &value) in buffer.iter_mut().zip(values) {
            *bytes = to_le_bytes(value);
        }
        out.write_all(buffer[..values.len()].as_flattened())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{MemoryMode, Reduction};

    /// The files that `safetensors.numpy.save` 0.8 writes of a table [[1], [2]] and a mapping [1,
    /// 0] of each type of integers.
    const SAVED: [(&str, &str); 8] = [
        (
            r#"{"embeddings":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},"mapping":{"dtype":"U8","shape":[2],"data_offsets":[8,10]}}    "#,
            "0000803f000000400100",
        ),
        (
            r#"{"embeddings":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},"mapping":{"dtype":"I8","shape":[2],"data_offsets":[8,10]}}    "#,
            "0000803f000000400100",
        ),
        (
            r#"{"embeddings":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},"mapping":{"dtype":"I16","shape":[2],"data_offsets":[8,12]}}   "#,
            "0000803f0000004001000000",
        ),
        (
            r#"{"embeddings":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},"mapping":{"dtype":"U16","shape":[2],"data_offsets":[8,12]}}   "#,
            "0000803f0000004001000000",
        ),
        (
            r#"{"embeddings":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},"mapping":{"dtype":"I32","shape":[2],"data_offsets":[8,16]}}   "#,
            "0000803f000000400100000000000000",
        ),
        (
            r#"{"embeddings":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},"mapping":{"dtype":"U32","shape":[2],"data_offsets":[8,16]}}   "#,
            "0000803f000000400100000000000000",
        ),
        (
            r#"{"mapping":{"dtype":"I64","shape":[2],"data_offsets":[0,16]},"embeddings":{"dtype":"F32","shape":[2,1],"data_offsets":[16,24]}} "#,
            "010000000000000000000000000000000000803f00000040",
        ),
        (
            r#"{"mapping":{"dtype":"U64","shape":[2],"data_offsets":[0,16]},"embeddings":{"dtype":"F32","shape":[2,1],"data_offsets":[16,24]}} "#,
            "010000000000000000000000000000000000803f00000040",
        ),
    ];

    #[test]
    fn a_mapping_of_any_integers_is_saved_as_python_saves_it() {
        let path = std::env::temp_dir().join(format!("m2v-saved-mapping-{}.safetensors", std::process::id()));
        for (header, data) in SAVED {
            let data: Vec<u8> =
                (0..data.len()).step_by(2).map(|at| u8::from_str_radix(&data[at..at + 2], 16).unwrap()).collect();
            let python = [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &data].concat();
            std::fs::write(&path, &python).unwrap();
            let table = EmbeddingTable::read(&path, "embeddings", MemoryMode::Copy, Reduction::default()).unwrap();
            let mut ours = Vec::new();
            write(&table, &mut ours).unwrap();
            assert_eq!(ours, python, "{header}");
        }
        std::fs::remove_file(path).unwrap();
    }
}
