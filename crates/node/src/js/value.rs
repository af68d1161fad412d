//! JavaScript values: one environment's handle, and values made and read through it.

use std::ffi::CString;
use std::ptr;

use napi::bindgen_prelude::ToNapiValue;
use napi::sys;

use crate::error::{Thrown, check};

/// One environment's raw handle, on its own thread.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Js(pub(crate) sys::napi_env);

impl Js {
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

    /// `typeof value`, except that null is "null".
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

    /// The value as it is named in "expected a …, found …", where an object was expected.
    pub(crate) fn found_instead(self, value: sys::napi_value) -> &'static str {
        match self.type_name(value) {
            "object" => "another object",
            name => name,
        }
    }

    /// The number; `what` names it in an error.
    pub(crate) fn get_number(self, value: sys::napi_value, what: &str) -> Result<f64, Thrown> {
        let mut number = 0.0;
        // SAFETY: only reads the value.
        check(unsafe { sys::napi_get_value_double(self.0, value, &mut number) }, what)?;
        Ok(number)
    }

    /// The boolean; `what` names it in an error.
    pub(crate) fn get_boolean(self, value: sys::napi_value, what: &str) -> Result<bool, Thrown> {
        let mut boolean = false;
        // SAFETY: only reads the value.
        check(unsafe { sys::napi_get_value_bool(self.0, value, &mut boolean) }, what)?;
        Ok(boolean)
    }
}

/// The JavaScript object of a Rust value that napi-derive knows how to convert.
pub(crate) fn into_object<T: ToNapiValue>(js: Js, value: T) -> Result<sys::napi_value, Thrown> {
    // SAFETY: `js` is the environment that the caller runs in.
    unsafe { T::to_napi_value(js.0, value) }.map_err(|error| Thrown::internal(error.reason.clone()))
}
