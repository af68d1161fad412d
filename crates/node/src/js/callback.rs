//! Functions that JavaScript calls through raw N-API: their arguments, what they throw, and the
//! Rust value of an object.

use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::ptr;

use napi::bindgen_prelude::{ToNapiValue, TypeTag, validate_type_tag};
use napi::sys;

use crate::error::{Thrown, catch_panic, check};
use crate::js::value::Js;

impl Js {
    /// A function that runs `body`, and passes `data` to it.
    pub(crate) fn function(self, name: &str, body: RawCallback, data: *mut c_void) -> Result<sys::napi_value, Thrown> {
        let mut value = ptr::null_mut();
        // SAFETY: name and length are those of a str. N-API only passes `data` on: the caller and
        // `body` agree on what it points to.
        let status = unsafe {
            sys::napi_create_function(self.0, name.as_ptr().cast(), name.len() as isize, Some(body), data, &mut value)
        };
        check(status, "napi_create_function")?;
        Ok(value)
    }
}

/// A function that JavaScript calls, without napi-derive around it.
pub(crate) type RawCallback = unsafe extern "C" fn(sys::napi_env, sys::napi_callback_info) -> sys::napi_value;

/// The most texts of one call. JavaScript passes them as arguments, and splits longer lists.
pub(crate) const MAX_TEXTS: usize = 256;
/// The most arguments before the texts.
const MAX_SETTINGS: usize = 6;
/// Room for the longest call, and for one argument more, which shows that there were too many.
const MOST_ARGUMENTS: usize = MAX_SETTINGS + MAX_TEXTS + 1;
/// This many arguments are read first. N-API pads missing ones with `undefined`: always asking for
/// the most would make small calls pay for 263.
const FIRST_ARGUMENTS: usize = 12;

/// The arguments of a raw callback.
pub(crate) struct Arguments<'a> {
    pub(crate) this: sys::napi_value,
    /// The pointer that [`Js::function`] gave to the function.
    pub(crate) data: *mut c_void,
    /// At least [`FIRST_ARGUMENTS`]; missing ones are `undefined`.
    values: &'a [sys::napi_value],
    /// How many arguments the caller passed.
    count: usize,
}

impl<'a> Arguments<'a> {
    fn read(
        js: Js,
        info: sys::napi_callback_info,
        memory: &'a mut [MaybeUninit<sys::napi_value>; MOST_ARGUMENTS],
    ) -> Result<Self, Thrown> {
        let (mut this, mut data) = (ptr::null_mut(), ptr::null_mut());
        let mut read = |room: usize| {
            let mut count = room;
            // SAFETY: `memory` has room for `room` values, and N-API writes all of them:
            // `undefined` for the missing ones.
            let status = unsafe {
                sys::napi_get_cb_info(js.0, info, &mut count, memory.as_mut_ptr().cast(), &mut this, &mut data)
            };
            check(status, "napi_get_cb_info").map(|()| count)
        };
        let mut written = FIRST_ARGUMENTS;
        let count = read(written)?;
        if count > written {
            written = MOST_ARGUMENTS;
            read(written)?;
        }
        if count >= MOST_ARGUMENTS {
            return Err(Thrown::internal(format!(
                "internal error: expected at most {MAX_TEXTS} texts in a call, found {count} arguments"
            )));
        }
        // SAFETY: the first `written` values were written.
        let values = unsafe { std::slice::from_raw_parts(memory.as_ptr().cast::<sys::napi_value>(), written) };
        Ok(Self { this, data, values, count })
    }

    /// The first `COUNT` arguments, where missing ones are `undefined`, and the rest.
    pub(crate) fn split<const COUNT: usize>(&self) -> ([sys::napi_value; COUNT], &[sys::napi_value]) {
        const { assert!(COUNT <= FIRST_ARGUMENTS) };
        let first = std::array::from_fn(|index| self.values[index]);
        (first, &self.values[COUNT.min(self.count)..self.count])
    }
}

/// A value made by raw calls that a function of napi-derive returns.
pub struct RawValue(pub(crate) sys::napi_value);

impl ToNapiValue for RawValue {
    unsafe fn to_napi_value(_env: sys::napi_env, value: Self) -> napi::Result<sys::napi_value> {
        Ok(value.0)
    }
}

/// Runs the body of a raw callback. Its error is thrown in JavaScript, and so is a panic: nothing
/// unwinds into C.
pub(crate) fn callback(
    env: sys::napi_env,
    info: sys::napi_callback_info,
    body: impl FnOnce(Js, &Arguments<'_>) -> Result<sys::napi_value, Thrown>,
) -> sys::napi_value {
    let js = Js(env);
    let mut memory = [MaybeUninit::uninit(); MOST_ARGUMENTS];
    let outcome = catch_panic("the engine", || body(js, &Arguments::read(js, info, &mut memory)?));
    outcome.unwrap_or_else(|thrown| js.throw(thrown))
}

/// The Rust value of a JavaScript object, which must be an instance of our class `T`.
///
/// Access is shared, as in the methods that napi-derive makes: what changes in a class is in cells.
pub(crate) fn unwrap<T: TypeTag>(js: Js, object: sys::napi_value, class: &str) -> Result<&'static T, Thrown> {
    let mut wrapped = ptr::null_mut();
    // SAFETY: only reads the pointer that the object wraps, null if there is none.
    let status = unsafe { sys::napi_unwrap(js.0, object, &mut wrapped) };
    if status != sys::Status::napi_ok || wrapped.is_null() {
        return Err(Thrown::internal(format!(
            "internal error: expected a {class}, found {}",
            js.found_instead(object)
        )));
    }
    // SAFETY: the object belongs to this environment.
    unsafe { validate_type_tag(js.0, object, &T::type_tag(), class) }
        .map_err(|error| Thrown::internal(error.reason.clone()))?;
    // SAFETY: the tag says that napi-derive wrapped a `T`. It lives as long as the object, which
    // the running callback holds.
    Ok(unsafe { &*wrapped.cast::<T>() })
}
