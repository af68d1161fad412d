//! Reads JavaScript strings straight into the engine's arena, without a copy in between.

use model2vec_engine::Texts;
use napi::sys;

use crate::error::{Thrown, check};
use crate::js::Js;

/// Above this many UTF-16 units the string's length is read first, so that no memory is reserved
/// for units that are not there.
const GENEROUS_ROOM: usize = 1 << 14;

/// Appends the strings `values` to `texts`, each cut to `unit_limit` UTF-16 units.
pub(crate) fn read(
    js: Js,
    values: &[sys::napi_value],
    unit_limit: Option<usize>,
    texts: &mut Texts,
) -> Result<(), Thrown> {
    for (index, &value) in values.iter().enumerate() {
        let limit = match unit_limit {
            Some(limit) if limit <= GENEROUS_ROOM => limit,
            _ => {
                let length = length_of(js, value, index)?;
                unit_limit.map_or(length, |limit| limit.min(length))
            }
        };
        texts.push_with(limit + 1, |buffer| read_into(js, value, index, buffer))?;
    }
    Ok(())
}

/// Appends a segment of a text: the string `value`, cut to `limit` UTF-16 units. More segments may
/// follow.
pub(crate) fn read_segment(js: Js, value: sys::napi_value, limit: usize, texts: &mut Texts) -> Result<(), Thrown> {
    let length = length_of(js, value, 0)?;
    texts.append_with(limit.min(length) + 1, |buffer| read_into(js, value, 0, buffer))
}

/// How many UTF-16 units a string has; `index` is its place in the call.
pub(crate) fn length_of(js: Js, value: sys::napi_value, index: usize) -> Result<usize, Thrown> {
    let mut length = 0;
    // SAFETY: a null buffer asks for the length.
    let status = unsafe { sys::napi_get_value_string_utf16(js.0, value, std::ptr::null_mut(), 0, &mut length) };
    check_string(js, status, value, index)?;
    Ok(length)
}

/// Writes a string's UTF-16 units into a buffer, as many as fit beside the NUL that N-API appends.
/// Returns their number.
fn read_into(js: Js, value: sys::napi_value, index: usize, buffer: &mut [u16]) -> Result<usize, Thrown> {
    let mut written = 0;
    // SAFETY: the buffer's pointer and length are those of a slice.
    let status =
        unsafe { sys::napi_get_value_string_utf16(js.0, value, buffer.as_mut_ptr(), buffer.len(), &mut written) };
    check_string(js, status, value, index)?;
    Ok(written)
}

fn check_string(js: Js, status: sys::napi_status, value: sys::napi_value, index: usize) -> Result<(), Thrown> {
    if status == sys::Status::napi_string_expected {
        return Err(Thrown::InvalidText(index, js.type_name(value)));
    }
    check(status, "napi_get_value_string_utf16")
}
