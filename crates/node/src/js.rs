//! Raw N-API calls with Rust types around them: arguments, errors, typed arrays, promises.
//!
//! Only for the functions that napi-derive can't express: those with any number of texts, and those that hold on to memory.

use std::ffi::{CString, c_void};
use std::mem::MaybeUninit;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use model2vec_engine::Dtype;
use napi::bindgen_prelude::{ToNapiValue, TypeTag, validate_type_tag};
use napi::sys;

use crate::error::{Thrown, check};

/// One environment's raw handle, on its own thread.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Js(pub(crate) sys::napi_env);

/// What a typed array shows at this moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TypedMemory<T> {
    pub(crate) start: *mut T,
    /// In units of `T`; 0 when the memory is detached.
    pub(crate) length: usize,
}

impl Js {
    /// An Error object with a `code`.
    pub(crate) fn error(self, code: &str, message: &str) -> Result<sys::napi_value, Thrown> {
        let (code, message) = (self.string(code)?, self.string(message)?);
        let mut error = ptr::null_mut();
        // SAFETY: both are string values of this environment.
        check(unsafe { sys::napi_create_error(self.0, code, message, &mut error) }, "napi_create_error")?;
        Ok(error)
    }

    pub(crate) fn string(self, text: &str) -> Result<sys::napi_value, Thrown> {
        let mut value = ptr::null_mut();
        // SAFETY: pointer and length are those of `text`.
        let status =
            unsafe { sys::napi_create_string_utf8(self.0, text.as_ptr().cast(), text.len() as isize, &mut value) };
        check(status, "napi_create_string_utf8")?;
        Ok(value)
    }

    pub(crate) fn number(self, number: f64) -> Result<sys::napi_value, Thrown> {
        let mut value = ptr::null_mut();
        // SAFETY: only writes the new value.
        check(unsafe { sys::napi_create_double(self.0, number, &mut value) }, "napi_create_double")?;
        Ok(value)
    }

    pub(crate) fn uint32(self, number: u32) -> Result<sys::napi_value, Thrown> {
        let mut value = ptr::null_mut();
        // SAFETY: only writes the new value.
        check(unsafe { sys::napi_create_uint32(self.0, number, &mut value) }, "napi_create_uint32")?;
        Ok(value)
    }

    pub(crate) fn boolean(self, boolean: bool) -> Result<sys::napi_value, Thrown> {
        let mut value = ptr::null_mut();
        // SAFETY: only writes the value.
        check(unsafe { sys::napi_get_boolean(self.0, boolean, &mut value) }, "napi_get_boolean")?;
        Ok(value)
    }

    pub(crate) fn undefined(self) -> Result<sys::napi_value, Thrown> {
        let mut value = ptr::null_mut();
        // SAFETY: only writes the value.
        check(unsafe { sys::napi_get_undefined(self.0, &mut value) }, "napi_get_undefined")?;
        Ok(value)
    }

    pub(crate) fn object(self) -> Result<sys::napi_value, Thrown> {
        let mut value = ptr::null_mut();
        // SAFETY: only writes the new value.
        check(unsafe { sys::napi_create_object(self.0, &mut value) }, "napi_create_object")?;
        Ok(value)
    }

    /// A function that runs `body`, which gets `data`.
    pub(crate) fn function(self, name: &str, body: RawCallback, data: *mut c_void) -> Result<sys::napi_value, Thrown> {
        let mut value = ptr::null_mut();
        // SAFETY: name and length are those of a str; what `data` is stays between the caller and `body`.
        let status = unsafe {
            sys::napi_create_function(self.0, name.as_ptr().cast(), name.len() as isize, Some(body), data, &mut value)
        };
        check(status, "napi_create_function")?;
        Ok(value)
    }

    /// Calls a function, without a `this`.
    pub(crate) fn call(
        self,
        function: sys::napi_value,
        arguments: &[sys::napi_value],
    ) -> Result<sys::napi_value, Thrown> {
        let (this, mut result) = (self.undefined()?, ptr::null_mut());
        // SAFETY: all values belong to this environment; pointer and length are those of a slice.
        let status = unsafe {
            sys::napi_call_function(self.0, this, function, arguments.len(), arguments.as_ptr(), &mut result)
        };
        check(status, "napi_call_function").map(|()| result)
    }

    pub(crate) fn set(self, object: sys::napi_value, name: &str, value: sys::napi_value) -> Result<(), Thrown> {
        let name = CString::new(name).map_err(|_| Thrown::internal("a property name has no NUL"))?;
        // SAFETY: object and value belong to this environment; the name ends with NUL.
        check(unsafe { sys::napi_set_named_property(self.0, object, name.as_ptr(), value) }, "napi_set_named_property")
    }

    /// Throws what `thrown` says and returns the null value that a callback gives then.
    pub(crate) fn throw(self, thrown: Thrown) -> sys::napi_value {
        let error = match thrown {
            Thrown::Pending => return ptr::null_mut(),
            Thrown::Coded(code, message) => self.error(code, &message),
            Thrown::InvalidText(index, found) => self.invalid_text(index, found),
        };
        if let Ok(error) = error {
            // SAFETY: the error is a value of this environment.
            unsafe { sys::napi_throw(self.0, error) };
        }
        ptr::null_mut()
    }

    fn invalid_text(self, index: usize, found: &'static str) -> Result<sys::napi_value, Thrown> {
        let error = self.error("ERR_INVALID_TEXT", &format!("expected text {index} to be a string, found {found}"))?;
        self.set(error, "index", self.number(index as f64)?)?;
        self.set(error, "found", self.string(found)?)?;
        Ok(error)
    }

    /// `typeof value`, with null called by its name.
    pub(crate) fn type_name(self, value: sys::napi_value) -> &'static str {
        let mut kind = 0;
        // SAFETY: only reads the value's type.
        unsafe { sys::napi_typeof(self.0, value, &mut kind) };
        match kind {
            sys::ValueType::napi_undefined => "undefined",
            sys::ValueType::napi_null => "null",
            sys::ValueType::napi_boolean => "boolean",
            sys::ValueType::napi_number => "number",
            sys::ValueType::napi_string => "string",
            sys::ValueType::napi_symbol => "symbol",
            sys::ValueType::napi_function => "function",
            6 => "object",
            _ => "bigint",
        }
    }

    pub(crate) fn get_number(self, value: sys::napi_value, what: &str) -> Result<f64, Thrown> {
        let mut number = 0.0;
        // SAFETY: only reads the value.
        check(unsafe { sys::napi_get_value_double(self.0, value, &mut number) }, what)?;
        Ok(number)
    }

    pub(crate) fn get_boolean(self, value: sys::napi_value, what: &str) -> Result<bool, Thrown> {
        let mut boolean = false;
        // SAFETY: only reads the value.
        check(unsafe { sys::napi_get_value_bool(self.0, value, &mut boolean) }, what)?;
        Ok(boolean)
    }

    /// Where a Float32Array's memory lies now. Any call into JavaScript can move or free it, unless no user code has seen the
    /// array, or it is on a SharedArrayBuffer.
    pub(crate) fn float32_array(self, value: sys::napi_value) -> Result<TypedMemory<f32>, Thrown> {
        let (start, length) = self.typed_array(value, sys::TypedarrayType::float32_array, "Float32Array")?;
        Ok(TypedMemory { start: start.cast(), length })
    }

    /// As [`float32_array`](Self::float32_array), for the array that holds rows of an element type (src/dtype.ts, `ArrayOf`): its
    /// length is in bytes.
    pub(crate) fn rows_array(self, value: sys::napi_value, dtype: Dtype) -> Result<TypedMemory<u8>, Thrown> {
        let (kind, name, size) = match dtype {
            Dtype::Float32 => (sys::TypedarrayType::float32_array, "Float32Array", 4),
            Dtype::Float16 | Dtype::BFloat16 => (sys::TypedarrayType::uint16_array, "Uint16Array", 2),
            Dtype::Int8 => (sys::TypedarrayType::int8_array, "Int8Array", 1),
            Dtype::Binary => (sys::TypedarrayType::uint8_array, "Uint8Array", 1),
        };
        let (start, length) = self.typed_array(value, kind, name)?;
        Ok(TypedMemory { start: start.cast(), length: length * size })
    }

    /// As [`float32_array`](Self::float32_array), for a Uint32Array.
    pub(crate) fn uint32_array(self, value: sys::napi_value) -> Result<TypedMemory<u32>, Thrown> {
        let (start, length) = self.typed_array(value, sys::TypedarrayType::uint32_array, "Uint32Array")?;
        Ok(TypedMemory { start: start.cast(), length })
    }

    fn typed_array(
        self,
        value: sys::napi_value,
        wanted: sys::napi_typedarray_type,
        name: &str,
    ) -> Result<(*mut c_void, usize), Thrown> {
        let (mut kind, mut length, mut start) = (0, 0, ptr::null_mut());
        // SAFETY: every out-pointer is valid or null, as the call allows.
        let status = unsafe {
            sys::napi_get_typedarray_info(
                self.0,
                value,
                &mut kind,
                &mut length,
                &mut start,
                ptr::null_mut(),
                ptr::null_mut(),
            )
        };
        if status != sys::Status::napi_ok || kind != wanted {
            let found = self.type_name(value);
            return Err(Thrown::Coded("ERR_INVALID_OPTION", format!("expected a {name}, found another {found}")));
        }
        Ok((start, if start.is_null() { 0 } else { length }))
    }

    /// A new Uint32Array, filled from `pieces` one after the other.
    pub(crate) fn new_uint32_array<'a>(
        self,
        length: usize,
        pieces: impl Iterator<Item = &'a [u32]>,
    ) -> Result<sys::napi_value, Thrown> {
        let (mut start, mut buffer, mut array) = (ptr::null_mut(), ptr::null_mut(), ptr::null_mut());
        // SAFETY: out-pointers are valid; the buffer has length × 4 bytes, which the typed array covers from byte 0.
        unsafe {
            check(
                sys::napi_create_arraybuffer(self.0, length * 4, &mut start, &mut buffer),
                "napi_create_arraybuffer",
            )?;
            let kind = sys::TypedarrayType::uint32_array;
            check(sys::napi_create_typedarray(self.0, kind, length, buffer, 0, &mut array), "napi_create_typedarray")?;
        }
        let mut written = 0;
        for piece in pieces {
            let count = piece.len().min(length - written);
            // SAFETY: the buffer is new, has `length` aligned u32s from `start` on, and `written + count <= length`.
            unsafe { ptr::copy_nonoverlapping(piece.as_ptr(), start.cast::<u32>().add(written), count) };
            written += count;
        }
        Ok(array)
    }

    /// A new Uint8Array with these bytes.
    pub(crate) fn new_uint8_array(self, bytes: &[u8]) -> Result<sys::napi_value, Thrown> {
        let (mut start, mut buffer, mut array) = (ptr::null_mut(), ptr::null_mut(), ptr::null_mut());
        let length = bytes.len();
        // SAFETY: out-pointers are valid; the buffer is new and has `length` bytes from `start` on, which is null only when
        // there are none.
        unsafe {
            check(sys::napi_create_arraybuffer(self.0, length, &mut start, &mut buffer), "napi_create_arraybuffer")?;
            if length > 0 {
                ptr::copy_nonoverlapping(bytes.as_ptr(), start.cast::<u8>(), length);
            }
            let kind = sys::TypedarrayType::uint8_array;
            check(sys::napi_create_typedarray(self.0, kind, length, buffer, 0, &mut array), "napi_create_typedarray")?;
        }
        Ok(array)
    }

    /// A strong reference, to be deleted with [`delete_reference`](Self::delete_reference) on this thread.
    pub(crate) fn reference(self, value: sys::napi_value) -> Result<sys::napi_ref, Thrown> {
        let mut reference = ptr::null_mut();
        // SAFETY: only objects are passed here.
        check(unsafe { sys::napi_create_reference(self.0, value, 1, &mut reference) }, "napi_create_reference")?;
        Ok(reference)
    }

    pub(crate) fn referenced(self, reference: sys::napi_ref) -> Result<sys::napi_value, Thrown> {
        let mut value = ptr::null_mut();
        // SAFETY: the reference is strong and was not deleted.
        check(unsafe { sys::napi_get_reference_value(self.0, reference, &mut value) }, "napi_get_reference_value")?;
        Ok(value)
    }

    pub(crate) fn delete_reference(self, reference: sys::napi_ref) {
        // SAFETY: whoever owns the reference calls this once.
        unsafe { sys::napi_delete_reference(self.0, reference) };
    }

    /// Tells V8 that so many bytes more are held by objects of this environment, or fewer.
    pub(crate) fn adjust_external_memory(self, change: i64) {
        let mut total = 0;
        // SAFETY: only counts; `total` is written.
        unsafe { sys::napi_adjust_external_memory(self.0, change, &mut total) };
    }

    /// A promise and what settles it.
    pub(crate) fn promise(self) -> Result<(sys::napi_deferred, sys::napi_value), Thrown> {
        let (mut deferred, mut promise) = (ptr::null_mut(), ptr::null_mut());
        // SAFETY: both out-pointers are valid.
        check(unsafe { sys::napi_create_promise(self.0, &mut deferred, &mut promise) }, "napi_create_promise")?;
        Ok((deferred, promise))
    }

    /// Settles a promise. The deferred must not be used again.
    pub(crate) fn settle(self, deferred: sys::napi_deferred, outcome: Result<sys::napi_value, Thrown>) {
        match outcome {
            // SAFETY: the deferred was not used yet: it is taken out of where it was kept before this call.
            Ok(value) => unsafe { sys::napi_resolve_deferred(self.0, deferred, value) },
            Err(thrown) => {
                let error = match thrown {
                    Thrown::Coded(code, message) => self.error(code, &message),
                    other => {
                        self.throw(other);
                        let mut error = ptr::null_mut();
                        // SAFETY: takes the exception that is pending.
                        let status = unsafe { sys::napi_get_and_clear_last_exception(self.0, &mut error) };
                        check(status, "napi_get_and_clear_last_exception").map(|()| error)
                    }
                };
                match error {
                    // SAFETY: as above.
                    Ok(error) => unsafe { sys::napi_reject_deferred(self.0, deferred, error) },
                    Err(_) => return,
                }
            }
        };
    }
}

/// A function of raw N-API calls.
pub(crate) type RawCallback = unsafe extern "C" fn(sys::napi_env, sys::napi_callback_info) -> sys::napi_value;

/// The most arguments of a call: six settings and 256 texts, and one more to notice that there were too many.
const MOST_ARGUMENTS: usize = 6 + 256 + 1;
/// Calls with so many or fewer are asked for no more: N-API fills up what it was asked for.
const FEW_ARGUMENTS: usize = 12;

/// The arguments of a raw callback.
pub(crate) struct Arguments<'a> {
    pub(crate) this: sys::napi_value,
    pub(crate) data: *mut c_void,
    /// At least [`FEW_ARGUMENTS`]; missing ones are undefined values.
    values: &'a [sys::napi_value],
    count: usize,
}

impl<'a> Arguments<'a> {
    fn read(
        js: Js,
        info: sys::napi_callback_info,
        memory: &'a mut [MaybeUninit<sys::napi_value>; MOST_ARGUMENTS],
    ) -> Result<Self, Thrown> {
        let (mut this, mut data) = (ptr::null_mut(), ptr::null_mut());
        let mut ask = |room: usize| {
            let mut count = room;
            // SAFETY: `memory` has room for `room` values, all of which are written: those that are not there as undefined.
            let status = unsafe {
                sys::napi_get_cb_info(js.0, info, &mut count, memory.as_mut_ptr().cast(), &mut this, &mut data)
            };
            check(status, "napi_get_cb_info").map(|()| count)
        };
        let mut written = FEW_ARGUMENTS;
        let count = ask(written)?;
        if count > written {
            written = MOST_ARGUMENTS;
            ask(written)?;
        }
        if count >= MOST_ARGUMENTS {
            return Err(Thrown::internal(format!("expected at most 256 texts a call, found {count}")));
        }
        // SAFETY: so many were written.
        let values = unsafe { std::slice::from_raw_parts(memory.as_ptr().cast::<sys::napi_value>(), written) };
        Ok(Self { this, data, values, count })
    }

    /// The first `COUNT` arguments and the rest; missing ones are undefined values.
    pub(crate) fn split<const COUNT: usize>(&self) -> ([sys::napi_value; COUNT], &[sys::napi_value]) {
        const { assert!(COUNT <= FEW_ARGUMENTS) };
        let first = std::array::from_fn(|index| self.values[index]);
        (first, &self.values[COUNT.min(self.count)..self.count])
    }
}

/// A value that was made by raw calls, to be returned through napi-derive.
pub struct RawValue(pub(crate) sys::napi_value);

impl ToNapiValue for RawValue {
    unsafe fn to_napi_value(_env: sys::napi_env, value: Self) -> napi::Result<sys::napi_value> {
        Ok(value.0)
    }
}

/// Runs a raw callback's body: what it throws is thrown in JavaScript, a panic too, and nothing unwinds into C.
pub(crate) fn callback(
    env: sys::napi_env,
    info: sys::napi_callback_info,
    body: impl FnOnce(Js, &Arguments<'_>) -> Result<sys::napi_value, Thrown>,
) -> sys::napi_value {
    let js = Js(env);
    let mut memory = [MaybeUninit::uninit(); MOST_ARGUMENTS];
    let guarded = AssertUnwindSafe(|| body(js, &Arguments::read(js, info, &mut memory)?));
    match catch_unwind(guarded) {
        Ok(Ok(value)) => value,
        Ok(Err(thrown)) => js.throw(thrown),
        Err(_) => js.throw(Thrown::internal("internal error: the engine panicked")),
    }
}

/// The Rust value behind an object of one of our classes, after a check that it is of that class.
///
/// Shared access only: the classes keep what changes in cells, as napi-derive's own methods share it.
pub(crate) fn unwrap<T: TypeTag>(js: Js, object: sys::napi_value, class: &str) -> Result<&'static T, Thrown> {
    let mut wrapped = ptr::null_mut();
    // SAFETY: only reads what the object wraps, null when nothing.
    let status = unsafe { sys::napi_unwrap(js.0, object, &mut wrapped) };
    if status != sys::Status::napi_ok || wrapped.is_null() {
        return Err(Thrown::internal(format!("expected a {class}, found another {}", js.type_name(object))));
    }
    // SAFETY: the object belongs to this environment.
    unsafe { validate_type_tag(js.0, object, &T::type_tag(), class) }
        .map_err(|error| Thrown::internal(error.reason.clone()))?;
    // SAFETY: the tag says that napi-derive wrapped a `T`; it lives as long as the object, which the running callback holds.
    Ok(unsafe { &*wrapped.cast::<T>() })
}
