//! A large call: texts are fed part by part, the pool works on them meanwhile, the end is a promise.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use model2vec_engine::{Batch, Input, Slice, Texts, Work};
use napi::sys;

use crate::environment::Environment;
use crate::error::Thrown;
use crate::js::Js;
use crate::local_model::LocalModel;
use crate::results::Results;
use crate::target::Mode;
use crate::texts;

/// A part ends when its texts have this many UTF-16 units: some 50 to 100 µs of work.
pub(crate) const PART_UNITS: usize = 1 << 15;
/// A part has at most this many bytes of vectors, so that a staged chunk is copied in a fraction of a millisecond.
const PART_BYTES: usize = 1 << 20;
/// So many parts may wait or run before the feeder is asked to pause.
const PARTS_IN_FLIGHT: usize = 64;
/// Staged parts hold their vectors as well: fewer of them.
const STAGED_IN_FLIGHT: usize = 8;

/// A job, on its environment's thread.
pub(crate) struct JobState {
    pub(crate) id: u32,
    environment: Rc<Environment>,
    /// Gone once the job has ended, as all that is large: its object may wait for the garbage collector, the model must not.
    batch: RefCell<Option<Arc<Batch>>>,
    /// Likewise.
    model: RefCell<Option<Rc<LocalModel>>>,
    rows: usize,
    /// The most rows of a part.
    part_rows: usize,
    /// The most UTF-16 units of a text that can matter.
    unit_limit: Option<usize>,
    rows_done: Cell<usize>,
    mode: Mode,
    /// Whether the calling thread does all parts itself.
    alone: bool,
    /// What a held job of several threads starts with.
    held: RefCell<Vec<(usize, Texts)>>,
    results: Results,
    /// The texts of the part that is being filled, and its first row.
    filling: RefCell<Texts>,
    fed: Cell<usize>,
    /// Whether the last text in `filling` comes in pieces and has more of them.
    is_in_text: Cell<bool>,
    /// Emptied text buffers.
    spare: RefCell<Vec<Texts>>,
    /// Parts that are done and whose results were not passed on yet.
    done: RefCell<Vec<Slice>>,
    /// A part that is done is news when fewer than so many are left.
    news_below: Arc<AtomicUsize>,
    room: RefCell<Option<sys::napi_deferred>>,
    finish: RefCell<Option<sys::napi_deferred>>,
    /// Cancelled: nobody may ever ask for the end.
    abandoned: Cell<bool>,
    /// What went wrong on this thread: `out` was detached, say.
    failed: RefCell<Option<Thrown>>,
    ended: Cell<bool>,
}

/// What a new job is made from.
pub(crate) struct JobSettings {
    pub(crate) model: Rc<LocalModel>,
    pub(crate) work: Work,
    pub(crate) max_length: Option<usize>,
    pub(crate) rows: usize,
    pub(crate) threads: usize,
    pub(crate) mode: Mode,
    /// The typed array for the rows, of the kind that their element type has; none when ids are wanted.
    pub(crate) out: Option<sys::napi_value>,
    /// The Uint32Array for the number of pooled ids of each text.
    pub(crate) tokens: Option<sys::napi_value>,
}

impl JobState {
    pub(crate) fn create(js: Js, environment: &Rc<Environment>, settings: JobSettings) -> Result<Rc<Self>, Thrown> {
        let id = environment.new_id();
        let news_below = Arc::new(AtomicUsize::new(0));
        let (notifier, news) = (Arc::clone(&environment.notifier), Arc::clone(&news_below));
        let mode = settings.mode;
        let results = Results::new(js, &settings)?;
        let synchronous = matches!(mode, Mode::Sync | Mode::Held);
        // In a synchronous call the calling thread is one of the threads.
        let pool_threads = if synchronous { settings.threads - 1 } else { settings.threads };
        let batch = Batch::new(Arc::clone(settings.model.model()), settings.work, pool_threads, move |left| {
            if left.is_finished || left.slices < news.load(Ordering::Acquire) {
                notifier.notify(id);
            }
        });
        let state = Rc::new(Self {
            id,
            environment: Rc::clone(environment),
            part_rows: (PART_BYTES / (settings.model.dim() * size_of::<f32>())).max(1),
            unit_limit: settings.model.unit_limit(settings.max_length),
            batch: RefCell::new(Some(batch)),
            model: RefCell::new(Some(settings.model)),
            rows: settings.rows,
            rows_done: Cell::new(0),
            mode,
            alone: synchronous && settings.threads == 1,
            held: RefCell::default(),
            results,
            filling: RefCell::default(),
            fed: Cell::new(0),
            is_in_text: Cell::new(false),
            spare: RefCell::default(),
            done: RefCell::default(),
            news_below,
            room: RefCell::default(),
            finish: RefCell::default(),
            abandoned: Cell::new(false),
            failed: RefCell::default(),
            ended: Cell::new(false),
        });
        state.listen();
        Ok(state)
    }

    /// Reads strings and hands whole parts to the pool. False when enough is in flight.
    pub(crate) fn feed(self: &Rc<Self>, js: Js, values: &[sys::napi_value]) -> Result<bool, Thrown> {
        if !self.may_feed(values.len())? {
            return Ok(true);
        }
        let limit = self.unit_limit;
        // Short strings by the dozen: after each dozen the part is looked at.
        for group in values.chunks(16) {
            let full = {
                let mut filling = self.filling.borrow_mut();
                texts::read(js, group, limit, &mut filling).map_err(|thrown| {
                    filling.clear();
                    self.offset(thrown, group, values)
                })?;
                self.fed.set(self.fed.get() + group.len());
                filling.unit_count() >= PART_UNITS || filling.len() + 16 > self.part_rows
            };
            if full {
                self.dispatch(js);
            }
        }
        Ok(self.parts_in_flight() < self.flight_limit())
    }

    /// Reads a piece of the next text, after which `rest` more units of it come. A text that is read at once would hold this thread for
    /// milliseconds. False when enough is in flight.
    pub(crate) fn feed_piece(self: &Rc<Self>, js: Js, piece: sys::napi_value, rest: usize) -> Result<bool, Thrown> {
        if !self.may_feed(1)? {
            return Ok(true);
        }
        if !self.is_in_text.get() {
            // A part of its own: the texts before it must not wait with it.
            self.dispatch(js);
            let units = texts::length_of(js, piece, 0)?.saturating_add(rest).min(self.readable_units());
            // N-API writes a NUL after the last piece.
            self.filling.borrow_mut().reserve(units.saturating_add(1)).map_err(|_| {
                Thrown::Coded("ERR_OUT_OF_MEMORY", format!("a text of {units} UTF-16 units can't be read"))
            })?;
        }
        {
            let mut filling = self.filling.borrow_mut();
            let left = self.readable_units() - filling.unit_count();
            texts::read_piece(js, piece, left, &mut filling)?;
            self.is_in_text.set(rest > 0);
            if rest > 0 {
                return Ok(true);
            }
            filling.end_text();
        }
        self.fed.set(self.fed.get() + 1);
        self.dispatch(js);
        Ok(self.parts_in_flight() < self.flight_limit())
    }

    /// The most UTF-16 units of a text that are read.
    pub(crate) fn readable_units(&self) -> usize {
        self.unit_limit.unwrap_or(usize::MAX)
    }

    /// Whether `count` more texts can be fed; false where the job has given up, and `finish` says why: no use in reading more.
    fn may_feed(&self, count: usize) -> Result<bool, Thrown> {
        if self.batch().is_none_or(|batch| matches!(batch.outcome(), Some(Err(_)))) && self.finish.borrow().is_none() {
            return Ok(false);
        }
        if self.ended.get() || self.finish.borrow().is_some() {
            return Err(Thrown::internal("internal error: texts were fed to a job that had ended"));
        }
        if self.fed.get() + count > self.rows {
            let message = format!("internal error: expected {} texts, found more", self.rows);
            return Err(Thrown::internal(message));
        }
        Ok(true)
    }

    /// Hands whole parts to the pool, which were read before.
    pub(crate) fn feed_parts(self: &Rc<Self>, js: Js, parts: Vec<Texts>) -> Result<(), Thrown> {
        let count: usize = parts.iter().map(Texts::len).sum();
        if self.mode != Mode::Direct || self.ended.get() || self.fed.get() + count > self.rows {
            let message = format!("internal error: expected {} texts for a direct job, found {count}", self.rows);
            return Err(Thrown::internal(message));
        }
        self.environment.job_started(js, self);
        for texts in parts {
            let (first_row, count) = (self.fed.get(), texts.len());
            self.fed.set(first_row + count);
            self.start_part(first_row, count, Input::Texts(texts));
        }
        Ok(())
    }

    /// The index of a text in its group made its index in the whole call to `feed`.
    fn offset(&self, thrown: Thrown, group: &[sys::napi_value], values: &[sys::napi_value]) -> Thrown {
        match thrown {
            Thrown::InvalidText(index, found) => {
                let before = (group.as_ptr() as usize - values.as_ptr() as usize) / size_of::<sys::napi_value>();
                Thrown::InvalidText(before + index, found)
            }
            other => other,
        }
    }

    fn batch(&self) -> Option<Arc<Batch>> {
        self.batch.borrow().clone()
    }

    /// Takes over what the pool has done.
    fn take_done(&self) {
        if let Some(batch) = self.batch() {
            self.done.borrow_mut().extend(batch.take_done());
        }
    }

    fn flight_limit(&self) -> usize {
        if self.mode == Mode::Staged { STAGED_IN_FLIGHT } else { PARTS_IN_FLIGHT }
    }

    /// There is room for more texts when no more parts than this are in flight.
    fn room_at(&self) -> usize {
        self.flight_limit() / 2
    }

    fn parts_in_flight(&self) -> usize {
        // Parts that are done hold no thread; staged ones still hold their vectors.
        self.batch().map_or(0, |batch| batch.slices_held()) + self.done.borrow().len()
    }

    /// Hands the texts read so far to the pool, or encodes them here where this thread is alone.
    fn dispatch(self: &Rc<Self>, js: Js) {
        let next = self.spare.borrow_mut().pop().unwrap_or_default();
        let texts = self.filling.replace(next);
        if texts.is_empty() {
            return;
        }
        let first_row = self.fed.get() - texts.len();
        if self.mode == Mode::Held && !self.alone {
            self.held.borrow_mut().push((first_row, texts));
            return;
        }
        if self.mode == Mode::Held
            && let Err(thrown) = self.results.find_start()
        {
            self.failed.borrow_mut().get_or_insert(thrown);
            // What comes next is not read any more.
            if let Some(batch) = self.batch() {
                batch.cancel();
            }
            return;
        }
        self.environment.job_started(js, self);
        self.start_part(first_row, texts.len(), Input::Texts(texts));
        if matches!(self.mode, Mode::Sync | Mode::Held) {
            // This thread helps while much waits: text buffers come back for the next parts, and their number stays bounded.
            while self.parts_in_flight() >= PARTS_IN_FLIGHT && self.batch().is_some_and(|batch| batch.help_once()) {}
            self.take_done();
            if let Err(thrown) = self.pass_on(None) {
                self.failed.borrow_mut().get_or_insert(thrown);
            }
        }
    }

    fn start_part(&self, first_row: usize, count: usize, input: Input) {
        let part = Slice::new(first_row, input, self.results.rows_for(first_row, count));
        if let Some(batch) = self.batch() {
            if self.alone { batch.run_here(part) } else { batch.add(part) }
        }
    }

    /// Hands the rows of token ids to the pool, in parts.
    pub(crate) fn gather(self: &Rc<Self>, js: Js, ids: Vec<u32>) {
        let (ids, count) = (Arc::new(ids), self.rows);
        self.environment.job_started(js, self);
        for first in (0..count).step_by(self.part_rows) {
            let range = first..count.min(first + self.part_rows);
            self.start_part(first, range.len(), Input::Ids(Arc::clone(&ids), range));
        }
        self.fed.set(count);
    }

    /// Passes on what the pool has done, until `deadline`: true when there is more to pass on. Runs on the environment's thread, in a
    /// callback of the event loop.
    pub(crate) fn advance(self: &Rc<Self>, js: Js, deadline: Instant) -> bool {
        if self.ended.get() {
            return false;
        }
        let Some(batch) = self.batch() else { return false };
        self.take_done();
        if let Err(thrown) = self.pass_on(Some(deadline)) {
            self.failed.borrow_mut().get_or_insert(thrown);
            batch.cancel();
            self.done.borrow_mut().clear();
        }
        if !self.done.borrow().is_empty() {
            return true;
        }
        if self.parts_in_flight() <= self.room_at() || batch.outcome().is_some() {
            self.grant_room(js);
        }
        let may_end = self.finish.borrow().is_some() || self.abandoned.get();
        if may_end && batch.outcome().is_some() && batch.slices_held() == 0 {
            self.end(js);
        }
        false
    }

    /// Copies results, at least one, until the deadline.
    fn pass_on(&self, deadline: Option<Instant>) -> Result<(), Thrown> {
        loop {
            let part = self.done.borrow_mut().pop();
            let Some(mut part) = part else { return Ok(()) };
            if let Input::Texts(texts) = &mut part.input {
                self.keep_buffer(std::mem::take(texts));
            }
            self.results.take(part)?;
            if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                return Ok(());
            }
        }
    }

    /// A text buffer for the next part.
    fn keep_buffer(&self, mut texts: Texts) {
        texts.clear();
        if texts.capacity() > 0 {
            self.spare.borrow_mut().push(texts);
        }
    }

    fn grant_room(&self, js: Js) {
        let waiting = self.room.borrow_mut().take();
        if let Some(deferred) = waiting {
            self.listen();
            js.settle(deferred, js.undefined());
        }
    }

    /// A promise of room for more texts.
    pub(crate) fn room(self: &Rc<Self>, js: Js) -> Result<sys::napi_value, Thrown> {
        let (deferred, promise) = js.promise()?;
        if self.ended.get() {
            js.settle(deferred, js.undefined());
            return Ok(promise);
        }
        self.grant_room(js);
        self.room.replace(Some(deferred));
        self.listen();
        self.environment.notifier.notify(self.id);
        self.environment.job_started(js, self);
        Ok(promise)
    }

    /// Asks for news: of each part where its rows have to be copied, else only while somebody waits for room, when there is some. News
    /// interrupt this thread, and where it has no core of its own, a thread of the pool.
    fn listen(&self) {
        let news_below = match self.mode {
            Mode::Staged => usize::MAX,
            _ if self.room.borrow().is_some() => self.room_at() + 1,
            _ => 0,
        };
        self.news_below.store(news_below, Ordering::Release);
    }

    /// A promise of the end.
    pub(crate) fn finish(self: &Rc<Self>, js: Js) -> Result<sys::napi_value, Thrown> {
        let (deferred, promise) = js.promise()?;
        if self.ended.get() {
            let why = Thrown::Coded("ERR_ABORTED", "the call was aborted".to_owned());
            js.settle(deferred, Err(self.failed.take().unwrap_or(why)));
            return Ok(promise);
        }
        self.dispatch(js);
        self.finish.replace(Some(deferred));
        self.environment.job_started(js, self);
        if self.batch().is_none_or(|batch| batch.close()) {
            self.environment.notifier.notify(self.id);
        }
        Ok(promise)
    }

    /// The end, here and now; this thread helps.
    pub(crate) fn finish_sync(self: &Rc<Self>, js: Js) -> Result<sys::napi_value, Thrown> {
        self.dispatch(js);
        let started = if self.mode == Mode::Held { self.start_held() } else { Ok(()) };
        if let Some(batch) = self.batch() {
            batch.close();
            batch.help_and_wait();
        }
        self.take_done();
        let passed = started.and_then(|()| self.pass_on(None));
        let outcome = passed.and_then(|()| self.result());
        self.release(js);
        outcome
    }

    /// Starts a held job of several threads: from here to the end of `finish_sync` no JavaScript runs. Of one thread, asks once more
    /// whether `out` is still there.
    fn start_held(&self) -> Result<(), Thrown> {
        self.results.find_start()?;
        for (first_row, texts) in self.held.take() {
            self.start_part(first_row, texts.len(), Input::Texts(texts));
        }
        Ok(())
    }

    /// Settles the promise of the end and lets everything go.
    fn end(self: &Rc<Self>, js: Js) {
        let deferred = self.finish.borrow_mut().take();
        let outcome = deferred.map(|deferred| (deferred, self.result()));
        self.release(js);
        if let Some((deferred, outcome)) = outcome {
            js.settle(deferred, outcome);
        }
    }

    fn release(&self, js: Js) {
        self.ended.set(true);
        self.grant_room(js);
        self.rows_done.set(self.rows_done());
        self.batch.replace(None);
        self.results.release();
        self.filling.take();
        self.held.take();
        self.spare.take();
        self.done.take();
        self.environment.job_ended(js, self.id);
        if let Some(model) = self.model.take() {
            // The buffers of the pool's threads.
            model.count_memory();
        }
    }

    fn result(&self) -> Result<sys::napi_value, Thrown> {
        let failed = self.failed.borrow_mut().take();
        if let Some(thrown) = failed {
            return Err(thrown);
        }
        match self.batch().and_then(|batch| batch.outcome()) {
            Some(Ok(())) => {}
            Some(Err(error)) => return Err(error.into()),
            None => return Err(Thrown::internal("internal error: the job has not ended")),
        }
        self.results.object()
    }

    /// Ends the job after a panic on this thread: its promises reject.
    pub(crate) fn fail(self: &Rc<Self>, js: Js) {
        self.stop_and_wait();
        let waiting = [self.room.take(), self.finish.take()];
        for deferred in waiting.into_iter().flatten() {
            js.settle(deferred, Err(Thrown::internal("internal error: the binding panicked")));
        }
        self.release(js);
    }

    pub(crate) fn cancel(self: &Rc<Self>) {
        if let Some(batch) = self.batch() {
            batch.cancel();
        }
        self.abandoned.set(true);
        self.filling.borrow_mut().clear();
        self.held.borrow_mut().clear();
        self.environment.notifier.notify(self.id);
    }

    /// How many texts are done.
    pub(crate) fn rows_done(&self) -> usize {
        self.batch().map_or(self.rows_done.get(), |batch| batch.rows_done())
    }

    /// The environment ends: no thread may write any more.
    pub(crate) fn stop_and_wait(&self) {
        self.ended.set(true);
        if let Some(batch) = self.batch() {
            batch.cancel();
            batch.help_and_wait();
        }
    }
}
