//! A search for near-duplicates, as JavaScript makes and drives it: group after group of new rows.
//! A group is copied; slices of the rows before it are copied one after the other and compared with
//! the group on other threads; then its rows are decided, on another thread, in their order.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use model2vec_engine::{Dtype, Duplicates, FirstMatches, NewRows, SearchScratch};
use napi::{Env, sys};
use napi_derive::napi;

use crate::environment::Environment;
use crate::error::{CodedError, Thrown};
use crate::js::{Arguments, Js, RawValue, callback, into_object, unwrap};
use crate::matrix_memory::MatrixMemory;
use crate::options::{dtype_of, metric_of};
use crate::search::chunk::{Chunk, FreeChunks};
use crate::search::flow::Flow;

/// A task makes about this many products of elements: some milliseconds of work.
const TASK_PRODUCTS: usize = 1 << 26;

/// A search for near-duplicates.
#[napi]
pub struct NativeDuplicates {
    decided: Arc<RwLock<Duplicates>>,
    flow: Rc<Flow>,
    dtype: Dtype,
    dim: usize,
    group: RefCell<Option<Arc<Group>>>,
    free: FreeChunks,
}

/// New rows that are decided next.
struct Group {
    rows: Chunk,
    /// The rows, a block of queries each, with what was found so far.
    blocks: Vec<(NewRows, Mutex<FirstMatches>)>,
    /// How many rows were kept before this group.
    kept_before: usize,
}

#[napi]
impl NativeDuplicates {
    /// A promise of room for more rows, after `compareKept` has returned false.
    #[napi(catch_unwind, ts_return_type = "Promise<void>")]
    pub fn room(&self, env: Env) -> Result<RawValue, CodedError> {
        self.flow.when_room(Js(env.raw())).map(RawValue).map_err(CodedError::from)
    }

    /// A promise that nothing is being compared or decided any more.
    #[napi(catch_unwind, ts_return_type = "Promise<void>")]
    pub fn idle(&self, env: Env) -> Result<RawValue, CodedError> {
        self.flow.when_idle(Js(env.raw())).map(RawValue).map_err(CodedError::from)
    }

    /// Ends the work within a few milliseconds; promises then reject with `ERR_ABORTED`.
    #[napi(catch_unwind)]
    pub fn cancel(&self) {
        self.flow.cancel();
    }

    /// The rows that were kept, the rows that were dropped, of each of these the kept row that it
    /// is like, and the bits of their scores, which are floats.
    #[napi(
        catch_unwind,
        ts_return_type = "{ kept: Uint32Array, indices: Uint32Array, of: Uint32Array, scoreBits: Uint32Array }"
    )]
    pub fn lists(&self, env: Env) -> Result<RawValue, CodedError> {
        self.result(Js(env.raw())).map(RawValue).map_err(CodedError::from)
    }
}

impl NativeDuplicates {
    fn of(js: Js, arguments: &Arguments<'_>) -> Result<&'static Self, Thrown> {
        unwrap(js, arguments.this, "NativeDuplicates")
    }

    fn group(&self) -> Result<Arc<Group>, Thrown> {
        self.group.borrow().clone().ok_or_else(|| Thrown::internal("internal error: no group was begun"))
    }

    fn result(&self, js: Js) -> Result<sys::napi_value, Thrown> {
        let decided = self.decided.read().unwrap_or_else(PoisonError::into_inner);
        let dropped = decided.dropped();
        let indices: Vec<u32> = dropped.iter().map(|row| row.index).collect();
        let of: Vec<u32> = dropped.iter().map(|row| row.of).collect();
        // Bits: there is no need for a third kind of array.
        let scores: Vec<u32> = dropped.iter().map(|row| row.score.to_bits()).collect();
        let object = js.object()?;
        for (name, list) in [("kept", decided.kept()), ("indices", &indices), ("of", &of), ("scoreBits", &scores)] {
            js.set(object, name, js.new_uint32_array(list.len(), std::iter::once(list))?)?;
        }
        Ok(object)
    }
}

/// `createDuplicates(dtype, dim, metric, threshold, threads)`: nothing decided yet.
pub(crate) unsafe extern "C" fn create_duplicates(
    env: sys::napi_env,
    info: sys::napi_callback_info,
) -> sys::napi_value {
    callback(env, info, |js, arguments| {
        let ([dtype, dim, metric, threshold, threads], _) = arguments.split::<5>();
        let dtype = dtype_of(js.get_number(dtype, "dtype")?)?;
        let metric = metric_of(js.get_number(metric, "metric")?)?;
        let duplicates = Duplicates::new(dtype, metric, js.get_number(threshold, "threshold")? as f32)?;
        let threads = (js.get_number(threads, "threads")? as usize).max(1);
        into_object(
            js,
            NativeDuplicates {
                decided: Arc::new(RwLock::new(duplicates)),
                flow: Flow::new(Environment::of(arguments), threads),
                dtype,
                dim: js.get_number(dim, "dim")? as usize,
                group: RefCell::default(),
                free: FreeChunks::default(),
            },
        )
    })
}

/// `beginGroup.call(duplicates, corpus, from, to, indices)`: copies rows `from` to `to`, of which
/// `indices` are decided next: a Uint32Array that rises.
pub(crate) unsafe extern "C" fn begin_group(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    callback(env, info, |js, arguments| {
        let native = NativeDuplicates::of(js, arguments)?;
        native.flow.outcome()?;
        let ([corpus, from, to, indices], _) = arguments.split::<4>();
        let range = js.get_number(from, "from")? as usize..js.get_number(to, "to")? as usize;
        let memory = MatrixMemory::of_type(js, corpus, native.dtype, native.dim)?;
        let indices = js.uint32_array(indices)?;
        if indices.length == 0 {
            return Err(Thrown::internal("internal error: a group has no rows"));
        }
        // SAFETY: the array has these elements, and no JavaScript runs while they are used.
        let indices = unsafe { std::slice::from_raw_parts(indices.start, indices.length) };
        let first_row = range.start;
        // SAFETY: no JavaScript runs while the rows are copied.
        let rows = Chunk::copy(unsafe { memory.rows(range)? }, first_row, &native.free);
        let decided = native.decided.read().unwrap_or_else(PoisonError::into_inner);
        let blocks = indices.chunks(Duplicates::block_rows(native.dim)).map(|indices| {
            let new = decided.new_rows_of(rows.rows(), first_row, indices);
            let matches = Mutex::new(new.matches(&decided));
            (new, matches)
        });
        let blocks = blocks.collect();
        native.group.replace(Some(Arc::new(Group { blocks, kept_before: decided.kept().len(), rows })));
        js.undefined()
    })
}

/// `compareKept.call(duplicates, corpus, from, to)`: copies rows before the group, of which threads
/// compare the kept ones with the group. False when enough is in flight, until the promise of
/// `room` resolves.
pub(crate) unsafe extern "C" fn compare_kept(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    callback(env, info, |js, arguments| {
        let native = NativeDuplicates::of(js, arguments)?;
        native.flow.outcome()?;
        let ([corpus, from, to], _) = arguments.split::<3>();
        let range = js.get_number(from, "from")? as usize..js.get_number(to, "to")? as usize;
        let first_row = range.start;
        let group = native.group()?;
        let memory = MatrixMemory::of_type(js, corpus, native.dtype, native.dim)?;
        // SAFETY: no JavaScript runs while the rows are copied.
        let rows = unsafe { memory.rows(range)? };
        let products = rows.len().max(1) * native.dim * Duplicates::block_rows(native.dim);
        let blocks_per_task = (TASK_PRODUCTS / products).max(1);
        let chunk = Arc::new(Chunk::copy(rows, first_row, &native.free));
        for first_block in (0..group.blocks.len()).step_by(blocks_per_task) {
            let blocks = first_block..group.blocks.len().min(first_block + blocks_per_task);
            let (group, chunk, decided) = (Arc::clone(&group), Arc::clone(&chunk), Arc::clone(&native.decided));
            native.flow.add(js, move |cancelled| {
                let decided = decided.read().unwrap_or_else(PoisonError::into_inner);
                let mut scratch = SearchScratch::default();
                for (new, matches) in &group.blocks[blocks] {
                    let mut own = new.matches(&decided);
                    let (rows, first_row) = (chunk.rows(), chunk.first_row);
                    if !decided.scan_slice(new, &mut own, rows, first_row, 0, &mut scratch, cancelled) {
                        return;
                    }
                    lock(matches).merge(&own);
                }
            });
        }
        js.boolean(native.flow.has_room())
    })
}

/// `decideGroup.call(duplicates)`: decides the rows of the group on another thread, when all rows
/// before it are compared.
pub(crate) unsafe extern "C" fn decide_group(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    callback(env, info, |js, arguments| {
        let native = NativeDuplicates::of(js, arguments)?;
        native.flow.outcome()?;
        let group = native.group()?;
        let decided = Arc::clone(&native.decided);
        native.group.replace(None);
        native.flow.add(js, move |cancelled| {
            let mut decided = decided.write().unwrap_or_else(PoisonError::into_inner);
            let mut scratch = SearchScratch::default();
            let (rows, first_row) = (group.rows.rows(), group.rows.first_row);
            for (new, matches) in &group.blocks {
                let mut matches = lock(matches);
                let before = group.kept_before;
                if !decided.scan_slice(new, &mut matches, rows, first_row, before, &mut scratch, cancelled) {
                    return;
                }
                decided.decide_in(new, &matches, rows, first_row, &mut scratch);
            }
        });
        js.undefined()
    })
}

fn lock(matches: &Mutex<FirstMatches>) -> MutexGuard<'_, FirstMatches> {
    matches.lock().unwrap_or_else(PoisonError::into_inner)
}
