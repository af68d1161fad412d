//! A job: one large call. Its texts are fed slice by slice, threads work on them meanwhile, and it
//! ends with a result or a promise of one.
//!
//! Texts go from [`Feed`], which makes slices, by the [`Schedule`] into the [`Flow`], where threads
//! work on them, and from there into the [`Results`]. [`Ending`] is what the caller gets.

mod ending;
mod feed;
mod flow;
mod results;
mod row_memory;
mod schedule;
mod settings;

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use model2vec_engine::{IdLists, Input, Texts};
use napi::sys;

use crate::environment::{BackgroundWork, Environment};
use crate::error::Thrown;
use crate::job::ending::Ending;
use crate::job::feed::{Feed, FilledSlice};
use crate::job::flow::Flow;
use crate::job::results::Results;
use crate::job::schedule::Schedule;
use crate::js::Js;
use crate::local_model::LocalModel;

use settings::SLICE_BYTES;
use settings::SLICE_IDS;
pub(crate) use settings::{JobSettings, Mode, SLICE_UNITS};

/// A job, on its environment's thread.
pub(crate) struct Job {
    id: u32,
    environment: Rc<Environment>,
    /// `None` once the job has ended: the job's object may wait for the garbage collector, the
    /// model must not.
    model: RefCell<Option<Rc<LocalModel>>>,
    mode: Mode,
    rows: usize,
    /// The most rows of a slice.
    slice_rows: usize,
    feed: Feed,
    schedule: Schedule,
    flow: Flow,
    results: Results,
    ending: Ending,
}

impl Job {
    pub(crate) fn create(js: Js, environment: &Rc<Environment>, settings: JobSettings) -> Result<Rc<Self>, Thrown> {
        let id = environment.new_id();
        let results = Results::new(js, &settings)?;
        let slice_rows =
            (SLICE_BYTES / (settings.model.dim().max(settings.model.embedding_dim()) * size_of::<f32>())).max(1);
        Ok(Rc::new(Self {
            id,
            environment: Rc::clone(environment),
            mode: settings.mode,
            rows: settings.rows,
            slice_rows,
            feed: Feed::new(settings.rows, settings.model.unit_limit(settings.max_length), slice_rows),
            schedule: Schedule::of(settings.mode, settings.threads),
            flow: Flow::new(id, environment, &settings),
            results,
            ending: Ending::default(),
            model: RefCell::new(Some(settings.model)),
        }))
    }

    /// Reads strings and starts the slices that are full. False when enough is in flight.
    pub(crate) fn feed(self: &Rc<Self>, js: Js, values: &[sys::napi_value]) -> Result<bool, Thrown> {
        if !self.may_feed(values.len())? {
            return Ok(true);
        }
        self.feed.read(js, values, |slice| self.start(js, slice))?;
        Ok(self.flow.has_room())
    }

    /// Reads a segment of the next text, after which `rest` more UTF-16 units of it come. False
    /// when enough is in flight.
    pub(crate) fn feed_segment(self: &Rc<Self>, js: Js, segment: sys::napi_value, rest: usize) -> Result<bool, Thrown> {
        if !self.may_feed(1)? {
            return Ok(true);
        }
        let is_text_complete = self.feed.read_segment(js, segment, rest, |slice| self.start(js, slice))?;
        Ok(!is_text_complete || self.flow.has_room())
    }

    /// The most UTF-16 units of a text that are read.
    pub(crate) fn readable_units(&self) -> usize {
        self.feed.readable_units()
    }

    /// Whether `count` more texts can be fed. False if the work gave up: `finish` says why, and
    /// reading more is of no use.
    fn may_feed(&self, count: usize) -> Result<bool, Thrown> {
        if self.flow.gave_up() && !self.ending.is_awaited() {
            return Ok(false);
        }
        if self.ending.has_ended() || self.ending.is_awaited() {
            return Err(Thrown::internal("internal error: texts were fed to a job that had ended"));
        }
        self.feed.check_count(count).map(|()| true)
    }

    /// Starts slices of texts that were read before. For [`Mode::Direct`].
    pub(crate) fn feed_slices(self: &Rc<Self>, js: Js, slices: Vec<Texts>) -> Result<(), Thrown> {
        if self.mode != Mode::Direct || self.ending.has_ended() {
            return Err(Thrown::internal(
                "internal error: texts that were read are for direct jobs that have not ended",
            ));
        }
        self.feed.check_count(slices.iter().map(Texts::len).sum())?;
        for slice in self.feed.add_texts(slices) {
            self.start(js, slice);
        }
        Ok(())
    }

    /// Starts slices of token ids, whose embedding rows are gathered.
    pub(crate) fn gather(self: &Rc<Self>, js: Js, ids: Vec<u32>) {
        let ids = Arc::new(ids);
        for first in (0..self.rows).step_by(self.slice_rows) {
            let range = first..self.rows.min(first + self.slice_rows);
            self.start(js, self.feed.slice_of(range.len(), Input::Ids(Arc::clone(&ids), range)));
        }
    }

    /// Starts slices of lists of token ids, whose embedding rows are pooled.
    pub(crate) fn pool(self: &Rc<Self>, js: Js, lists: IdLists) {
        let lists = Arc::new(lists);
        let mut first = 0;
        while first < self.rows {
            let most = self.rows.min(first + self.slice_rows);
            let start = if first == 0 { 0 } else { lists.ends[first - 1] };
            let fits = lists.ends[first..most].partition_point(|&end| ((end - start) as usize) < SLICE_IDS);
            let range = first..most.min(first + fits + 1);
            first = range.end;
            self.start(js, self.feed.slice_of(range.len(), Input::IdLists(Arc::clone(&lists), range)));
        }
    }

    /// Starts a slice of embeddings, which go through the model's head. False when enough is in
    /// flight.
    pub(crate) fn feed_embeddings(self: &Rc<Self>, js: Js, dim: usize, embeddings: Vec<f32>) -> Result<bool, Thrown> {
        let expected = self.model.borrow().as_ref().map(|model| model.embedding_dim());
        if expected.is_some_and(|expected| expected != dim) {
            return Err(Thrown::internal(format!("internal error: expected embeddings of {expected:?}, found {dim}")));
        }
        let rows = embeddings.len() / dim;
        if !self.may_feed(rows)? {
            return Ok(true);
        }
        self.start(js, self.feed.slice_of(rows, Input::Embeddings(embeddings)));
        Ok(self.flow.has_room())
    }

    /// Starts a slice, or keeps it for later. If its memory is gone, the job fails.
    fn start(self: &Rc<Self>, js: Js, slice: FilledSlice) {
        self.environment.work_started(js, self.id, Rc::<Self>::clone(self));
        if let Err(thrown) = self.schedule.start(slice, &self.flow, &self.results) {
            self.ending.fail(thrown);
            // The texts that follow are not read any more.
            self.flow.cancel();
        } else if self.schedule.works_while_feeding() {
            self.flow.collect();
            if let Err(thrown) = self.pass_on(None) {
                self.ending.fail(thrown);
            }
        }
    }

    /// Passes on the results of the slices that were collected: at least one slice, then until the
    /// deadline.
    fn pass_on(&self, deadline: Option<Instant>) -> Result<(), Thrown> {
        while let Some(mut slice) = self.flow.next_done() {
            if let Input::Texts(texts) = &mut slice.input {
                self.feed.reuse(std::mem::take(texts));
            }
            self.results.take(slice)?;
            if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                break;
            }
        }
        Ok(())
    }

    /// A promise of room for more texts.
    pub(crate) fn room(self: &Rc<Self>, js: Js) -> Result<sys::napi_value, Thrown> {
        let (deferred, promise) = js.promise()?;
        if self.ending.has_ended() {
            js.settle(deferred, js.undefined());
            return Ok(promise);
        }
        self.flow.wait_for_room(js, deferred);
        self.environment.notifier.notify(self.id);
        self.environment.work_started(js, self.id, Rc::<Self>::clone(self));
        Ok(promise)
    }

    /// No more texts come: a promise of the result.
    pub(crate) fn finish(self: &Rc<Self>, js: Js) -> Result<sys::napi_value, Thrown> {
        let (deferred, promise) = js.promise()?;
        if self.ending.has_ended() {
            let aborted = || Thrown::Coded("ERR_ABORTED", "the call was aborted".to_owned());
            js.settle(deferred, Err(self.ending.take_failure().unwrap_or_else(aborted)));
            return Ok(promise);
        }
        self.start_last(js);
        self.ending.wait(deferred);
        self.environment.work_started(js, self.id, Rc::<Self>::clone(self));
        if self.flow.close() {
            self.environment.notifier.notify(self.id);
        }
        Ok(promise)
    }

    /// No more texts come: the result. This thread works too.
    pub(crate) fn finish_sync(self: &Rc<Self>, js: Js) -> Result<sys::napi_value, Thrown> {
        self.start_last(js);
        // Looked up once more, also when no slice is left: the caller gets an error if `out` has
        // become too small.
        let started = self.results.check_memory().and_then(|()| self.schedule.start_kept(&self.flow, &self.results));
        self.flow.help_and_wait();
        self.flow.collect();
        let outcome = started.and_then(|()| self.pass_on(None)).and_then(|()| self.result());
        self.free(js);
        outcome
    }

    /// Starts the slice that is being filled, as no more texts come.
    fn start_last(self: &Rc<Self>, js: Js) {
        if let Some(slice) = self.feed.close_slice() {
            self.start(js, slice);
        }
    }

    fn result(&self) -> Result<sys::napi_value, Thrown> {
        if let Some(thrown) = self.ending.take_failure() {
            return Err(thrown);
        }
        match self.flow.outcome() {
            Some(Ok(())) => self.results.object(),
            Some(Err(error)) => Err(error.into()),
            None => Err(Thrown::internal("internal error: the job has not ended")),
        }
    }

    /// Settles the promise of the result and frees everything.
    fn end(&self, js: Js) {
        let promise = self.ending.take_promise();
        let outcome = promise.map(|deferred| (deferred, self.result()));
        self.free(js);
        if let Some((deferred, outcome)) = outcome {
            js.settle(deferred, outcome);
        }
    }

    /// Frees everything large.
    fn free(&self, js: Js) {
        self.ending.end();
        self.flow.grant_room(js);
        self.flow.free();
        self.results.free();
        self.feed.free();
        self.schedule.clear();
        self.environment.work_ended(js, self.id);
        if let Some(model) = self.model.take() {
            // The buffers of the pool's threads may have grown.
            model.count_memory();
        }
    }

    /// Ends the work within a few milliseconds.
    pub(crate) fn cancel(&self) {
        self.flow.cancel();
        self.ending.abandon();
        self.feed.clear();
        self.schedule.clear();
        self.environment.notifier.notify(self.id);
    }

    /// How many texts are done.
    pub(crate) fn rows_done(&self) -> usize {
        self.flow.rows_done()
    }
}

impl BackgroundWork for Job {
    fn on_news(self: Rc<Self>, js: Js, deadline: Instant) -> bool {
        if self.ending.has_ended() {
            return false;
        }
        self.flow.collect();
        if let Err(thrown) = self.pass_on(Some(deadline)) {
            self.ending.fail(thrown);
            self.flow.cancel();
            self.flow.drop_done();
        }
        if self.flow.has_done() {
            return true;
        }
        if self.flow.should_resume() {
            self.flow.grant_room(js);
        }
        if self.ending.may_end() && self.flow.is_drained() {
            self.end(js);
        }
        false
    }

    fn on_panic(self: Rc<Self>, js: Js) {
        self.on_end();
        let waiting = [self.flow.take_room(), self.ending.take_promise()];
        for deferred in waiting.into_iter().flatten() {
            js.settle(deferred, Err(Thrown::internal("internal error: the binding panicked")));
        }
        self.free(js);
    }

    fn on_end(&self) {
        self.ending.end();
        self.flow.cancel_and_wait();
    }
}
