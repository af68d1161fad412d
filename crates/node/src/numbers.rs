//! Rows as text: JSON and base64. Written and handed over in one call, during which no JavaScript
//! runs.

use std::ptr;

use model2vec_engine::{base64_length, json_row_bound, write_base64, write_json_rows};
use napi::sys;

use crate::error::{Thrown, check};
use crate::js::{Js, callback};
use crate::matrix_memory::MatrixMemory;

/// Memory for the text is asked for in steps of about this many bytes, so that a text that is too
/// large becomes an error and not an abort.
const STEP_BYTES: usize = 1 << 22;
/// No Buffer of any Node is larger.
const MOST_BYTES: usize = 1 << 53;

/// `rowsJson(data, dtype, dim, from, to, areAll)`: a Buffer with the JSON of rows `from` to `to`,
/// each an array of numbers, commas between them, and brackets around all if `areAll`.
pub(crate) unsafe extern "C" fn rows_json(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    callback(env, info, |js, arguments| {
        let ([data, dtype, dim, from, to, are_all], _) = arguments.split::<6>();
        let memory = MatrixMemory::of(js, data, dtype, dim)?;
        let (from, to) = (js.get_number(from, "from")? as usize, js.get_number(to, "to")? as usize);
        // SAFETY: no JavaScript runs while `rows` is used.
        let rows = unsafe { memory.rows(from..to)? };
        let are_all = js.get_boolean(are_all, "areAll")?;
        let row_bound = json_row_bound(rows.dtype(), rows.dim());
        let step = (STEP_BYTES / row_bound).max(1);
        let mut text = Vec::new();
        if are_all {
            text.push(b'[');
        }
        for first in (0..rows.len()).step_by(step) {
            let last = rows.len().min(first + step);
            if first > 0 {
                text.push(b',');
            }
            if text.len() > MOST_BYTES || text.try_reserve((last - first) * row_bound + 2).is_err() {
                return Err(too_large(text.len()));
            }
            write_json_rows(&mut text, rows, first..last);
        }
        if are_all {
            text.push(b']');
        }
        buffer(js, &text)
    })
}

/// `rowBase64(data, dtype, dim, index)`: the bytes of a row as a string of base64.
pub(crate) unsafe extern "C" fn row_base64(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    callback(env, info, |js, arguments| {
        let ([data, dtype, dim, index], _) = arguments.split::<4>();
        let memory = MatrixMemory::of(js, data, dtype, dim)?;
        let index = js.get_number(index, "index")? as usize;
        // SAFETY: no JavaScript runs while the row is used.
        let row = unsafe { memory.rows(index..index + 1)? };
        let mut text = Vec::with_capacity(base64_length(row.bytes().len()));
        write_base64(&mut text, row.bytes());
        let mut value = ptr::null_mut();
        // SAFETY: pointer and length are those of `text`, which is ASCII.
        let status =
            unsafe { sys::napi_create_string_latin1(js.0, text.as_ptr().cast(), text.len() as isize, &mut value) };
        check(status, "napi_create_string_latin1")?;
        Ok(value)
    })
}

/// A Buffer with a copy of the bytes: memory of ours can't be handed over everywhere (Electron).
fn buffer(js: Js, bytes: &[u8]) -> Result<sys::napi_value, Thrown> {
    let mut value = ptr::null_mut();
    // SAFETY: pointer and length are those of `bytes`.
    let status =
        unsafe { sys::napi_create_buffer_copy(js.0, bytes.len(), bytes.as_ptr().cast(), ptr::null_mut(), &mut value) };
    match check(status, "napi_create_buffer_copy") {
        Ok(()) => Ok(value),
        // Node throws a RangeError of its own, which has no code of ours.
        Err(_) => {
            let mut pending = ptr::null_mut();
            // SAFETY: only takes the exception that may be pending.
            unsafe { sys::napi_get_and_clear_last_exception(js.0, &mut pending) };
            Err(too_large(bytes.len()))
        }
    }
}

fn too_large(bytes: usize) -> Thrown {
    let message = format!("the JSON of the rows is larger than can be allocated: {bytes} bytes and more");
    Thrown::Coded("ERR_OUT_OF_MEMORY", message)
}
