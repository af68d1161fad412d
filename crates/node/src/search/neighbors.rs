//! A search for nearest neighbors, as JavaScript makes and drives it.

use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};

use model2vec_engine::{Dtype, Filter, Hits, Rows, Search, SearchOptions, SearchScratch};
use napi::{Env, sys};
use napi_derive::napi;

use crate::environment::Environment;
use crate::error::{CodedError, Thrown};
use crate::js::{Arguments, Js, RawValue, callback, into_object, unwrap};
use crate::matrix_memory::MatrixMemory;
use crate::options::{dtype_of, metric_of};
use crate::search::chunk::{Chunk, FreeChunks};
use crate::search::flow::Flow;

/// A task compares at most this many bytes of rows, and about this many pairs of elements: a
/// millisecond of work.
const TASK_BYTES: usize = 1 << 22;
const TASK_PRODUCTS: usize = 1 << 25;

/// A search that is made for some queries. Its parts of the corpus may come in any order.
#[napi]
pub struct NativeSearch {
    search: Arc<Search>,
    flow: Rc<Flow>,
    /// The element type of the corpus.
    dtype: Dtype,
    dim: usize,
    /// What threads have found, each in one of these at a time.
    found: Arc<Mutex<Vec<Found>>>,
    free: FreeChunks,
    scratch: RefCell<SearchScratch>,
}

/// What was found in some parts of the corpus, for each block of queries; `None` = in no part yet.
type Found = Vec<Option<Hits>>;

#[napi]
impl NativeSearch {
    /// A promise of room for more parts, after `scanCopied` has returned false.
    #[napi(catch_unwind, ts_return_type = "Promise<void>")]
    pub fn room(&self, env: Env) -> Result<RawValue, CodedError> {
        self.flow.when_room(Js(env.raw())).map(RawValue).map_err(CodedError::from)
    }

    /// A promise that all parts are compared.
    #[napi(catch_unwind, ts_return_type = "Promise<void>")]
    pub fn idle(&self, env: Env) -> Result<RawValue, CodedError> {
        self.flow.when_idle(Js(env.raw())).map(RawValue).map_err(CodedError::from)
    }

    /// Ends the work on other threads within a few milliseconds; promises then reject with
    /// `ERR_ABORTED`.
    #[napi(catch_unwind)]
    pub fn cancel(&self) {
        self.flow.cancel();
    }
}

/// `createSearch(queries, queryDtype, dtype, dim, rows, metric, k, bound, firstSelf, filter,
/// threads)`: a search among `rows` rows of `dtype`. A `bound` of NaN is none; so is a negative
/// `firstSelf`, and a `filter` that is undefined.
pub(crate) unsafe extern "C" fn create_search(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    callback(env, info, |js, arguments| {
        let ([queries, query_dtype, dtype, dim, rows, metric, k, bound, first_self, filter, threads], _) =
            arguments.split::<11>();
        let memory = MatrixMemory::of(js, queries, query_dtype, dim)?;
        let dtype = dtype_of(js.get_number(dtype, "dtype")?)?;
        let bound = js.get_number(bound, "bound")?;
        let first_self = js.get_number(first_self, "firstSelf")?;
        let options = SearchOptions {
            metric: metric_of(js.get_number(metric, "metric")?)?,
            k: js.get_number(k, "k")? as usize,
            bound: (!bound.is_nan()).then_some(bound as f32),
            first_self: (first_self >= 0.0).then_some(first_self as u32),
            filter: filter_of(js, filter, js.get_number(rows, "rows")? as usize)?,
        };
        // SAFETY: no JavaScript runs while the queries are copied.
        let queries = unsafe { memory.rows(0..memory.count())? };
        let search = Search::new(queries, dtype, options)?;
        let threads = (js.get_number(threads, "threads")? as usize).max(1);
        into_object(
            js,
            NativeSearch {
                search: Arc::new(search),
                flow: Flow::new(Environment::of(arguments), threads),
                dtype,
                dim: memory.dim,
                found: Arc::default(),
                free: FreeChunks::default(),
                scratch: RefCell::default(),
            },
        )
    })
}

/// A mask (Uint8Array) or a list of rows (Uint32Array).
fn filter_of(js: Js, filter: sys::napi_value, rows: usize) -> Result<Option<Filter>, Thrown> {
    if js.type_name(filter) == "undefined" {
        return Ok(None);
    }
    if let Ok(list) = js.uint32_array(filter) {
        // SAFETY: the array has these elements, and no JavaScript runs while they are copied.
        let list = unsafe { elements(list.start, list.length) };
        return Ok(Some(Filter::rows(list, rows)?));
    }
    let mask = js.rows_array(filter, Dtype::Binary)?;
    // SAFETY: as above.
    Ok(Some(Filter::mask(unsafe { elements(mask.start, mask.length) }, rows)?))
}

/// The elements of a typed array, which may have no memory.
///
/// # Safety
/// `start` has `length` elements, as long as they are used.
unsafe fn elements<'a, T>(start: *mut T, length: usize) -> &'a [T] {
    if length == 0 {
        return &[];
    }
    // SAFETY: of the caller.
    unsafe { std::slice::from_raw_parts(start, length) }
}

impl NativeSearch {
    fn of(js: Js, arguments: &Arguments<'_>) -> Result<&'static Self, Thrown> {
        unwrap(js, arguments.this, "NativeSearch")
    }

    /// How many rows, and how many blocks of queries, make a task.
    fn task_size(&self, row_bytes: usize, most_bytes: usize) -> (usize, usize) {
        let queries = self.search.block_queries().min(self.search.query_count()).max(1);
        let row_products = self.dim * queries;
        let rows = (most_bytes / row_bytes).min(TASK_PRODUCTS / row_products).max(16);
        (rows, (TASK_PRODUCTS / (rows * row_products)).max(1))
    }

    /// Adds tasks that compare rows with all queries. `rows` gives the rows again, in the task.
    fn add_tasks<R>(&self, js: Js, blocks_per_task: usize, first_row: usize, rows: &Arc<R>)
    where
        R: RowSource + 'static,
    {
        let blocks = self.search.query_blocks();
        for first_block in (0..blocks).step_by(blocks_per_task) {
            let range = first_block..blocks.min(first_block + blocks_per_task);
            let (search, found, rows) = (Arc::clone(&self.search), Arc::clone(&self.found), Arc::clone(rows));
            self.flow.add(js, move |cancelled| {
                let mut scratch = SearchScratch::default();
                scan_blocks(&search, &found, range, rows.rows(), first_row, &mut scratch, cancelled);
            });
        }
    }
}

/// Where a task's rows are.
trait RowSource: Send + Sync {
    fn rows(&self) -> Rows<'_>;
}

impl RowSource for Chunk {
    fn rows(&self) -> Rows<'_> {
        Self::rows(self)
    }
}

/// Rows in JavaScript's memory, which stays where it is until the task has ended: see
/// [`scan_direct`].
struct DirectRows(Rows<'static>);

impl RowSource for DirectRows {
    fn rows(&self) -> Rows<'_> {
        self.0
    }
}

/// Compares rows with some blocks of queries.
fn scan_blocks(
    search: &Search,
    found: &Mutex<Vec<Found>>,
    blocks: Range<usize>,
    rows: Rows<'_>,
    first_row: usize,
    scratch: &mut SearchScratch,
    cancelled: &AtomicBool,
) {
    let lock = || found.lock().unwrap_or_else(PoisonError::into_inner);
    let mut own = lock().pop().unwrap_or_else(|| vec![None; search.query_blocks()]);
    for block in blocks {
        let hits = own[block].get_or_insert_with(|| search.hits(block));
        match search.scan(hits, rows, first_row, scratch, cancelled) {
            Ok(true) => {}
            // Cancelled: what was found is of no use.
            Ok(false) => return,
            Err(error) => panic!("{error}"),
        }
    }
    lock().push(own);
}

/// `scanHere.call(search, corpus, from, to)`: compares rows on this thread, now.
pub(crate) unsafe extern "C" fn scan_here(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    callback(env, info, |js, arguments| {
        let native = NativeSearch::of(js, arguments)?;
        let ([corpus, from, to], _) = arguments.split::<3>();
        let range = js.get_number(from, "from")? as usize..js.get_number(to, "to")? as usize;
        let first_row = range.start;
        let memory = MatrixMemory::of_type(js, corpus, native.dtype, native.dim)?;
        // SAFETY: no JavaScript runs while the rows are compared.
        let rows = unsafe { memory.rows(range)? };
        let blocks = 0..native.search.query_blocks();
        let scratch = &mut native.scratch.borrow_mut();
        scan_blocks(&native.search, &native.found, blocks, rows, first_row, scratch, &AtomicBool::new(false));
        js.undefined()
    })
}

/// `scanCopied.call(search, corpus, from, to)`: copies rows, which threads compare. False when
/// enough is in flight, until the promise of `room` resolves.
pub(crate) unsafe extern "C" fn scan_copied(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    callback(env, info, |js, arguments| {
        let native = NativeSearch::of(js, arguments)?;
        native.flow.outcome()?;
        let ([corpus, from, to], _) = arguments.split::<3>();
        let range = js.get_number(from, "from")? as usize..js.get_number(to, "to")? as usize;
        let first_row = range.start;
        let memory = MatrixMemory::of_type(js, corpus, native.dtype, native.dim)?;
        // SAFETY: no JavaScript runs while the rows are copied.
        let rows = unsafe { memory.rows(range)? };
        let count = rows.len().max(1);
        let chunk = Arc::new(Chunk::copy(rows, first_row, &native.free));
        let products = count * native.dim * native.search.block_queries();
        native.add_tasks(js, (TASK_PRODUCTS / products).max(1), first_row, &chunk);
        js.boolean(native.flow.has_room())
    })
}

/// `scanDirect.call(search, corpus, rows, isSync)`: threads compare all rows where they are. A
/// synchronous call returns when that is done, and works too. An asynchronous one is for a
/// SharedArrayBuffer, whose memory stays where it is.
pub(crate) unsafe extern "C" fn scan_direct(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    callback(env, info, |js, arguments| {
        let native = NativeSearch::of(js, arguments)?;
        let ([corpus, count, is_sync], _) = arguments.split::<3>();
        let count = js.get_number(count, "rows")? as usize;
        let memory = MatrixMemory::of_type(js, corpus, native.dtype, native.dim)?;
        // Checked before the first task.
        // SAFETY: see below.
        unsafe { memory.rows(0..count)? };
        native.flow.keep(js, corpus)?;
        let (task_rows, task_blocks) = native.task_size(memory.row_bytes(), TASK_BYTES);
        for first_row in (0..count).step_by(task_rows) {
            // SAFETY: a synchronous call waits for all tasks before JavaScript runs again. Else the
            // memory is a SharedArrayBuffer's, which neither moves nor shrinks, and which the flow
            // keeps alive; an environment that ends waits for the tasks.
            let rows = unsafe { memory.rows(first_row..count.min(first_row + task_rows))? };
            native.add_tasks(js, task_blocks, first_row, &Arc::new(DirectRows(rows)));
        }
        if js.get_boolean(is_sync, "isSync")? {
            native.flow.help_and_wait(js)?;
        }
        js.undefined()
    })
}

/// `rescore.call(search, corpus, candidates, perQuery)`: compares each query with `perQuery`
/// candidates on this thread, now.
pub(crate) unsafe extern "C" fn rescore(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    callback(env, info, |js, arguments| {
        let native = NativeSearch::of(js, arguments)?;
        let ([corpus, candidates, per_query], _) = arguments.split::<3>();
        let per_query = js.get_number(per_query, "perQuery")? as usize;
        let memory = MatrixMemory::of_type(js, corpus, native.dtype, native.dim)?;
        let candidates = js.uint32_array(candidates)?;
        // SAFETY: the array has these elements, and no JavaScript runs while they are read.
        let candidates = unsafe { elements(candidates.start, candidates.length) };
        // SAFETY: no JavaScript runs while the rows are compared.
        let rows = unsafe { memory.rows(0..memory.count())? };
        let is_row = |&row: &u32| row == u32::MAX || (row as usize) < rows.len();
        if candidates.len() != per_query * native.search.query_count() || !candidates.iter().all(is_row) {
            return Err(Thrown::Coded(
                "ERR_OUT_TOO_SMALL",
                "the memory of the vectors was detached or made smaller".to_owned(),
            ));
        }
        let mut found = vec![None; native.search.query_blocks()];
        let scratch = &mut native.scratch.borrow_mut();
        for (block, place) in found.iter_mut().enumerate() {
            let mut hits = native.search.hits(block);
            native.search.rescore(&mut hits, candidates, per_query, rows, scratch)?;
            *place = Some(hits);
        }
        native.found.lock().unwrap_or_else(PoisonError::into_inner).push(found);
        js.undefined()
    })
}

/// `writeResults.call(search, indices, scores, counts, from)`: writes queries × k indices and
/// scores, and how many each query has, of as many queries from `from` on as `counts` has elements.
/// For when all parts are compared.
pub(crate) unsafe extern "C" fn write_results(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    callback(env, info, |js, arguments| {
        let native = NativeSearch::of(js, arguments)?;
        native.flow.outcome()?;
        let ([indices, scores, counts, from], _) = arguments.split::<4>();
        let (indices, scores, counts) =
            (js.uint32_array(indices)?, js.float32_array(scores)?, js.uint32_array(counts)?);
        // SAFETY: nobody else has seen these arrays, which are apart from each other, and no
        // JavaScript runs while they are written.
        let (indices, scores, counts) = unsafe {
            (
                elements_mut(indices.start, indices.length),
                elements_mut(scores.start, scores.length),
                elements_mut(counts.start, counts.length),
            )
        };
        let first = js.get_number(from, "from")? as usize;
        let k = indices.len() / counts.len().max(1);
        let all = native.found.lock().unwrap_or_else(PoisonError::into_inner);
        for (place, count) in counts.iter_mut().enumerate() {
            let query = first + place;
            let block = query / native.search.block_queries();
            let found: Vec<&Hits> = all.iter().filter_map(|found| found[block].as_ref()).collect();
            let places = place * k..(place + 1) * k;
            let written = native.search.write(query, &found, &mut indices[places.clone()], &mut scores[places]);
            *count = written as u32;
        }
        js.undefined()
    })
}

/// As [`elements`], to be written.
///
/// # Safety
/// As there, and nothing else reads or writes them meanwhile.
unsafe fn elements_mut<'a, T>(start: *mut T, length: usize) -> &'a mut [T] {
    if length == 0 {
        return &mut [];
    }
    // SAFETY: of the caller.
    unsafe { std::slice::from_raw_parts_mut(start, length) }
}
