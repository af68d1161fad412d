//! Rows as text: JSON and base64. Written and handed over in one call, during which no JavaScript
//! runs.

use std::ffi::c_void;
use std::ops::Range;
use std::{panic, ptr, slice, thread};

use model2vec_engine::{
    Dtype, LineHeads, Rows, VectorText, json_row_bound, lines_bound, write_json_row, write_json_rows, write_lines,
};
use napi::sys;

use crate::error::{Thrown, check};
use crate::js::{Js, callback};
use crate::matrix_memory::MatrixMemory;

/// Memory for the text is asked for in steps of about this many bytes, so that a text that is too
/// large becomes an error and not an abort.
const STEP_BYTES: usize = 1 << 22;
/// No Buffer of any Node is larger.
const MOST_BYTES: usize = 1 << 53;
/// A thread has at least this many lines: fewer take less than to start one.
const LEAST_LINES: usize = 64;
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

/// `rowLines(data, dtype, dim, from, to, heads, ends, base64, threads)`: an array of Buffers, the
/// JSON lines of the rows `from` to `to`, in order. The heads are those of these rows
/// ([`LineHeads`]); `base64`: whether a vector is a string, not an array. Made by up to `threads`
/// threads, for which this one waits: the pool's are at work on the rows that come next.
pub(crate) unsafe extern "C" fn row_lines(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    callback(env, info, |js, arguments| {
        let ([data, dtype, dim, from, to, heads, ends, base64, threads], _) = arguments.split::<9>();
        let memory = MatrixMemory::of(js, data, dtype, dim)?;
        let (from, to) = (js.get_number(from, "from")? as usize, js.get_number(to, "to")? as usize);
        let text = if js.get_boolean(base64, "base64")? { VectorText::Base64 } else { VectorText::Json };
        let threads = (js.get_number(threads, "threads")? as usize).max(1);
        let (heads, ends) = (js.rows_array(heads, Dtype::Binary)?, js.uint32_array(ends)?);
        // SAFETY: no JavaScript runs while `rows` is used.
        let rows = unsafe { memory.rows(from..to)? };
        // SAFETY: as above; an empty array may have no address.
        let (heads, ends) = unsafe { (slice_of(heads.start, heads.length), slice_of(ends.start, ends.length)) };
        let heads = LineHeads::new(heads, ends)
            .filter(|heads| heads.count().is_none_or(|count| count == rows.len()))
            .ok_or_else(|| Thrown::internal("internal error: the heads are not those of the rows"))?;
        let parts = lines_in_parallel(rows, heads, text, threads).map_err(too_large)?;
        let mut array = ptr::null_mut();
        // SAFETY: the out-pointer is valid.
        let status = unsafe { sys::napi_create_array_with_length(js.0, parts.len(), &mut array) };
        check(status, "napi_create_array_with_length")?;
        for (index, part) in parts.into_iter().enumerate() {
            let part = buffer(js, part)?;
            // SAFETY: array and value are of this environment.
            check(unsafe { sys::napi_set_element(js.0, array, index as u32, part) }, "napi_set_element")?;
        }
        Ok(array)
    })
}

/// The lines of all rows, in parts that follow each other; or how many bytes there is no memory
/// for.
fn lines_in_parallel(
    rows: Rows<'_>,
    heads: LineHeads<'_>,
    text: VectorText,
    threads: usize,
) -> Result<Vec<Vec<u8>>, usize> {
    let lines = |range: Range<usize>| -> Result<Vec<u8>, usize> {
        let bound = lines_bound(rows, range.clone(), heads, text);
        let mut out = Vec::new();
        out.try_reserve(bound).map_err(|_| bound)?;
        write_lines(&mut out, rows, range, heads, text);
        Ok(out)
    };
    let step = rows.len().div_ceil(threads).max(LEAST_LINES);
    let mut ranges = (0..rows.len()).step_by(step).map(|first| first..rows.len().min(first + step));
    let own = ranges.next().unwrap_or(0..0);
    thread::scope(|scope| {
        let others: Vec<_> = ranges
            .map(|range| {
                let work = range.clone();
                (range, thread::Builder::new().spawn_scoped(scope, move || lines(work)))
            })
            .collect();
        let mut parts = vec![lines(own)?];
        for (range, other) in others {
            parts.push(match other {
                Ok(thread) => thread.join().unwrap_or_else(|panic| panic::resume_unwind(panic))?,
                // The system grants no thread.
                Err(_) => lines(range)?,
            });
        }
        Ok(parts)
    })
}

/// # Safety
/// The memory has `length` elements, which do not change or move while the slice is used.
unsafe fn slice_of<'a, T>(start: *const T, length: usize) -> &'a [T] {
    if length == 0 {
        return &[];
    }
    // SAFETY: the caller's promise.
    unsafe { slice::from_raw_parts(start, length) }
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
