//! Inline calls: up to 256 texts, encoded or tokenized at once on the JavaScript thread, with
//! nothing allocated.
//!
//! Each handle has functions of its own, whose N-API data is the handle's model: a call looks
//! nothing up in an object. The buffers belong to the model in this environment (`local_model.rs`),
//! and all its handles use the same ones.

use std::ffi::c_void;
use std::ops::ControlFlow;
use std::ptr;
use std::rc::Rc;

use model2vec_engine::{EncodeError, EncodeOptions, Scratch, StaticModel, Texts};
use napi::sys;

use crate::error::{Thrown, check};
use crate::inline_buffers::InlineBuffers;
use crate::js::{Arguments, Js, RawCallback, callback, unwrap};
use crate::local_model::OpenModel;
use crate::model::NativeModel;
use crate::options::{encode_options, max_length_of};

/// `createInlineCalls(model)`: an object with the functions of inline calls on one model: `encode`,
/// `encodeOne`, `tokenize` and `countTokens`.
pub(crate) unsafe extern "C" fn create_inline_calls(
    env: sys::napi_env,
    info: sys::napi_callback_info,
) -> sys::napi_value {
    callback(env, info, |js, arguments| {
        let ([handle], _) = arguments.split::<1>();
        let handle = unwrap::<NativeModel>(js, handle, "NativeModel")?.shared();
        let model = handle.borrow().clone().ok_or_else(Thrown::closed)?;
        // The buffers are made now, so that V8 counts them before the first call.
        model.inline_buffers();
        model.count_memory();
        let object = js.object()?;
        let functions: [(&str, RawCallback); 4] =
            [("encode", encode), ("encodeOne", encode_one), ("tokenize", tokenize), ("countTokens", count_tokens)];
        for (name, body) in functions {
            js.set(object, name, function(js, name, body, handle)?)?;
        }
        Ok(object)
    })
}

/// A function that shares the handle's model. The function's `data` is a strong count of the `Rc`,
/// which its finalizer gives back.
fn function(js: Js, name: &str, body: RawCallback, handle: &Rc<OpenModel>) -> Result<sys::napi_value, Thrown> {
    let shared = Rc::into_raw(Rc::clone(handle)).cast_mut().cast::<c_void>();
    let made = js.function(name, body, shared).and_then(|function| {
        // SAFETY: the finalizer treats `shared` as the `Rc` that it is. It runs once, on this
        // thread, when nothing can call the function any more.
        let status =
            unsafe { sys::napi_add_finalizer(js.0, function, shared, Some(release), ptr::null_mut(), ptr::null_mut()) };
        check(status, "napi_add_finalizer").map(|()| function)
    });
    if made.is_err() {
        // SAFETY: no finalizer was added, and nothing has got the function, if it was made.
        drop(unsafe { Rc::from_raw(shared.cast::<OpenModel>()) });
    }
    made
}

unsafe extern "C" fn release(_env: sys::napi_env, shared: *mut c_void, _hint: *mut c_void) {
    // SAFETY: `function` gave this count to the function that is gone.
    drop(unsafe { Rc::from_raw(shared.cast::<OpenModel>()) });
}

/// Runs `body` with the buffers of the model whose function is called.
fn with_buffers<T>(
    arguments: &Arguments<'_>,
    body: impl FnOnce(&mut InlineBuffers) -> Result<T, Thrown>,
) -> Result<T, Thrown> {
    // SAFETY: `function` gave the function this count, and the function lives while it is called.
    let handle = unsafe { &*arguments.data.cast::<OpenModel>() };
    let model = handle.borrow();
    // No JavaScript runs while they are borrowed.
    body(&mut model.as_ref().ok_or_else(Thrown::closed)?.inline_buffers().borrow_mut())
}

/// `encode(out, counts, maxLength, normalize, dimensionality, dtype, ...texts)`: the number of
/// truncated texts. Writes a row per text into `out`, and into `counts` per text what `encodeOne`
/// returns.
unsafe extern "C" fn encode(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    callback(env, info, |js, arguments| {
        let ([out, counts, options @ ..], values) = arguments.split::<6>();
        let truncated = with_buffers(arguments, |buffers| {
            encode_texts(js, buffers, options, values, out, || {
                let memory = js.uint32_array(counts)?;
                if memory.length < values.len() {
                    return Err(Thrown::too_small(values.len() * 4, memory.length * 4));
                }
                // SAFETY: as for the rows in `encode_texts`. No row lies in this array, which is
                // never the caller's own.
                Ok(unsafe { std::slice::from_raw_parts_mut(memory.start, values.len()) })
            })
        })?;
        js.uint32(truncated as u32)
    })
}

/// `encodeOne(out, maxLength, normalize, dimensionality, dtype, text)`: twice the token count, plus
/// 1 if the text was truncated. Packing both into one number saves an array. An inline text has
/// fewer than 2³¹ ids.
unsafe extern "C" fn encode_one(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    callback(env, info, |js, arguments| {
        let ([out, options @ .., text], _) = arguments.split::<6>();
        let mut count = [0];
        with_buffers(arguments, |buffers| encode_texts(js, buffers, options, &[text], out, || Ok(&mut count)))?;
        js.uint32(count[0])
    })
}

/// Writes a row per text into `out`. `counts` finds the memory for the token counts, once the texts
/// are read.
fn encode_texts<'a>(
    js: Js,
    buffers: &mut InlineBuffers,
    options: [sys::napi_value; 4],
    values: &[sys::napi_value],
    out: sys::napi_value,
    counts: impl FnOnce() -> Result<&'a mut [u32], Thrown>,
) -> Result<usize, Thrown> {
    let options = encode_options(js, buffers.model(), options)?;
    buffers.read(js, values, options.max_length)?;

    // The memory is looked up only now: reading a string can't run user code, but everything before
    // this call could.
    let length = values.len() * buffers.model().row_bytes(options);
    let memory = js.rows_array(out, options.dtype)?;
    if memory.length < length {
        return Err(Thrown::too_small(length, memory.length));
    }
    // SAFETY: the typed array has at least `length` bytes at `start`, and nothing runs JavaScript
    // until this function is done. On a SharedArrayBuffer other threads may write at the same time:
    // that garbles the numbers and nothing else, as in every such write.
    let rows = unsafe { std::slice::from_raw_parts_mut(memory.start, length) };
    let counts = counts()?;
    buffers.work(|model, texts, scratch| encode_rows(model, texts, options, scratch, rows, counts))
}

fn encode_rows(
    model: &StaticModel,
    texts: &Texts,
    options: EncodeOptions,
    scratch: &mut Scratch,
    rows: &mut [u8],
    counts: &mut [u32],
) -> Result<usize, (usize, EncodeError)> {
    let (mut truncated, mut left) = (0, counts.iter_mut());
    model.encode_rows(texts, options, scratch, rows, false, |stats| {
        if let Some(count) = left.next() {
            *count = stats.pooled * 2 + u32::from(stats.truncated);
        }
        truncated += usize::from(stats.truncated);
        ControlFlow::Continue(())
    })?;
    Ok(truncated)
}

/// `tokenize(results, maxLength, ...texts)`: the number of token ids of all texts, or −1 if
/// `results` has no room for them. Writes a pair per text: how many ids it has, and 1 if it was
/// truncated, else 0. After the pairs come the ids of all texts.
unsafe extern "C" fn tokenize(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    callback(env, info, |js, arguments| {
        let written = with_buffers(arguments, |buffers| tokenize_texts(js, arguments, buffers))?;
        js.number(written.map_or(-1.0, |ids| ids as f64))
    })
}

fn tokenize_texts(js: Js, arguments: &Arguments<'_>, buffers: &mut InlineBuffers) -> Result<Option<usize>, Thrown> {
    let ([results, max_length], values) = arguments.split::<2>();
    let max_length = max_length_of(js.get_number(max_length, "maxLength")?);
    buffers.read(js, values, max_length)?;
    let memory = js.uint32_array(results)?;
    if memory.length < values.len() * 2 {
        return Ok(None);
    }
    // SAFETY: the typed array has `length` elements at `start`, and nothing runs JavaScript until
    // this function is done.
    let results = unsafe { std::slice::from_raw_parts_mut(memory.start, memory.length) };
    let (pairs, ids) = results.split_at_mut(values.len() * 2);
    buffers.work(|model, texts, scratch| {
        let mut end = 0;
        for (index, pair) in pairs.chunks_exact_mut(2).enumerate() {
            let read = model.token_ids_utf16(texts.units(index), max_length, scratch);
            let (found, stats) = read.map_err(|error| (index, error))?;
            let Some(place) = ids.get_mut(end..end + found.len()) else { return Ok(None) };
            place.copy_from_slice(found);
            pair.copy_from_slice(&[stats.pooled, u32::from(stats.truncated)]);
            end += found.len();
        }
        Ok(Some(end))
    })
}

/// `countTokens(counts, maxLength, ...texts)`: writes into `counts` how many ids each text has,
/// unknown ones included.
unsafe extern "C" fn count_tokens(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    callback(env, info, |js, arguments| {
        with_buffers(arguments, |buffers| count_ids(js, arguments, buffers))?;
        js.undefined()
    })
}

fn count_ids(js: Js, arguments: &Arguments<'_>, buffers: &mut InlineBuffers) -> Result<(), Thrown> {
    let ([counts, max_length], values) = arguments.split::<2>();
    let max_length = max_length_of(js.get_number(max_length, "maxLength")?);
    buffers.read(js, values, max_length)?;
    let memory = js.uint32_array(counts)?;
    if memory.length < values.len() {
        return Err(Thrown::too_small(values.len() * 4, memory.length * 4));
    }
    // SAFETY: the typed array has `length` elements at `start`, and nothing runs JavaScript until
    // this function is done.
    let counts = unsafe { std::slice::from_raw_parts_mut(memory.start, values.len()) };
    buffers.work(|model, texts, scratch| {
        let mut left = counts.iter_mut();
        model.token_ids_of(texts, max_length, scratch, |_, stats| {
            for (stats, count) in stats.iter().zip(left.by_ref()) {
                *count = stats.found;
            }
            ControlFlow::Continue(())
        })
    })
}
