//! A large call as JavaScript holds it.

use std::rc::Rc;

use napi::Env;
use napi_derive::napi;

use crate::error::CodedError;
use crate::job::JobState;
use crate::js::{Js, RawValue};
use crate::lines::NativeTexts;

/// A large call as JavaScript holds it.
#[napi]
pub struct NativeJob {
    pub(crate) state: Rc<JobState>,
}

#[napi]
impl NativeJob {
    /// How many texts are done.
    #[napi(catch_unwind)]
    pub fn rows_done(&self) -> u32 {
        self.state.rows_done() as u32
    }

    /// The most UTF-16 units of a text that are read; infinite where all are.
    #[napi(catch_unwind)]
    pub fn readable_units(&self) -> f64 {
        let units = self.state.readable_units();
        if units == usize::MAX { f64::INFINITY } else { units as f64 }
    }

    /// Stops the work within a few milliseconds; the promise of `finish` then rejects with `ERR_ABORTED`.
    #[napi(catch_unwind)]
    pub fn cancel(&self) {
        self.state.cancel();
    }

    /// Starts work on all of `texts`, and empties it. For jobs that write into fresh memory.
    #[napi(catch_unwind)]
    pub fn feed_texts(&self, env: Env, texts: &NativeTexts) -> Result<(), CodedError> {
        self.state.feed_parts(Js(env.raw()), texts.take()).map_err(CodedError::from)
    }

    /// A promise of room for more texts, after `feed` said false.
    #[napi(catch_unwind, ts_return_type = "Promise<void>")]
    pub fn room(&self, env: Env) -> Result<RawValue, CodedError> {
        self.state.room(Js(env.raw())).map(RawValue).map_err(CodedError::from)
    }

    /// No more texts: a promise of the result. Rejects only after no thread writes any more.
    #[napi(catch_unwind, ts_return_type = "Promise<{ truncated: number, ids?: Uint32Array, ends?: Uint32Array }>")]
    pub fn finish(&self, env: Env) -> Result<RawValue, CodedError> {
        self.state.finish(Js(env.raw())).map(RawValue).map_err(CodedError::from)
    }

    /// No more texts: the result, when it is there.
    #[napi(catch_unwind, ts_return_type = "{ truncated: number, ids?: Uint32Array, ends?: Uint32Array }")]
    pub fn finish_sync(&self, env: Env) -> Result<RawValue, CodedError> {
        self.state.finish_sync(Js(env.raw())).map(RawValue).map_err(CodedError::from)
    }
}
