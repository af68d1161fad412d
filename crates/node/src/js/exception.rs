//! Errors on their way into JavaScript: error objects, exceptions, and promises and how they
//! settle.

use std::ptr;

use napi::bindgen_prelude::{FromNapiValue, Unknown};
use napi::sys;

use crate::error::{Thrown, check};
use crate::js::value::Js;

impl Js {
    /// An Error object with a `code`.
    fn coded_error(self, code: &str, message: &str) -> Result<sys::napi_value, Thrown> {
        let (code, message) = (self.string(code)?, self.string(message)?);
        let mut error = ptr::null_mut();
        // SAFETY: both are string values of this environment.
        check(unsafe { sys::napi_create_error(self.0, code, message, &mut error) }, "napi_create_error")?;
        Ok(error)
    }

    /// The value to throw or to reject with. A pending exception is taken: it is not pending
    /// afterwards.
    fn error(self, thrown: Thrown) -> Result<sys::napi_value, Thrown> {
        match thrown {
            Thrown::Coded(code, message) => self.coded_error(code, &message),
            Thrown::InvalidText(index, found) => {
                let error = self
                    .coded_error("ERR_INVALID_TEXT", &format!("expected text {index} to be a string, found {found}"))?;
                self.set(error, "index", self.number(index as f64)?)?;
                self.set(error, "found", self.string(found)?)?;
                Ok(error)
            }
            Thrown::Pending => {
                let mut error = ptr::null_mut();
                // SAFETY: only takes the exception that is pending.
                let status = unsafe { sys::napi_get_and_clear_last_exception(self.0, &mut error) };
                check(status, "napi_get_and_clear_last_exception").map(|()| error)
            }
        }
    }

    /// Throws the error and returns the null value that a callback returns after it.
    pub(crate) fn throw(self, thrown: Thrown) -> sys::napi_value {
        if !matches!(thrown, Thrown::Pending)
            && let Ok(error) = self.error(thrown)
        {
            // SAFETY: the error is a value of this environment.
            unsafe { sys::napi_throw(self.0, error) };
        }
        ptr::null_mut()
    }

    /// The error of a napi-rs task, whose `code` survives the promise: napi-rs's own errors have
    /// only N-API's status names.
    pub(crate) fn rejection(self, thrown: Thrown) -> napi::Error {
        let (code, message) = thrown.parts();
        match self.coded_error(code, &message) {
            // SAFETY: the value is a new error object of this environment.
            Ok(error) => match unsafe { Unknown::from_napi_value(self.0, error) } {
                Ok(error) => napi::Error::from(error),
                Err(error) => error,
            },
            Err(_) => napi::Error::from_reason(message),
        }
    }

    /// A promise, and the handle that settles it.
    pub(crate) fn promise(self) -> Result<(sys::napi_deferred, sys::napi_value), Thrown> {
        let (mut deferred, mut promise) = (ptr::null_mut(), ptr::null_mut());
        // SAFETY: both out-pointers are valid.
        check(unsafe { sys::napi_create_promise(self.0, &mut deferred, &mut promise) }, "napi_create_promise")?;
        Ok((deferred, promise))
    }

    /// Settles a promise. The deferred must not be used again.
    pub(crate) fn settle(self, deferred: sys::napi_deferred, outcome: Result<sys::napi_value, Thrown>) {
        match outcome {
            // SAFETY: the deferred is settled only once: its owner takes it out of its place before
            // this call.
            Ok(value) => unsafe { sys::napi_resolve_deferred(self.0, deferred, value) },
            Err(thrown) => match self.error(thrown) {
                // SAFETY: as above.
                Ok(error) => unsafe { sys::napi_reject_deferred(self.0, deferred, error) },
                // Without an error object there is nothing to reject with.
                Err(_) => return,
            },
        };
    }
}
