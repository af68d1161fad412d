//! The Node binding: the only crate that names napi.
//!
//! Texts come in as arguments, a slice of up to 256 a call: that costs a third of reading array elements here, and user code
//! (getters, Proxies) runs in JavaScript only, before anything native. `few` does small calls at once, `job` large ones on the
//! engine's pool; `environment` is the way back to the event loop, and what stops the threads before an environment ends.

#![cfg_attr(test, allow(dead_code, reason = "napi-derive exports nothing in a test build"))]
#![allow(unreachable_pub, reason = "napi-derive exports what is public in private modules")]

mod environment;
mod error;
mod few;
mod huge_pages;
mod job;
mod js;
mod lines;
mod local_model;
mod long_load;
mod model;
mod native_job;
mod options;
mod pin;
mod registry;
mod results;
mod save;
mod target;
mod texts;

use std::ffi::c_void;
use std::ptr;
use std::rc::Rc;

use model2vec_engine::Work;
use napi::bindgen_prelude::{Object, ToNapiValue};
use napi::{Env, JsValue, sys};
use napi_derive::napi;

use environment::Environment;
use error::{CodedError, Thrown};
use job::{JobSettings, JobState};
use js::{Arguments, Js, RawCallback, callback, unwrap};
use local_model::LocalModel;
use model::NativeModel;
use native_job::NativeJob;
use options::{encode_options, max_length_of};
use target::Mode;

/// The version of this library: a package that loads another's binary can tell.
#[napi]
pub fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

/// How many threads a call uses where it says nothing.
#[napi]
pub fn default_threads() -> u32 {
    model2vec_engine::default_threads() as u32
}

/// Runs once in every environment that loads this library.
#[napi(module_exports)]
pub fn start(exports: Object<'_>, env: Env) -> napi::Result<()> {
    pin::pin_library();
    model2vec_engine::fault::arm_from_environment();
    let js = Js(env.raw());
    let register = || -> Result<(), Thrown> {
        let environment = Environment::start(js)?;
        let context = environment.cast::<c_void>();
        let functions: [(&str, RawCallback); 7] = [
            ("useImmediates", use_immediates),
            ("createFew", create_few),
            ("feed", feed),
            ("feedPiece", feed_piece),
            ("createEncodeJob", create_encode_job),
            ("createTokenizeJob", create_tokenize_job),
            ("createGatherJob", create_gather_job),
        ];
        for (name, function) in functions {
            js.set(exports.raw(), name, js.function(name, function, context)?)?;
        }
        Ok(())
    };
    register().map_err(|thrown| napi::Error::from_reason(CodedError::from(thrown).reason.clone()))
}

/// `useImmediates(setImmediate)`: see [`Environment::use_immediates`].
unsafe extern "C" fn use_immediates(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    callback(env, info, |js, arguments| {
        let ([set_immediate], _) = arguments.split::<1>();
        environment_of(arguments).use_immediates(js, set_immediate, arguments.data)?;
        js.undefined()
    })
}

/// `createFew(model)`: the functions of small calls on this model.
unsafe extern "C" fn create_few(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    callback(env, info, |js, arguments| {
        let ([model], _) = arguments.split::<1>();
        few::create(js, unwrap::<NativeModel>(js, model, "NativeModel")?.shared())
    })
}

/// `feed.call(job, ...texts)`: whether there is room for more.
unsafe extern "C" fn feed(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    callback(env, info, |js, arguments| {
        let job = unwrap::<NativeJob>(js, arguments.this, "NativeJob")?;
        let ([], values) = arguments.split::<0>();
        js.boolean(job.state.feed(js, values)?)
    })
}

/// `feedPiece.call(job, piece, rest)`: a piece of the next text, after which `rest` more units come. Whether there is room for more.
unsafe extern "C" fn feed_piece(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    callback(env, info, |js, arguments| {
        let job = unwrap::<NativeJob>(js, arguments.this, "NativeJob")?;
        let ([piece, rest], _) = arguments.split::<2>();
        let rest = js.get_number(rest, "rest")? as usize;
        js.boolean(job.state.feed_piece(js, piece, rest)?)
    })
}

/// `createEncodeJob(model, out, mode, tokens, rows, threads, maxLength, normalize, dimensionality, dtype)`.
unsafe extern "C" fn create_encode_job(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    callback(env, info, |js, arguments| {
        let ([model, out, mode, tokens, rows, threads, options @ ..], _) = arguments.split::<10>();
        let model = model_of(js, model)?;
        let options = encode_options(js, &model, options)?;
        let settings = JobSettings {
            model,
            work: Work::Encode(options),
            max_length: options.max_length,
            rows: js.get_number(rows, "rows")? as usize,
            threads: threads_of(js, threads)?,
            mode: Mode::of(js.get_number(mode, "mode")?),
            out: Some(out),
            tokens: Some(tokens),
        };
        into_object(js, JobState::create(js, environment_of(arguments), settings)?)
    })
}

/// `createTokenizeJob(model, mode, rows, threads, maxLength)`.
unsafe extern "C" fn create_tokenize_job(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    callback(env, info, |js, arguments| {
        let ([model, mode, rows, threads, max_length], _) = arguments.split::<5>();
        let max_length = max_length_of(js.get_number(max_length, "maxLength")?);
        let settings = JobSettings {
            model: model_of(js, model)?,
            work: Work::Tokenize { max_length },
            max_length,
            rows: js.get_number(rows, "rows")? as usize,
            threads: threads_of(js, threads)?,
            mode: Mode::of(js.get_number(mode, "mode")?),
            out: None,
            tokens: None,
        };
        into_object(js, JobState::create(js, environment_of(arguments), settings)?)
    })
}

/// `createGatherJob(model, ids, out, mode, threads, maxLength, normalize, dimensionality, dtype)`: starts at once. The ids were cut
/// to `maxLength` before.
unsafe extern "C" fn create_gather_job(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    callback(env, info, |js, arguments| {
        let ([model, ids, out, mode, threads, options @ ..], _) = arguments.split::<9>();
        let model = model_of(js, model)?;
        let memory = js.uint32_array(ids)?;
        let mut token_ids = vec![0; memory.length];
        // SAFETY: the typed array has `length` elements at `start`, and no JavaScript runs meanwhile.
        unsafe { ptr::copy_nonoverlapping(memory.start, token_ids.as_mut_ptr(), memory.length) };
        let bound = model.table().id_count();
        if let Some(id) = token_ids.iter().find(|&&id| id as usize >= bound) {
            return Err(Thrown::Coded("ERR_INVALID_OPTION", format!("expected token ids below {bound}, found {id}")));
        }
        let mode = Mode::of(js.get_number(mode, "mode")?);
        if mode == Mode::Held {
            // It starts at once, and a held job has nowhere to write yet.
            return Err(Thrown::internal("internal error: rows are not gathered into memory that is held"));
        }
        let options = encode_options(js, &model, options)?;
        let settings = JobSettings {
            model,
            work: Work::Gather(options),
            max_length: None,
            rows: token_ids.len(),
            threads: threads_of(js, threads)?,
            mode,
            out: Some(out),
            tokens: None,
        };
        let job = JobState::create(js, environment_of(arguments), settings)?;
        job.gather(js, token_ids);
        into_object(js, job)
    })
}

fn into_object(js: Js, state: Rc<JobState>) -> Result<sys::napi_value, Thrown> {
    // SAFETY: `js` is the environment that this callback runs in.
    unsafe { NativeJob::to_napi_value(js.0, NativeJob { state }) }
        .map_err(|error| Thrown::internal(error.reason.clone()))
}

fn model_of(js: Js, value: sys::napi_value) -> Result<Rc<LocalModel>, Thrown> {
    unwrap::<NativeModel>(js, value, "NativeModel")?.model()
}

fn environment_of<'a>(arguments: &Arguments<'a>) -> &'a Rc<Environment> {
    // SAFETY: `start` made the function with the address that `Environment::start` gave, valid while JavaScript runs.
    unsafe { &*arguments.data.cast::<Rc<Environment>>() }
}

fn threads_of(js: Js, value: sys::napi_value) -> Result<usize, Thrown> {
    Ok((js.get_number(value, "threads")? as usize).max(1))
}
