//! Rows as JSON. Written and handed over in one call, during which no JavaScript runs.

use std::ffi::c_void;
use std::ptr;

use model2vec_engine::{Dtype, json_row_bound, write_json_row, write_json_rows};
use napi::sys;

use crate::error::{Thrown, check};
use crate::js::{Js, callback};
use crate::matrix_memory::MatrixMemory;

/// Memory for the text is asked for in steps of about this many bytes, so that a text that is too
/// large becomes an error and not an abort.
const STEP_BYTES: usize = 1 << 22;
/// No Buffer of any Node is larger.
const MOST_BYTES: usize = 1 << 53;
/// A shorter text is copied: that takes less than to hand memory over.
const HANDED_OVER_BYTES: usize = 1 << 16;

/// `rowsJson(data, dtype, dim, rows)`: a Buffer with the JSON of the first `rows` rows, an array of
/// arrays of numbers.
pub(crate) unsafe extern "C" fn rows_json(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    callback(env, info, |js, arguments| {
        let ([data, dtype, dim, rows], _) = arguments.split::<4>();
        let memory = MatrixMemory::of(js, data, dtype, dim)?;
        let count = js.get_number(rows, "rows")? as usize;
        // SAFETY: no JavaScript runs while `rows` is used.
        let rows = unsafe { memory.rows(0..count)? };
        let row_bound = json_row_bound(rows.dtype(), rows.dim());
        let step = (STEP_BYTES / row_bound).max(1);
        let mut text = vec![b'['];
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
        text.push(b']');
        buffer(js, text)
    })
}

/// `rowJson(data, dtype, dim, index, out)`: writes the JSON of a row, an array of numbers, into the
/// Uint8Array `out`. How long the text is; when `out` is shorter, nothing was written.
pub(crate) unsafe extern "C" fn row_json(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    callback(env, info, |js, arguments| {
        let ([data, dtype, dim, index, out], _) = arguments.split::<5>();
        let memory = MatrixMemory::of(js, data, dtype, dim)?;
        let index = js.get_number(index, "index")? as usize;
        // SAFETY: no JavaScript runs while the row is used.
        let row = unsafe { memory.rows(index..index + 1)? };
        let mut text = Vec::new();
        write_json_row(&mut text, row, 0);
        let out = js.rows_array(out, Dtype::Binary)?;
        if text.len() <= out.length {
            // SAFETY: `out` has room for the text, which is memory of our own.
            unsafe { ptr::copy_nonoverlapping(text.as_ptr(), out.start, text.len()) };
        }
        js.number(text.len() as f64)
    })
}

/// A Buffer of the bytes, without a copy of many, where memory of ours may be handed over (not in
/// Electron).
fn buffer(js: Js, mut bytes: Vec<u8>) -> Result<sys::napi_value, Thrown> {
    if bytes.len() < HANDED_OVER_BYTES {
        return copied_buffer(js, &bytes);
    }
    bytes.shrink_to_fit();
    let (length, start) = (bytes.len(), bytes.as_mut_ptr());
    let owner = Box::into_raw(Box::new(bytes));
    let mut value = ptr::null_mut();
    // SAFETY: the memory belongs to `owner`, which the finalizer frees.
    let status = unsafe {
        sys::napi_create_external_buffer(js.0, length, start.cast(), Some(free_bytes), owner.cast(), &mut value)
    };
    match status {
        sys::Status::napi_ok => Ok(value),
        sys::Status::napi_no_external_buffers_allowed => {
            // SAFETY: the finalizer does not run when no memory was taken.
            let bytes = unsafe { Box::from_raw(owner) };
            copied_buffer(js, &bytes)
        }
        // Node has run the finalizer, and throws a RangeError that has no code of ours.
        _ => {
            clear_exception(js);
            Err(too_large(length))
        }
    }
}

/// Frees the bytes of a Buffer that is gone.
unsafe extern "C" fn free_bytes(_env: sys::napi_env, _start: *mut c_void, owner: *mut c_void) {
    // SAFETY: `buffer` made the box, and this runs once.
    drop(unsafe { Box::from_raw(owner.cast::<Vec<u8>>()) });
}

fn copied_buffer(js: Js, bytes: &[u8]) -> Result<sys::napi_value, Thrown> {
    let mut value = ptr::null_mut();
    // SAFETY: pointer and length are those of `bytes`.
    let status =
        unsafe { sys::napi_create_buffer_copy(js.0, bytes.len(), bytes.as_ptr().cast(), ptr::null_mut(), &mut value) };
    match check(status, "napi_create_buffer_copy") {
        Ok(()) => Ok(value),
        Err(_) => {
            clear_exception(js);
            Err(too_large(bytes.len()))
        }
    }
}

fn clear_exception(js: Js) {
    let mut pending = ptr::null_mut();
    // SAFETY: only takes the exception that may be pending.
    unsafe { sys::napi_get_and_clear_last_exception(js.0, &mut pending) };
}

fn too_large(bytes: usize) -> Thrown {
    let message = format!("the JSON of the rows is larger than can be allocated: {bytes} bytes and more");
    Thrown::Coded("ERR_OUT_OF_MEMORY", message)
}
