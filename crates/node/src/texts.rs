//! JavaScript strings into the engine's arena, without a byte between them.

use std::ptr;

use model2vec_engine::Texts;
use napi::sys;

use crate::js::{Js, Thrown, check};

/// Texts of fewer units are read without a question for their length.
const USUAL_ROOM: usize = 512;

/// Appends the strings `values` to `texts`: of each no more than `unit_limit` UTF-16 units.
pub(crate) fn read(
    js: Js,
    values: &[sys::napi_value],
    unit_limit: Option<usize>,
    texts: &mut Texts,
) -> Result<(), Thrown> {
    for (index, &value) in values.iter().enumerate() {
        let usual = unit_limit.map_or(USUAL_ROOM, |limit| limit.saturating_add(1).min(USUAL_ROOM));
        let is_whole = |written: usize| written + 1 < usual || unit_limit.is_some_and(|limit| written == limit);
        if push(js, value, index, usual, is_whole, texts)? {
            continue;
        }
        let mut length = 0;
        // SAFETY: a null buffer asks for the length.
        let status = unsafe { sys::napi_get_value_string_utf16(js.0, value, ptr::null_mut(), 0, &mut length) };
        check_string(js, status, value, index)?;
        let limit = unit_limit.map_or(length, |limit| limit.min(length));
        push(js, value, index, limit + 1, |_| true, texts)?;
    }
    Ok(())
}

/// Appends what of a string has room with the NUL that N-API writes after it, unless `is_enough` says no to the number of units: whether
/// it was appended.
fn push(
    js: Js,
    value: sys::napi_value,
    index: usize,
    room: usize,
    is_enough: impl Fn(usize) -> bool,
    texts: &mut Texts,
) -> Result<bool, Thrown> {
    let appended = texts.push_with(room, |buffer| {
        let mut written = 0;
        // SAFETY: the buffer's pointer and length are those of a slice.
        let status =
            unsafe { sys::napi_get_value_string_utf16(js.0, value, buffer.as_mut_ptr(), buffer.len(), &mut written) };
        check_string(js, status, value, index).map_err(Some)?;
        if is_enough(written) { Ok(written) } else { Err(None) }
    });
    match appended {
        Ok(()) => Ok(true),
        Err(None) => Ok(false),
        Err(Some(thrown)) => Err(thrown),
    }
}

fn check_string(js: Js, status: sys::napi_status, value: sys::napi_value, index: usize) -> Result<(), Thrown> {
    if status == sys::Status::napi_string_expected {
        return Err(Thrown::InvalidText(index, js.type_name(value)));
    }
    check(status, "napi_get_value_string_utf16")
}
