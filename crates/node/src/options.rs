//! The options of a call, as JavaScript passes them.

use model2vec_engine::{Dtype, EncodeOptions, StaticModel};
use napi::sys;

use crate::error::Thrown;
use crate::js::Js;

/// The four arguments `maxLength, normalize, dimensionality, dtype`.
///
/// JavaScript has filled in what a call left open; it is checked again, as memory depends on it.
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

/// The limit that JavaScript gives as a number; negative = none.
pub(crate) fn max_length_of(number: f64) -> Option<usize> {
    (number >= 0.0).then_some(number as usize)
}

/// The element type that JavaScript names by a number (src/native/load.ts, `NATIVE_DTYPE`).
fn dtype_of(number: f64) -> Result<Dtype, Thrown> {
    match number as u32 {
        0 => Ok(Dtype::Float32),
        1 => Ok(Dtype::Float16),
        2 => Ok(Dtype::BFloat16),
        3 => Ok(Dtype::Int8),
        4 => Ok(Dtype::Binary),
        _ => Err(Thrown::Coded("ERR_INVALID_OPTION", format!("expected a `dtype` from 0 to 4, found {number}"))),
    }
}
