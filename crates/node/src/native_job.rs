//! Jobs as JavaScript makes and holds them.

use std::ptr;
use std::rc::Rc;

use model2vec_engine::{ChunkOptions, IdLists, Work};
use napi::{Env, sys};
use napi_derive::napi;

use crate::environment::Environment;
use crate::error::{CodedError, Thrown, buffer};
use crate::job::{Job, JobSettings, Mode};
use crate::js::{Arguments, Js, RawValue, callback, into_object, unwrap};
use crate::local_model::LocalModel;
use crate::matrix_memory::MatrixMemory;
use crate::model::NativeModel;
use crate::native_texts::NativeTexts;
use crate::options::{encode_options, max_length_of};

/// A job: one large call.
#[napi]
pub struct NativeJob {
    job: Rc<Job>,
}

#[napi]
impl NativeJob {
    /// How many texts are done.
    #[napi(catch_unwind)]
    pub fn rows_done(&self) -> u32 {
        self.job.rows_done() as u32
    }

    /// The most UTF-16 units of a text that are read; Infinity if all are.
    #[napi(catch_unwind)]
    pub fn readable_units(&self) -> f64 {
        let units = self.job.readable_units();
        if units == usize::MAX { f64::INFINITY } else { units as f64 }
    }

    /// Stops the work within a few milliseconds; the promise of `finish` then rejects with
    /// `ERR_ABORTED`.
    #[napi(catch_unwind)]
    pub fn cancel(&self) {
        self.job.cancel();
    }

    /// Starts work on all of `texts`, and empties it. For jobs of the mode `direct`.
    #[napi(catch_unwind)]
    pub fn feed_texts(&self, env: Env, texts: &NativeTexts) -> Result<(), CodedError> {
        self.job.feed_slices(Js(env.raw()), texts.take()).map_err(CodedError::from)
    }

    /// A promise of room for more texts, after `feed` has returned false.
    #[napi(catch_unwind, ts_return_type = "Promise<void>")]
    pub fn room(&self, env: Env) -> Result<RawValue, CodedError> {
        self.job.room(Js(env.raw())).map(RawValue).map_err(CodedError::from)
    }

    /// No more texts come: a promise of the result. It settles only after the last thread has
    /// stopped writing.
    #[napi(
        catch_unwind,
        ts_return_type = "Promise<{ truncated: Uint32Array, ids?: Uint32Array, ends?: Uint32Array, counts?: Uint32Array, chunks?: Uint32Array }>"
    )]
    pub fn finish(&self, env: Env) -> Result<RawValue, CodedError> {
        self.job.finish(Js(env.raw())).map(RawValue).map_err(CodedError::from)
    }

    /// No more texts come: waits for the result, and works on it too.
    #[napi(
        catch_unwind,
        ts_return_type = "{ truncated: Uint32Array, ids?: Uint32Array, ends?: Uint32Array, counts?: Uint32Array, chunks?: Uint32Array }"
    )]
    pub fn finish_sync(&self, env: Env) -> Result<RawValue, CodedError> {
        self.job.finish_sync(Js(env.raw())).map(RawValue).map_err(CodedError::from)
    }
}

/// `feed.call(job, ...texts)`: reads texts; false when enough are in flight, until the promise of
/// `room` resolves.
pub(crate) unsafe extern "C" fn feed(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    callback(env, info, |js, arguments| {
        let NativeJob { job } = unwrap::<NativeJob>(js, arguments.this, "NativeJob")?;
        let ([], values) = arguments.split::<0>();
        js.boolean(job.feed(js, values)?)
    })
}

/// `feedSegment.call(job, segment, rest)`: reads a segment of the next text, after which `rest`
/// more UTF-16 units of it come. Returns as `feed`.
pub(crate) unsafe extern "C" fn feed_segment(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    callback(env, info, |js, arguments| {
        let NativeJob { job } = unwrap::<NativeJob>(js, arguments.this, "NativeJob")?;
        let ([segment, rest], _) = arguments.split::<2>();
        let rest = js.get_number(rest, "rest")? as usize;
        js.boolean(job.feed_segment(js, segment, rest)?)
    })
}

/// `createEncodeJob(model, out, mode, tokens, rows, threads, maxLength, normalize, dimensionality,
/// dtype)`: a job of one row per text.
pub(crate) unsafe extern "C" fn create_encode_job(
    env: sys::napi_env,
    info: sys::napi_callback_info,
) -> sys::napi_value {
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
            mode: Mode::of(js.get_number(mode, "mode")?)?,
            out: Some(out),
            tokens: Some(tokens),
        };
        into_object(js, NativeJob { job: Job::create(js, Environment::of(arguments), settings)? })
    })
}

/// `createTokenizeJob(model, mode, rows, threads, maxLength)`: a job of the token ids of each of
/// `rows` texts.
pub(crate) unsafe extern "C" fn create_tokenize_job(
    env: sys::napi_env,
    info: sys::napi_callback_info,
) -> sys::napi_value {
    callback(env, info, |js, arguments| {
        let ([model, mode, rows, threads, max_length], _) = arguments.split::<5>();
        let max_length = max_length_of(js.get_number(max_length, "maxLength")?);
        job_without_rows(js, arguments, [model, mode, rows, threads], Work::Tokenize { max_length }, max_length)
    })
}

/// `createCountJob(model, mode, rows, threads, maxLength)`: a job of how many token ids each of
/// `rows` texts has, unknown ones included.
pub(crate) unsafe extern "C" fn create_count_job(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    callback(env, info, |js, arguments| {
        let ([model, mode, rows, threads, max_length], _) = arguments.split::<5>();
        let max_length = max_length_of(js.get_number(max_length, "maxLength")?);
        job_without_rows(js, arguments, [model, mode, rows, threads], Work::Count { max_length }, max_length)
    })
}

/// `createChunkJob(model, mode, rows, threads, size, overlap, maxLength, withIds)`: a job of the
/// chunks of each of `rows` texts.
pub(crate) unsafe extern "C" fn create_chunk_job(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    callback(env, info, |js, arguments| {
        let ([model, mode, rows, threads, size, overlap, max_length, with_ids], _) = arguments.split::<8>();
        let options = ChunkOptions {
            size: js.get_number(size, "size")? as usize,
            overlap: js.get_number(overlap, "overlap")? as usize,
            max_length: max_length_of(js.get_number(max_length, "maxLength")?),
        };
        let work = Work::Chunk { options, with_ids: js.get_boolean(with_ids, "withIds")? };
        job_without_rows(js, arguments, [model, mode, rows, threads], work, None)
    })
}

/// A job that gives token ids, their counts or chunks, and writes no vectors.
fn job_without_rows(
    js: Js,
    arguments: &Arguments<'_>,
    [model, mode, rows, threads]: [sys::napi_value; 4],
    work: Work,
    max_length: Option<usize>,
) -> Result<sys::napi_value, Thrown> {
    let settings = JobSettings {
        model: model_of(js, model)?,
        work,
        max_length,
        rows: js.get_number(rows, "rows")? as usize,
        threads: threads_of(js, threads)?,
        mode: Mode::of(js.get_number(mode, "mode")?)?,
        out: None,
        tokens: None,
    };
    into_object(js, NativeJob { job: Job::create(js, Environment::of(arguments), settings)? })
}

/// `createPoolJob(model, ids, ends, out, mode, threads, maxLength, normalize, dimensionality,
/// dtype)`: a job of one row per list of token ids, which starts at once. List i has the ids from
/// `ends[i - 1]` up to `ends[i]`.
pub(crate) unsafe extern "C" fn create_pool_job(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    callback(env, info, |js, arguments| {
        let ([model, ids, ends, out, mode, threads, options @ ..], _) = arguments.split::<10>();
        let model = model_of(js, model)?;
        let lists = IdLists { ids: ids_of(js, &model, ids)?, ends: copied(js, ends)? };
        if !lists.ends.is_sorted() || lists.ends.last().is_some_and(|&end| end as usize > lists.ids.len()) {
            return Err(Thrown::internal("internal error: lists of ids end where they don't"));
        }
        let options = encode_options(js, &model, options)?;
        let settings = JobSettings {
            model,
            work: Work::Pool(options),
            max_length: None,
            rows: lists.ends.len(),
            threads: threads_of(js, threads)?,
            mode: Mode::of(js.get_number(mode, "mode")?)?,
            out: Some(out),
            tokens: None,
        };
        if settings.mode == Mode::Held {
            return Err(Thrown::internal("internal error: rows are not pooled into memory that is held"));
        }
        let job = Job::create(js, Environment::of(arguments), settings)?;
        job.pool(js, lists);
        into_object(js, NativeJob { job })
    })
}

/// `createGatherJob(model, ids, out, mode, threads, maxLength, normalize, dimensionality, dtype)`:
/// a job of one row per token id, which starts at once. The ids were cut to `maxLength` before.
pub(crate) unsafe extern "C" fn create_gather_job(
    env: sys::napi_env,
    info: sys::napi_callback_info,
) -> sys::napi_value {
    callback(env, info, |js, arguments| {
        let ([model, ids, out, mode, threads, options @ ..], _) = arguments.split::<9>();
        let model = model_of(js, model)?;
        let token_ids = ids_of(js, &model, ids)?;
        let mode = Mode::of(js.get_number(mode, "mode")?)?;
        if mode == Mode::Held {
            // A gather job starts at once, and JavaScript runs before it ends.
            return Err(Thrown::internal("internal error: rows are not gathered into memory that is held"));
        }
        if model.goes_through_head() {
            return Err(Thrown::internal("internal error: rows of token ids go through no head"));
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
        let job = Job::create(js, Environment::of(arguments), settings)?;
        job.gather(js, token_ids);
        into_object(js, NativeJob { job })
    })
}

/// `createHeadJob(model, out, mode, rows, threads, maxLength, normalize, dimensionality, dtype)`: a
/// job of one row per embedding, which goes through the model's head.
pub(crate) unsafe extern "C" fn create_head_job(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    callback(env, info, |js, arguments| {
        let ([model, out, mode, rows, threads, options @ ..], _) = arguments.split::<9>();
        let model = model_of(js, model)?;
        if !model.goes_through_head() {
            return Err(Thrown::internal("internal error: rows go through no head"));
        }
        let options = encode_options(js, &model, options)?;
        let settings = JobSettings {
            model,
            work: Work::Head(options),
            max_length: None,
            rows: js.get_number(rows, "rows")? as usize,
            threads: threads_of(js, threads)?,
            mode: Mode::of(js.get_number(mode, "mode")?)?,
            out: Some(out),
            tokens: None,
        };
        into_object(js, NativeJob { job: Job::create(js, Environment::of(arguments), settings)? })
    })
}

/// `feedRows.call(job, data, dtype, dim, from, to)`: copies rows `from` to `to` of a matrix of
/// embeddings, which other threads work on. Returns as `feed`.
pub(crate) unsafe extern "C" fn feed_rows(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    callback(env, info, |js, arguments| {
        let NativeJob { job } = unwrap::<NativeJob>(js, arguments.this, "NativeJob")?;
        let ([data, dtype, dim, from, to], _) = arguments.split::<5>();
        let memory = MatrixMemory::of(js, data, dtype, dim)?;
        let range = js.get_number(from, "from")? as usize..js.get_number(to, "to")? as usize;
        // SAFETY: no JavaScript runs while the rows are copied.
        let embeddings = unsafe { memory.rows(range)? }.widened();
        let embeddings = embeddings.ok_or_else(|| Thrown::internal("internal error: these rows are no embeddings"))?;
        js.boolean(job.feed_embeddings(js, memory.dim, embeddings)?)
    })
}

/// The token ids in a Uint32Array.
///
/// # Errors
/// When the table has no row for one.
fn ids_of(js: Js, model: &LocalModel, array: sys::napi_value) -> Result<Vec<u32>, Thrown> {
    let ids = copied(js, array)?;
    let bound = model.table().id_count();
    match ids.iter().find(|&&id| id as usize >= bound) {
        Some(id) => Err(Thrown::Coded("ERR_INVALID_OPTION", format!("expected token ids below {bound}, found {id}"))),
        None => Ok(ids),
    }
}

/// The numbers in a Uint32Array.
fn copied(js: Js, array: sys::napi_value) -> Result<Vec<u32>, Thrown> {
    let memory = js.uint32_array(array)?;
    let mut numbers = buffer(memory.length)?;
    numbers.resize(memory.length, 0);
    // SAFETY: the typed array has `length` elements at `start`, and no JavaScript runs meanwhile.
    unsafe { ptr::copy_nonoverlapping(memory.start, numbers.as_mut_ptr(), memory.length) };
    Ok(numbers)
}

fn model_of(js: Js, value: sys::napi_value) -> Result<Rc<LocalModel>, Thrown> {
    unwrap::<NativeModel>(js, value, "NativeModel")?.model()
}

fn threads_of(js: Js, value: sys::napi_value) -> Result<usize, Thrown> {
    Ok((js.get_number(value, "threads")? as usize).max(1))
}
