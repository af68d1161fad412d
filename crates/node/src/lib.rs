//! The Node binding: the only crate that names napi.
//!
//! Texts come in as arguments, up to 256 per call: reading them from an array here would take three
//! times as long, and user code (getters, Proxies) runs in JavaScript only, before anything native.
//! `inline` answers small calls at once, on the JavaScript thread, `job` runs large ones on the
//! engine's pool; `environment` is the way back to the event loop, and stops other threads before
//! an environment ends.

mod environment;
mod error;
mod huge_pages;
mod inline;
mod inline_buffers;
mod job;
mod js;
mod local_model;
mod matrix_memory;
mod model;
mod native_job;
mod native_texts;
mod numbers;
mod options;
mod pin;
mod quantized_load;
mod registry;
mod search;
mod shared;
mod sync;
mod texts;

// Public for the compiler, which does not see that napi-derive exports the functions of these to
// JavaScript.
pub mod codecs;
pub mod constants;
pub mod lines;
pub mod load;
pub mod parquet;
pub mod save;

use napi::bindgen_prelude::Object;
use napi::{Env, JsValue};
use napi_derive::napi;

use environment::Environment;
use error::{CodedError, Thrown};
use js::{Js, RawCallback};

/// The version of this library. The JavaScript side checks that it is its own.
#[napi]
pub fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

/// How many threads a call uses unless it says otherwise.
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
        let functions: [(&str, RawCallback); 25] = [
            ("useImmediates", environment::use_immediates),
            ("createInlineCalls", inline::create_inline_calls),
            ("feed", native_job::feed),
            ("feedSegment", native_job::feed_segment),
            ("createEncodeJob", native_job::create_encode_job),
            ("createCountJob", native_job::create_count_job),
            ("createChunkJob", native_job::create_chunk_job),
            ("createPoolJob", native_job::create_pool_job),
            ("createTokenizeJob", native_job::create_tokenize_job),
            ("createGatherJob", native_job::create_gather_job),
            ("createHeadJob", native_job::create_head_job),
            ("feedRows", native_job::feed_rows),
            ("startQuantizedLoad", quantized_load::start_quantized_load),
            ("rowsJson", numbers::rows_json),
            ("rowJson", numbers::row_json),
            ("createSearch", search::create_search),
            ("scanHere", search::scan_here),
            ("scanCopied", search::scan_copied),
            ("scanDirect", search::scan_direct),
            ("rescore", search::rescore),
            ("writeResults", search::write_results),
            ("createDuplicates", search::create_duplicates),
            ("beginGroup", search::begin_group),
            ("compareKept", search::compare_kept),
            ("decideGroup", search::decide_group),
        ];
        for (name, function) in functions {
            js.set(exports.raw(), name, js.function(name, function, environment)?)?;
        }
        Ok(())
    };
    register().map_err(|thrown| napi::Error::from_reason(CodedError::from(thrown).reason.clone()))
}
