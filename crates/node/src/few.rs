//! Small calls: up to 256 texts, at once and on the calling thread, with nothing allocated.
//!
//! Their functions belong to one handle each: what a call needs comes with the function, so that nothing is looked up in an object. The
//! buffers belong to the model in this environment (`local_model.rs`): all its handles use the same.

use std::cell::RefCell;
use std::ffi::c_void;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::rc::Rc;
use std::sync::Arc;

use model2vec_engine::{EncodeError, EncodeOptions, Scratch, StaticModel, Texts, fault};
use napi::sys;

use crate::error::{Thrown, check};
use crate::js::{Arguments, Js, RawCallback, callback};
use crate::local_model::LocalModel;
use crate::options::{encode_options, max_length_of};
use crate::texts;

/// The model of a handle, which its functions share; `None` once the handle was closed.
pub(crate) type OpenModel = RefCell<Option<Rc<LocalModel>>>;

/// A model and the buffers of its small calls, used from call to call by all handles of an environment.
pub(crate) struct FewState {
    model: Arc<StaticModel>,
    texts: Texts,
    scratch: Scratch,
}

impl FewState {
    pub(crate) fn new(model: Arc<StaticModel>) -> Self {
        Self { texts: Texts::default(), scratch: model.take_scratch(), model }
    }

    /// How many bytes the buffers take.
    pub(crate) fn bytes(&self) -> usize {
        self.scratch.bytes() + self.texts.capacity() * size_of::<u16>()
    }

    /// Reads the strings; of each no more than can matter under the limit.
    fn read(&mut self, js: Js, values: &[sys::napi_value], max_length: Option<usize>) -> Result<(), Thrown> {
        self.texts.clear();
        texts::read(js, values, self.model.unit_limit(max_length), &mut self.texts)
    }

    /// Has the engine work on the texts. What goes wrong, a panic too, becomes an error.
    fn work<T>(
        &mut self,
        work: impl FnOnce(&StaticModel, &Texts, &mut Scratch) -> Result<T, (usize, EncodeError)>,
    ) -> Result<T, Thrown> {
        // A panic leaves no broken state: the scratch is replaced, the model is immutable.
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            fault::panic_where_injected();
            work(&self.model, &self.texts, &mut self.scratch)
        }));
        match outcome {
            Ok(Ok(done)) => Ok(done),
            Ok(Err((index, error))) => {
                Err(Thrown::Coded("ERR_BAD_TOKENIZER", format!("text {index} could not be tokenized: {error}")))
            }
            Err(_) => {
                self.scratch = self.model.take_scratch();
                Err(Thrown::internal("internal error: the engine panicked"))
            }
        }
    }
}

/// An object with the functions of small calls on one model: `encode`, `encodeOne` and `tokenize`.
pub(crate) fn create(js: Js, handle: &Rc<OpenModel>) -> Result<sys::napi_value, Thrown> {
    let model = handle.borrow().clone().ok_or_else(Thrown::closed)?;
    // The buffers are made now, so that V8 counts them before the first call.
    model.few();
    model.count_memory();
    let object = js.object()?;
    js.set(object, "encode", function(js, "encode", encode, handle)?)?;
    js.set(object, "encodeOne", function(js, "encodeOne", encode_one, handle)?)?;
    js.set(object, "tokenize", function(js, "tokenize", tokenize, handle)?)?;
    Ok(object)
}

/// A function that shares the handle's model, for as long as it lives.
fn function(js: Js, name: &str, body: RawCallback, handle: &Rc<OpenModel>) -> Result<sys::napi_value, Thrown> {
    let shared = Rc::into_raw(Rc::clone(handle)).cast_mut().cast::<c_void>();
    let made = js.function(name, body, shared).and_then(|function| {
        // SAFETY: the finalizer takes `shared` for what it is. It runs once, on this thread, when nothing can call the function.
        let status =
            unsafe { sys::napi_add_finalizer(js.0, function, shared, Some(let_go), ptr::null_mut(), ptr::null_mut()) };
        check(status, "napi_add_finalizer").map(|()| function)
    });
    if made.is_err() {
        // SAFETY: no finalizer was added, and a function that may have been made was given to nobody.
        drop(unsafe { Rc::from_raw(shared.cast::<OpenModel>()) });
    }
    made
}

unsafe extern "C" fn let_go(_env: sys::napi_env, shared: *mut c_void, _hint: *mut c_void) {
    // SAFETY: `function` gave this share to the function that is gone.
    drop(unsafe { Rc::from_raw(shared.cast::<OpenModel>()) });
}

/// The state behind the function that is called.
fn state_of<T>(arguments: &Arguments<'_>, body: impl FnOnce(&mut FewState) -> Result<T, Thrown>) -> Result<T, Thrown> {
    // SAFETY: `function` gave the function this share, and the function lives while it is called.
    let handle = unsafe { &*arguments.data.cast::<OpenModel>() };
    let model = handle.borrow();
    // No JavaScript runs while they are borrowed.
    body(&mut model.as_ref().ok_or_else(Thrown::closed)?.few().borrow_mut())
}

/// `encode(out, counts, maxLength, normalize, dimensionality, dtype, ...texts)`: the number of truncated texts. Writes a row and a
/// token count a text.
unsafe extern "C" fn encode(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    callback(env, info, |js, arguments| {
        let ([out, counts, options @ ..], values) = arguments.split::<6>();
        let truncated = state_of(arguments, |state| {
            encode_texts(js, state, options, values, out, || {
                let memory = js.uint32_array(counts)?;
                if memory.length < values.len() {
                    return Err(Thrown::too_small(values.len() * 4, memory.length * 4));
                }
                // SAFETY: as for rows; none of them lie in an array of counts, which is never the caller's.
                Ok(unsafe { std::slice::from_raw_parts_mut(memory.start, values.len()) })
            })
        })?;
        js.uint32(truncated as u32)
    })
}

/// `encodeOne(out, maxLength, normalize, dimensionality, dtype, text)`: twice the token count, and 1 more if the text was truncated. That
/// spares an array for one number.
unsafe extern "C" fn encode_one(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    callback(env, info, |js, arguments| {
        let ([out, options @ .., text], _) = arguments.split::<6>();
        let mut count = [0];
        let truncated = state_of(arguments, |state| encode_texts(js, state, options, &[text], out, || Ok(&mut count)))?;
        js.number(2.0 * f64::from(count[0]) + truncated as f64)
    })
}

/// `counts` finds the memory for the token counts, once the texts are read.
fn encode_texts<'a>(
    js: Js,
    state: &mut FewState,
    options: [sys::napi_value; 4],
    values: &[sys::napi_value],
    out: sys::napi_value,
    counts: impl FnOnce() -> Result<&'a mut [u32], Thrown>,
) -> Result<usize, Thrown> {
    let options = encode_options(js, &state.model, options)?;
    state.read(js, values, options.max_length)?;

    // Only now: reading a string can't run user code, but everything before this call could.
    let length = values.len() * state.model.row_bytes(options);
    let memory = js.rows_array(out, options.dtype)?;
    if memory.length < length {
        return Err(Thrown::too_small(length, memory.length));
    }
    // SAFETY: the typed array has at least `length` bytes at `start`, and nothing runs JavaScript until this function is done. On a
    // SharedArrayBuffer other threads may write at the same time: that garbles the numbers, no more, as in every such write.
    let rows = unsafe { std::slice::from_raw_parts_mut(memory.start, length) };
    let counts = counts()?;
    state.work(|model, texts, scratch| encode_rows(model, texts, options, scratch, rows, counts))
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
            *count = stats.pooled;
        }
        truncated += usize::from(stats.truncated);
        ControlFlow::Continue(())
    })?;
    Ok(truncated)
}

/// `tokenize(results, maxLength, ...texts)`: the number of ids of all texts, or −1 where `results` has no room for them. Writes for each
/// text how many ids it has and 1 if it was truncated, else 0; after these pairs the ids of all texts.
unsafe extern "C" fn tokenize(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    callback(env, info, |js, arguments| {
        let written = state_of(arguments, |state| tokenize_texts(js, arguments, state))?;
        js.number(written.map_or(-1.0, |ids| ids as f64))
    })
}

fn tokenize_texts(js: Js, arguments: &Arguments<'_>, state: &mut FewState) -> Result<Option<usize>, Thrown> {
    let ([results, max_length], values) = arguments.split::<2>();
    let max_length = max_length_of(js.get_number(max_length, "maxLength")?);
    state.read(js, values, max_length)?;
    let memory = js.uint32_array(results)?;
    if memory.length < values.len() * 2 {
        return Ok(None);
    }
    // SAFETY: the typed array has `length` elements at `start`, and nothing runs JavaScript until this function is done.
    let results = unsafe { std::slice::from_raw_parts_mut(memory.start, memory.length) };
    let (pairs, ids) = results.split_at_mut(values.len() * 2);
    state.work(|model, texts, scratch| {
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
