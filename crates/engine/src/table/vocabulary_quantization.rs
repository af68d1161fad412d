//! Vocabulary quantization: replaces the rows by the centers of their clusters, with a mapping from
//! token ids to centers, and the lengths of the rows as weights (model2vec 0.10.0,
//! vocabulary_quantization.py, `quantize_vocabulary`). Lengths and directions are computed in
//! numpy's number types; the clusters are those of [`crate::table::cluster`].

use std::path::Path;

use crate::error::LoadError;
use crate::float16::{from_f32, to_f32};
use crate::isa::Isa;
use crate::load_control::LoadControl;
use crate::pooling::norm::pairwise_sum;
use crate::table::bytes::MemoryMode;
use crate::table::cluster::{Clusters, cluster};
use crate::table::embedding_table::EmbeddingTable;
use crate::table::number_types::{ElementType, Elements, MappingType, Weights};
use crate::table::quantize::{Conversion, Reduction};
use crate::table::table_memory::TableMemory;
use crate::threads::default_threads;

/// The 1e-32 that model2vec adds to every length. In half precision it is 0.
const TINY: f64 = 1e-32;

impl EmbeddingTable {
    /// Clusters the rows, and gives the table of the `clusters` centers, reduced by `reduction`.
    ///
    /// # Errors
    /// [`LoadError::InvalidOption`] for a table that has a mapping, for more clusters than rows or
    /// none, and for rows that are not finite; [`LoadError::Cancelled`];
    /// [`LoadError::OutOfMemory`].
    pub(crate) fn quantize_vocabulary(
        mut self,
        path: &Path,
        clusters: usize,
        reduction: Reduction,
        isa: Isa,
        control: &LoadControl,
    ) -> Result<Self, LoadError> {
        let refused = |reason: String| LoadError::InvalidOption { path: path.to_owned(), reason };
        if self.mapping.is_some() {
            let reason =
                "`vocabularyQuantization` needs a model whose vocabulary is not quantized yet, found a `mapping`";
            return Err(refused(reason.to_owned()));
        }
        if !(1..=self.rows).contains(&clusters) {
            return Err(refused(format!(
                "`vocabularyQuantization` must be from 1 to {}, the rows of the table, found {clusters}",
                self.rows
            )));
        }
        let columns = reduction.columns(path, self.dim)?;
        let mut directions = Vec::new();
        let directions_bytes = (self.rows as u64).saturating_mul(self.dim as u64).saturating_mul(4);
        directions
            .try_reserve_exact(self.rows * self.dim)
            .map_err(|_| LoadError::OutOfMemory { path: path.to_owned(), bytes: directions_bytes })?;
        let (weights, element) = match self.weights.take() {
            Some(weights) => {
                push_rows(self.elements(), &mut directions);
                (weights, self.element)
            }
            None => {
                let weights = push_directions(self.elements(), self.dim, &mut directions);
                let element = weights.element_type();
                (weights, element)
            }
        };
        if let Some(index) = directions.iter().position(|element| !element.is_finite()) {
            return Err(refused(format!(
                "`vocabularyQuantization` needs rows of finite numbers and of a length that is not 0, found row {}",
                index / self.dim
            )));
        }
        let found = cluster(&directions, self.dim, clusters, default_threads(), isa, control);
        let Some(Clusters { centers, labels }) = found else {
            return Err(LoadError::Cancelled { path: path.to_owned() });
        };
        drop(directions);
        let centers = in_type(&centers, element);
        let to = reduction.quantize_to.unwrap_or(element);
        let conversion = Conversion { from: element, to, dim: self.dim, columns };
        Ok(Self {
            bytes: TableMemory::settled(conversion.convert_all(path, &centers, clusters)?),
            element: to,
            rows: clusters,
            dim: columns,
            id_count: weights.len().min(labels.len()),
            mapping: Some(labels),
            mapping_type: MappingType::I32,
            weights: Some(weights),
            read_as: MemoryMode::Copy,
        })
    }
}

/// Pushes the rows in single precision.
fn push_rows(elements: Elements<'_>, out: &mut Vec<f32>) {
    match elements {
        Elements::F16(elements) => out.extend(elements.iter().map(|&bits| to_f32(bits))),
        Elements::F32(elements) => out.extend(elements),
        Elements::F64(elements) => out.extend(elements.iter().map(|&element| element as f32)),
        Elements::I8(elements) => out.extend(elements.iter().map(|&element| f32::from(element))),
    }
}

/// Gives `weights = np.linalg.norm(rows, axis=1) + 1e-32`, and pushes
/// `(rows / weights[:, None]).astype(np.float32)`.
fn push_directions(elements: Elements<'_>, dim: usize, out: &mut Vec<f32>) -> Weights {
    match elements {
        Elements::F16(elements) => Weights::F16(each_row(elements, dim, |row| {
            // Every operation rounds to half precision, except the additions inside the sum.
            let half = |value: f32| to_f32(from_f32(value));
            let sum = pairwise_sum(row, &|bits| half(to_f32(bits) * to_f32(bits)));
            let length = half(half(sum).sqrt());
            out.extend(row.iter().map(|&bits| half(to_f32(bits) / length)));
            from_f32(length)
        })),
        Elements::F32(elements) => Weights::F32(each_row(elements, dim, |row| {
            let length = pairwise_sum(row, &|element| element * element).sqrt() + TINY as f32;
            out.extend(row.iter().map(|element| element / length));
            length
        })),
        Elements::F64(elements) => Weights::F64(each_row(elements, dim, |row| {
            let length = pairwise_sum(row, &|element| element * element).sqrt() + TINY;
            out.extend(row.iter().map(|element| (element / length) as f32));
            length
        })),
        // numpy divides bytes in double precision.
        Elements::I8(elements) => Weights::F64(each_row(elements, dim, |row| {
            let length = pairwise_sum(row, &|element| f64::from(element) * f64::from(element)).sqrt() + TINY;
            out.extend(row.iter().map(|&element| (f64::from(element) / length) as f32));
            length
        })),
    }
}

fn each_row<T, W>(elements: &[T], dim: usize, weight: impl FnMut(&[T]) -> W) -> Vec<W> {
    elements.chunks_exact(dim).map(weight).collect()
}

/// `centers.astype(dtype)`, as bytes.
fn in_type(centers: &[f32], element: ElementType) -> Vec<u8> {
    match element {
        ElementType::F16 => centers.iter().flat_map(|&element| from_f32(element).to_le_bytes()).collect(),
        ElementType::F32 => centers.iter().flat_map(|element| element.to_le_bytes()).collect(),
        ElementType::F64 => centers.iter().flat_map(|&element| f64::from(element).to_le_bytes()).collect(),
        // Rounds towards zero.
        ElementType::I8 => centers.iter().flat_map(|&element| (element as i8).to_le_bytes()).collect(),
    }
}
