//! Reads a head: the tensors of `head.safetensors`, and whether they are what `head_config` and the
//! model need.

use std::collections::HashMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::error::{LoadError, excerpt};
use crate::files::safetensors::{Tensor, TensorFile};
use crate::float16;
use crate::head::activation::Activation;
use crate::head::config::HeadConfig;
use crate::head::files::{HEAD_FILE, LEGACY_HEAD_FILE};
use crate::head::kernel::numbers::Element;
use crate::head::kernel::panels;
use crate::head::layer::{Layer, Numbers};
use crate::head::loaded_head::Head;
use crate::head::precision::Precision;

/// What a head is made of.
pub(crate) struct HeadFiles<'a> {
    /// The folder of `head.safetensors`.
    pub(crate) folder: &'a Path,
    /// The file of the configuration, for messages.
    pub(crate) config: &'a Path,
    /// The JSON value of `head_config` there; `None` = it has none.
    pub(crate) head_config: Option<&'a str>,
}

/// The embeddings that a head takes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Embeddings {
    /// Their number type.
    pub(crate) precision: Precision,
    /// Their dimensions.
    pub(crate) dim: usize,
}

impl Head {
    /// Reads the head of a model with these embeddings.
    ///
    /// # Errors
    /// [`LoadError::BadHead`], [`LoadError::OutOfMemory`].
    pub(crate) fn read(files: &HeadFiles<'_>, embeddings: Embeddings) -> Result<Self, LoadError> {
        let path = require_file(files.folder)?;
        let config =
            HeadConfig::parse(files.head_config).map_err(|reason| LoadError::bad_head(files.config, reason))?;
        let file = TensorFile::open(&path).map_err(LoadError::of_head)?;
        let layers = read_layers(&file, &config, embeddings)?;
        let outputs = layers.last().map_or(embeddings.dim, Layer::outputs);
        if let Some(classes) = &config.classes
            && config.activation != Activation::Identity
            && classes.count != outputs
        {
            let reason = format!(
                "`head_config.classes` must name a class for each of the {outputs} outputs of {HEAD_FILE}, found {} classes",
                classes.count
            );
            return Err(LoadError::bad_head(files.config, reason));
        }
        let bytes = std::fs::read(&path)
            .map_err(|error| LoadError::bad_head(&path, format!("the file can't be read: {error}")))?;
        Ok(Self {
            layers,
            activation: config.activation,
            classes: config.classes.map(|classes| classes.json),
            embeddings: embeddings.precision,
            inputs: embeddings.dim,
            file: bytes,
        })
    }
}

fn require_file(folder: &Path) -> Result<PathBuf, LoadError> {
    let path = folder.join(HEAD_FILE);
    let is_file = |path: &Path| path.metadata().is_ok_and(|metadata| metadata.is_file());
    if is_file(&path) {
        return Ok(path);
    }
    if is_file(&folder.join(LEGACY_HEAD_FILE)) {
        // Converted weights are transposed views, and safetensors 0.8 saves the memory of a view as
        // it lies: without the third line the head that is saved is another one.
        let place = python_string(&folder.to_string_lossy());
        let reason = format!(
            "expected `{HEAD_FILE}`, found only `{LEGACY_HEAD_FILE}`, which is older than model2vec 0.10; \
             Python converts it once, with scikit-learn and skops:\n\
             import numpy, model2vec.inference\n\
             pipeline = model2vec.inference.convert_legacy_pipeline({place})\n\
             for layer in pipeline.head.layers: layer.weight = numpy.ascontiguousarray(layer.weight)\n\
             pipeline.save_pretrained({place})"
        );
        return Err(LoadError::bad_head(folder, reason));
    }
    let reason = format!("expected the file of a head, `{HEAD_FILE}`, found none: this model has no head");
    Err(LoadError::bad_head(folder, reason))
}

/// A text as a literal of Python.
fn python_string(text: &str) -> String {
    let mut literal = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => literal.extend(['\\', character]),
            '\0'..'\x20' => literal.push_str(&format!("\\x{:02x}", u32::from(character))),
            _ => literal.push(character),
        }
    }
    literal.push('"');
    literal
}

fn read_layers(file: &TensorFile, config: &HeadConfig, embeddings: Embeddings) -> Result<Vec<Layer>, LoadError> {
    let mut layers: Vec<Layer> = Vec::new();
    let Some(count) = config.layers else { return Ok(layers) };
    let (mut inputs, mut precision) = (embeddings.dim, embeddings.precision);
    // By name: a file can have a million tensors.
    let mut tensors: HashMap<&str, &Tensor> =
        file.tensors().iter().map(|tensor| (tensor.name.as_str(), tensor)).collect();
    let mut take = |name: String| match tensors.remove(name.as_str()) {
        Some(tensor) => Ok(tensor),
        None => file.require(&name).map_err(LoadError::of_head),
    };
    for index in 0..count {
        let (weight, bias) = (take(format!("head.{index}.weight"))?, take(format!("head.{index}.bias"))?);
        let layer = read_layer(file, weight, bias, inputs, precision)?;
        (inputs, precision) = (layer.outputs, layer.sum);
        layers.push(layer);
    }
    if let Some(surplus) = tensors.values().min_by_key(|tensor| tensor.position) {
        let reason = format!(
            "expected the tensors of {count} layers (`head_config.n_layers`), found also `{}`",
            excerpt(&surplus.name)
        );
        return Err(LoadError::bad_head(file.path(), reason));
    }
    Ok(layers)
}

/// A layer whose inputs have this number and type.
fn read_layer(
    file: &TensorFile,
    weight: &Tensor,
    bias: &Tensor,
    inputs: usize,
    precision: Precision,
) -> Result<Layer, LoadError> {
    let path = file.path();
    let outputs = match weight.shape[..] {
        [outputs, columns] if outputs > 0 && columns == inputs as u64 => outputs,
        _ => {
            let from = if weight.name == "head.0.weight" { "the embeddings" } else { "the layer before" };
            let reason = format!(
                "tensor `{}` must have a row per output and a column for each of the {inputs} dimensions of {from}, \
                 found shape {}",
                weight.name,
                weight.shown_shape()
            );
            return Err(LoadError::bad_head(path, reason));
        }
    };
    if bias.shape[..] != [outputs] {
        let reason = format!(
            "tensor `{}` must have shape [{outputs}], a number per row of `{}`, found shape {}",
            bias.name,
            weight.name,
            bias.shown_shape()
        );
        return Err(LoadError::bad_head(path, reason));
    }
    let (outputs, weight_type, bias_type) = (outputs as usize, precision_of(path, weight)?, precision_of(path, bias)?);
    let product = precision.max(weight_type);
    let sum = product.max(bias_type);
    let (weights, width) = match product {
        Precision::Double => {
            let weights = read_panels::<f64>(file, weight, inputs, outputs)?;
            (Numbers::Double(weights), panels::width::<f64>(outputs))
        }
        Precision::Single | Precision::Half => {
            let weights = read_panels::<f32>(file, weight, inputs, outputs)?;
            (Numbers::Single(weights), panels::width::<f32>(outputs))
        }
    };
    let bias = match sum {
        Precision::Double => Numbers::Double(read_row(file, bias, width)?),
        Precision::Single | Precision::Half => Numbers::Single(read_row(file, bias, width)?),
    };
    Ok(Layer { inputs, outputs, product, sum, weights, bias })
}

fn precision_of(path: &Path, tensor: &Tensor) -> Result<Precision, LoadError> {
    match tensor.dtype.as_str() {
        "F16" => Ok(Precision::Half),
        "F32" => Ok(Precision::Single),
        "F64" => Ok(Precision::Double),
        _ => Err(LoadError::of_head(tensor.unsupported_dtype(path, "`F16`, `F32` or `F64`"))),
    }
}

fn read_panels<T: Element>(
    file: &TensorFile,
    tensor: &Tensor,
    inputs: usize,
    outputs: usize,
) -> Result<Vec<T>, LoadError> {
    let mut packed = zeros(file, panels::width::<T>(outputs).checked_mul(inputs))?;
    read_numbers(file, tensor, |index, number| {
        packed[panels::place::<T>(index / inputs, index % inputs, inputs)] = T::of(number);
    })?;
    Ok(packed)
}

fn read_row<T: Element>(file: &TensorFile, tensor: &Tensor, width: usize) -> Result<Vec<T>, LoadError> {
    let mut row = zeros(file, Some(width))?;
    read_numbers(file, tensor, |index, number| row[index] = T::of(number))?;
    Ok(row)
}

fn zeros<T: Element>(file: &TensorFile, length: Option<usize>) -> Result<Vec<T>, LoadError> {
    let bytes = length.and_then(|length| length.checked_mul(size_of::<T>()));
    let out_of_memory =
        || LoadError::OutOfMemory { path: file.path().to_owned(), bytes: bytes.map_or(u64::MAX, |bytes| bytes as u64) };
    let (Some(length), Some(_)) = (length, bytes) else { return Err(out_of_memory()) };
    let mut zeros = Vec::new();
    zeros.try_reserve_exact(length).map_err(|_| out_of_memory())?;
    zeros.resize(length, T::of(0.0));
    Ok(zeros)
}

/// Calls `each` with the index and the value of every element of a tensor of floats.
///
/// # Errors
/// [`LoadError::BadHead`] when the file can't be read, and for a NaN: Python's result would be NaN
/// for every text.
fn read_numbers(file: &TensorFile, tensor: &Tensor, mut each: impl FnMut(usize, f64)) -> Result<(), LoadError> {
    match tensor.dtype.as_str() {
        "F16" => read_elements(file, tensor, |bytes| f64::from(float16::to_f32(u16::from_le_bytes(bytes))), &mut each),
        "F32" => read_elements(file, tensor, |bytes| f64::from(f32::from_le_bytes(bytes)), &mut each),
        _ => read_elements(file, tensor, f64::from_le_bytes, &mut each),
    }
}

fn read_elements<const N: usize>(
    file: &TensorFile,
    tensor: &Tensor,
    value: impl Fn([u8; N]) -> f64,
    each: &mut impl FnMut(usize, f64),
) -> Result<(), LoadError> {
    let count = usize::try_from(tensor.length / N as u64).unwrap_or(usize::MAX);
    let mut reader = file.reader(tensor).map_err(LoadError::of_head)?;
    let mut chunk = [[0; N]; 2048];
    let mut index = 0;
    while index < count {
        let chunk = &mut chunk[..2048.min(count - index)];
        reader
            .read_exact(chunk.as_flattened_mut())
            .map_err(|error| LoadError::of_head(file.unreadable(tensor, &error)))?;
        for &bytes in &*chunk {
            let number = value(bytes);
            if number.is_nan() {
                let place = match tensor.shape[..] {
                    [_, columns] => format!("[{}, {}]", index as u64 / columns, index as u64 % columns),
                    _ => format!("[{index}]"),
                };
                let reason = format!("tensor `{}` must have numbers, found NaN at {place}", tensor.name);
                return Err(LoadError::bad_head(file.path(), reason));
            }
            each(index, number);
            index += 1;
        }
    }
    Ok(())
}
