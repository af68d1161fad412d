//! Reads and checks the header of a safetensors file: which tensors it holds, and where.
//!
//! A file is 8 bytes of header length, a JSON header, then the tensors' bytes. The checks are those
//! of the `safetensors` library 0.8, with which Python reads models (tensor.rs, `read_metadata` and
//! `Metadata::validate`): the header has at most 100 MB, the tensors cover the file without holes
//! or overlaps, and each tensor has the length that its element type and shape require. One check
//! is stricter: of two tensors with one name, which the format forbids, the library takes the last,
//! and this reader takes none.

use std::fmt;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::error::{LoadError, excerpt};
use crate::files::foreign_file;

const LARGEST_HEADER: u64 = 100_000_000;

/// The bits per element of every type that the format knows.
const ELEMENT_BITS: [(&str, u64); 22] = [
    ("F4", 4),
    ("F6_E2M3", 6),
    ("F6_E3M2", 6),
    ("BOOL", 8),
    ("U8", 8),
    ("I8", 8),
    ("F8_E5M2", 8),
    ("F8_E4M3", 8),
    ("F8_E8M0", 8),
    ("F8_E4M3FNUZ", 8),
    ("F8_E5M2FNUZ", 8),
    ("I16", 16),
    ("U16", 16),
    ("F16", 16),
    ("BF16", 16),
    ("I32", 32),
    ("U32", 32),
    ("F32", 32),
    ("C64", 64),
    ("F64", 64),
    ("I64", 64),
    ("U64", 64),
];

/// An open file with a checked header.
pub(crate) struct TensorFile {
    path: PathBuf,
    file: File,
    tensors: Vec<Tensor>,
}

/// One tensor of a [`TensorFile`]. `dtype` and `shape` require exactly `length` bytes, which the
/// file had when it was opened.
#[derive(Debug)]
pub(crate) struct Tensor {
    pub(crate) name: String,
    pub(crate) dtype: String,
    pub(crate) shape: Vec<u64>,
    /// Where its bytes begin in the file.
    pub(crate) position: u64,
    /// How many bytes it has.
    pub(crate) length: u64,
}

impl TensorFile {
    /// Opens a file and checks its header.
    pub(crate) fn open(path: &Path) -> Result<Self, LoadError> {
        let unreadable =
            |error: io::Error| LoadError::bad_safetensors(path, format!("the file can't be read: {error}"));
        let file = File::open(path).map_err(unreadable)?;
        let file_length = file.metadata().map_err(unreadable)?.len();
        if file_length < 8 {
            return Err(no_header(
                path,
                format!("expected 8 bytes of header length, found a file of {file_length} bytes"),
            ));
        }
        let mut header_length = [0; 8];
        (&file).read_exact(&mut header_length).map_err(unreadable)?;
        let header_length = u64::from_le_bytes(header_length);
        let rest = file_length - 8;
        if header_length > LARGEST_HEADER.min(rest) {
            return Err(no_header(
                path,
                format!(
                    "the header claims {header_length} bytes, expected at most {} (of a file of {file_length} bytes)",
                    LARGEST_HEADER.min(rest)
                ),
            ));
        }
        let mut header = Vec::new();
        // At most `LARGEST_HEADER`, so it fits in usize.
        if header.try_reserve_exact(header_length as usize).is_err() {
            return Err(LoadError::OutOfMemory { path: path.to_owned(), bytes: header_length });
        }
        (&file).take(header_length).read_to_end(&mut header).map_err(unreadable)?;
        let tensors = parse_header(path, &header)?;
        let tensors = check_tensors(path, tensors, 8 + header_length, rest - header_length)?;
        Ok(Self { path: path.to_owned(), file, tensors })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    /// All tensors.
    pub(crate) fn tensors(&self) -> &[Tensor] {
        &self.tensors
    }

    /// The tensor with this name.
    pub(crate) fn find(&self, name: &str) -> Option<&Tensor> {
        self.tensors.iter().find(|tensor| tensor.name == name)
    }

    /// The tensor of that name, or an error that lists the names in the file.
    pub(crate) fn require(&self, name: &str) -> Result<&Tensor, LoadError> {
        self.find(name).ok_or_else(|| {
            let names: Vec<_> = self.tensors.iter().take(8).map(|tensor| tensor.name.as_str()).collect();
            LoadError::bad_safetensors(
                &self.path,
                format!(
                    "expected a tensor `{name}`, found {} tensors: {}",
                    self.tensors.len(),
                    excerpt(&names.join(", "))
                ),
            )
        })
    }

    /// A reader of the tensor's bytes.
    pub(crate) fn reader(&self, tensor: &Tensor) -> Result<io::Take<&File>, LoadError> {
        let mut file = &self.file;
        file.seek(SeekFrom::Start(tensor.position)).map_err(|error| self.unreadable(tensor, &error))?;
        Ok(file.take(tensor.length))
    }

    /// The error for bytes of a tensor that can't be read.
    pub(crate) fn unreadable(&self, tensor: &Tensor, error: &io::Error) -> LoadError {
        LoadError::bad_safetensors(&self.path, format!("tensor `{}` can't be read: {error}", excerpt(&tensor.name)))
    }
}

impl Tensor {
    /// The error for an element type that is not allowed here. `expected` lists the allowed ones.
    pub(crate) fn unsupported_dtype(&self, path: &Path, expected: &str) -> LoadError {
        LoadError::unsupported_dtype(
            path,
            format!(
                "tensor `{}` must have elements of type {expected}, found `{}`",
                excerpt(&self.name),
                excerpt(&self.dtype)
            ),
        )
    }

    /// The number of entries of a one-dimensional tensor.
    pub(crate) fn entries(&self, path: &Path) -> Result<usize, LoadError> {
        match self.shape[..] {
            [entries] => usize::try_from(entries)
                .map_err(|_| LoadError::OutOfMemory { path: path.to_owned(), bytes: self.length }),
            _ => Err(LoadError::shape_mismatch(
                path,
                format!("tensor `{}` must have 1 dimension, found shape {}", excerpt(&self.name), self.shown_shape()),
            )),
        }
    }

    /// The shape for a message.
    pub(crate) fn shown_shape(&self) -> String {
        excerpt(&format!("{:?}", &self.shape[..self.shape.len().min(64)]))
    }
}

/// The error for a file without a valid header: the kind of the file if its first bytes show it,
/// else
/// `reason`.
fn no_header(path: &Path, reason: String) -> LoadError {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(foreign_file::FIRST_BYTES as u64).read_to_end(&mut bytes));
    let reason = match foreign_file::kind_of(&bytes) {
        Some(kind) if read.is_ok() => format!("expected a safetensors file, found {kind}"),
        _ => reason,
    };
    LoadError::bad_safetensors(path, reason)
}

#[derive(Deserialize)]
struct TensorEntry {
    dtype: String,
    shape: Vec<u64>,
    data_offsets: (u64, u64),
}

struct HeaderVisitor;

impl<'de> Visitor<'de> for HeaderVisitor {
    type Value = Vec<(String, TensorEntry)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of tensors")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        let mut has_metadata = false;
        while let Some(name) = map.next_key::<String>()? {
            if name != "__metadata__" {
                entries.push((name, map.next_value()?));
            } else if has_metadata {
                return Err(A::Error::duplicate_field("__metadata__"));
            } else {
                has_metadata = true;
                map.next_value::<Option<std::collections::HashMap<String, String>>>()?;
            }
        }
        Ok(entries)
    }
}

fn parse_header(path: &Path, json: &[u8]) -> Result<Vec<(String, TensorEntry)>, LoadError> {
    let mut parser = serde_json::Deserializer::from_slice(json);
    let entries = parser.deserialize_map(HeaderVisitor);
    entries.and_then(|entries| parser.end().map(|()| entries)).map_err(|error| {
        no_header(path, format!("expected a header that is a JSON object of tensors: {}", excerpt(&error.to_string())))
    })
}

/// Checks that the tensors cover the data without holes or overlaps, and that each has the bytes
/// that its type and shape require.
fn check_tensors(
    path: &Path,
    mut entries: Vec<(String, TensorEntry)>,
    data_position: u64,
    data_length: u64,
) -> Result<Vec<Tensor>, LoadError> {
    refuse_duplicates(path, &mut entries)?;
    entries.sort_by_key(|(_, entry)| entry.data_offsets);
    let mut tensors = Vec::with_capacity(entries.len());
    let mut covered = 0;
    for (name, TensorEntry { dtype, shape, data_offsets: (begin, end) }) in entries {
        let bad = |reason| LoadError::bad_safetensors(path, format!("tensor `{}` {reason}", excerpt(&name)));
        if begin != covered || end < begin {
            return Err(bad(format!("has the bytes {begin} to {end} of the data, expected it to begin at {covered}")));
        }
        if end > data_length {
            return Err(bad(format!("ends at byte {end} of the data, which has {data_length}")));
        }
        let Some(&(_, bits)) = ELEMENT_BITS.iter().find(|(known, _)| *known == dtype) else {
            return Err(LoadError::unsupported_dtype(
                path,
                format!("tensor `{}` has elements of the unknown type `{}`", excerpt(&name), excerpt(&dtype)),
            ));
        };
        let tensor = Tensor { name, dtype, shape, position: data_position + begin, length: end - begin };
        // A product that overflows is refused even if a later dimension is 0, as in the library.
        let needed_bits = tensor.shape.iter().try_fold(1_u64, |count, &size| count.checked_mul(size));
        let needed_bits = needed_bits.and_then(|elements| elements.checked_mul(bits));
        if needed_bits != tensor.length.checked_mul(8) || needed_bits.is_none() {
            return Err(LoadError::bad_safetensors(
                path,
                format!(
                    "tensor `{}` has {} bytes, which is not what shape {} of `{}` needs",
                    excerpt(&tensor.name),
                    tensor.length,
                    tensor.shown_shape(),
                    tensor.dtype
                ),
            ));
        }
        tensors.push(tensor);
        covered = end;
    }
    if covered != data_length {
        return Err(LoadError::bad_safetensors(
            path,
            format!("the tensors have {covered} bytes, expected the {data_length} after the header"),
        ));
    }
    Ok(tensors)
}

fn refuse_duplicates(path: &Path, entries: &mut [(String, TensorEntry)]) -> Result<(), LoadError> {
    entries.sort_by(|(a, _), (b, _)| a.cmp(b));
    match entries.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        Some(pair) => Err(LoadError::bad_safetensors(path, format!("two tensors are named `{}`", excerpt(&pair[0].0)))),
        None => Ok(()),
    }
}
