//! The options of a call, as JavaScript passes them: numbers and booleans, with nothing left out.

use model2vec_engine::{Dtype, EncodeOptions, Metric, StaticModel};
use napi::sys;

use crate::error::Thrown;
use crate::js::Js;

/// The four arguments `maxLength, normalize, dimensionality, dtype`.
///
/// JavaScript has filled in the options that a call left out. They are checked again where memory
/// depends on them.
pub(crate) fn encode_options(
    js: Js,
    model: &StaticModel,
    [max_length, normalize, dimensionality, dtype]: [sys::napi_value; 4],
) -> Result<EncodeOptions, Thrown> {
    let columns = js.get_number(dimensionality, "dimensionality")?;
    if !(columns >= 1.0 && columns <= model.dim() as f64) {
        let message = format!("expected `dimensionality` from 1 to {}, found {columns}", model.dim());
        return Err(Thrown::Coded("ERR_INVALID_OPTION", message));
    }
    Ok(EncodeOptions {
        max_length: max_length_of(js.get_number(max_length, "maxLength")?),
        normalize: js.get_boolean(normalize, "normalize")?,
        dimensionality: Some(columns as usize),
        dtype: dtype_of(js.get_number(dtype, "dtype")?)?,
    })
}

/// The `maxLength` that means "no limit"; so does every negative number.
pub(crate) const NO_LIMIT: i32 = -1;

/// The limit of a `maxLength` that JavaScript passes, in token ids.
pub(crate) fn max_length_of(number: f64) -> Option<usize> {
    (number >= 0.0).then_some(number as usize)
}

/// All element types of rows, by the numbers that JavaScript passes, with their names there
/// (src/native/interface.ts, `NATIVE_DTYPE`).
pub(crate) const DTYPES: [(&str, Dtype); 5] = [
    ("float32", Dtype::Float32),
    ("float16", Dtype::Float16),
    ("bfloat16", Dtype::BFloat16),
    ("int8", Dtype::Int8),
    ("binary", Dtype::Binary),
];

pub(crate) fn dtype_of(number: f64) -> Result<Dtype, Thrown> {
    DTYPES.get(number as usize).filter(|_| number >= 0.0).map(|&(_, dtype)| dtype).ok_or_else(|| {
        let most = DTYPES.len() - 1;
        Thrown::Coded("ERR_INVALID_OPTION", format!("expected a `dtype` from 0 to {most}, found {number}"))
    })
}

/// All metrics, by the numbers that JavaScript passes, with their names there
/// (src/native/interface.ts, `NATIVE_METRIC`).
pub(crate) const METRICS: [(&str, Metric); 4] =
    [("cosine", Metric::Cosine), ("dot", Metric::Dot), ("euclidean", Metric::Euclidean), ("hamming", Metric::Hamming)];

pub(crate) fn metric_of(number: f64) -> Result<Metric, Thrown> {
    METRICS.get(number as usize).filter(|_| number >= 0.0).map(|&(_, metric)| metric).ok_or_else(|| {
        let most = METRICS.len() - 1;
        Thrown::Coded("ERR_INVALID_OPTION", format!("expected a `metric` from 0 to {most}, found {number}"))
    })
}
