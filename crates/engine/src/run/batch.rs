//! One call's work: texts come in part by part, threads turn each part into rows or ids, the parts come out again.
//!
//! A part is a run of texts that was cut by its length, not by its count, so that threads end together. Parts that are done are
//! kept until [`Batch::take_done`] asks for them; where their rows lie is the business of whoever made the [`RowBuffer`].

use std::collections::VecDeque;
use std::fmt;
use std::ops::{ControlFlow, Range};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::model::{EncodeOptions, Scratch, StaticModel, TextStats};
use crate::run::fault;
use crate::run::workers::{self, Claim, Job};
use crate::texts::Texts;
use crate::tokenizer::EncodeError;

/// Memory that a part's rows are written to.
pub trait RowBuffer: Send {
    /// The memory: as many bytes as the part's rows have, starting at a multiple of the size of an element.
    fn rows_mut(&mut self) -> &mut [u8];

    /// Whether the rows are read only when so many were written after them that they have left a core's own caches.
    fn are_read_late(&self) -> bool {
        false
    }
}

/// What a part is made from.
pub enum Input {
    /// Texts to be encoded or tokenized.
    Texts(Texts),
    /// Token ids whose rows are gathered: a range of ids that all parts share.
    Ids(Arc<Vec<u32>>, Range<usize>),
}

/// A part: a run of a call's texts, and what became of them.
pub struct Part {
    /// The index of the part's first row in the whole call.
    pub first_row: usize,
    /// What it is made from. Its memory can be used for another part.
    pub input: Input,
    /// Where the vectors go; `None` when ids are wanted.
    pub rows: Option<Box<dyn RowBuffer>>,
    /// Filled in: the pooled ids of each text.
    pub counts: Vec<u32>,
    /// Filled in where ids are wanted: all texts' ids, one after the other.
    pub ids: Vec<u32>,
    /// Filled in: how many texts were truncated.
    pub truncated: usize,
    /// Filled in where ids are wanted: 1 for each text that was truncated.
    pub cut: Vec<u8>,
}

impl Part {
    /// How many UTF-16 units its texts have.
    fn unit_count(&self) -> usize {
        match &self.input {
            Input::Texts(texts) => texts.unit_count(),
            Input::Ids(..) => 0,
        }
    }

    /// A part that starts at row `first_row`.
    #[must_use]
    pub fn new(first_row: usize, input: Input, rows: Option<Box<dyn RowBuffer>>) -> Self {
        Self { first_row, input, rows, counts: Vec::new(), ids: Vec::new(), truncated: 0, cut: Vec::new() }
    }
}

/// What a batch makes of its parts.
#[derive(Debug, Clone, Copy)]
pub enum Work {
    /// One vector a text.
    Encode(EncodeOptions),
    /// The pooled ids of each text.
    Tokenize {
        /// As in [`EncodeOptions`].
        max_length: Option<usize>,
    },
    /// One vector a token id.
    Gather(EncodeOptions),
}

/// Why a batch gave up.
#[derive(Debug, Clone)]
pub enum BatchError {
    /// It was cancelled.
    Cancelled,
    /// A text could not be tokenized: its index in the call, and why.
    Tokenizer(usize, String),
    /// A thread panicked; the process and the model go on.
    Panic(String),
}

impl BatchError {
    /// The stable code, the same string that JavaScript sees in `error.code`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Cancelled => "ERR_ABORTED",
            Self::Tokenizer(..) => "ERR_BAD_TOKENIZER",
            Self::Panic(_) => "ERR_INTERNAL",
        }
    }
}

impl fmt::Display for BatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cancelled => write!(f, "the call was aborted"),
            Self::Tokenizer(index, reason) => write!(f, "text {index} could not be tokenized: {reason}"),
            Self::Panic(message) => write!(f, "internal error: {message}"),
        }
    }
}

impl std::error::Error for BatchError {}

#[derive(Default)]
struct State {
    waiting: VecDeque<Part>,
    done: Vec<Part>,
    /// Parts that any thread is at work on.
    running: usize,
    /// Those of them that the pool's threads are at work on.
    running_on_pool: usize,
    closed: bool,
    error: Option<BatchError>,
}

impl State {
    /// Whether nothing more will happen.
    fn is_finished(&self) -> bool {
        self.running == 0 && (self.error.is_some() || (self.closed && self.waiting.is_empty()))
    }
}

/// Who is at work on a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Runner {
    Caller,
    Pool,
}

/// What is left of a batch when a part is done.
#[derive(Debug, Clone, Copy)]
pub struct Left {
    /// Parts that wait or run.
    pub parts: usize,
    /// Whether that part was the last one.
    pub is_finished: bool,
}

/// Called from the pool's threads after each part.
type OnPart = Box<dyn Fn(Left) + Send + Sync>;

/// One call's work.
pub struct Batch {
    model: Arc<StaticModel>,
    work: Work,
    threads: usize,
    cancelled: AtomicBool,
    rows_done: AtomicUsize,
    state: Mutex<State>,
    idle: Condvar,
    on_part: OnPart,
}

impl Batch {
    /// A batch that uses up to `threads` of the pool's threads, and calls `on_part` from them after each part.
    pub fn new(
        model: Arc<StaticModel>,
        work: Work,
        threads: usize,
        on_part: impl Fn(Left) + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self {
            model,
            work,
            threads: threads.max(1),
            cancelled: AtomicBool::new(false),
            rows_done: AtomicUsize::new(0),
            state: Mutex::default(),
            idle: Condvar::new(),
            on_part: Box::new(on_part),
        })
    }

    /// The model that the batch runs on.
    #[must_use]
    pub fn model(&self) -> &Arc<StaticModel> {
        &self.model
    }

    /// Hands a part to the pool; a batch that gave up drops it.
    pub fn add(self: &Arc<Self>, part: Part) {
        let mut state = self.lock();
        if state.error.is_some() {
            return;
        }
        state.waiting.push_back(part);
        drop(state);
        let job: Arc<dyn Job> = Arc::clone(self) as Arc<dyn Job>;
        if !workers::submit(&job) {
            self.help();
        }
    }

    /// Does a part on this thread, now.
    pub fn run_here(&self, part: Part) {
        let mut state = self.lock();
        if state.error.is_some() {
            return;
        }
        state.running += 1;
        drop(state);
        self.run(part, Runner::Caller);
    }

    /// Says that no part will be added any more. True when the batch is finished already: then `on_part` says nothing more.
    pub fn close(&self) -> bool {
        let mut state = self.lock();
        state.closed = true;
        state.is_finished()
    }

    /// Does parts on this thread until none is left, then waits for those that other threads have taken.
    pub fn help_and_wait(self: &Arc<Self>) {
        self.help();
        let mut state = self.lock();
        while state.running > 0 || (state.error.is_none() && !state.waiting.is_empty()) {
            state = self.idle.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        drop(state);
        self.leave_pool();
    }

    /// One waiting part on this thread; false when there is none.
    pub fn help_once(self: &Arc<Self>) -> bool {
        let mut state = self.lock();
        let Some(part) = state.waiting.pop_front() else { return false };
        state.running += 1;
        drop(state);
        self.run(part, Runner::Caller);
        true
    }

    /// The pool's queue must not keep the batch, and with it the model, when the caller has done the last part itself.
    fn leave_pool(self: &Arc<Self>) {
        let job: Arc<dyn Job> = Arc::clone(self) as Arc<dyn Job>;
        workers::forget(&job);
    }

    /// Stops the batch: waiting parts are dropped, running ones end at the next text, or once the rows are summed of those
    /// texts whose ids are found.
    pub fn cancel(self: &Arc<Self>) {
        self.cancelled.store(true, Ordering::Relaxed);
        let mut state = self.lock();
        state.error.get_or_insert(BatchError::Cancelled);
        state.waiting.clear();
        drop(state);
        self.idle.notify_all();
        self.leave_pool();
    }

    /// Whether nothing more will happen, and if so, what went wrong.
    #[must_use]
    pub fn outcome(&self) -> Option<Result<(), BatchError>> {
        let state = self.lock();
        state.is_finished().then(|| state.error.clone().map_or(Ok(()), Err))
    }

    /// The parts that are done and were not taken yet, in no order.
    #[must_use]
    pub fn take_done(&self) -> Vec<Part> {
        std::mem::take(&mut self.lock().done)
    }

    /// How many parts wait or run or are done and not taken.
    #[must_use]
    pub fn parts_held(&self) -> usize {
        let state = self.lock();
        state.waiting.len() + state.running + state.done.len()
    }

    /// How many texts are done.
    #[must_use]
    pub fn rows_done(&self) -> usize {
        self.rows_done.load(Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn help(self: &Arc<Self>) {
        while self.help_once() {}
    }

    fn run(&self, mut part: Part, runner: Runner) {
        // A panic leaves no broken state behind: the part is dropped, its scratch too, and the model is immutable.
        let outcome = catch_unwind(AssertUnwindSafe(|| self.fill(&mut part)));
        if let Input::Texts(texts) = &mut part.input {
            texts.free_if_huge();
        }
        let error = match outcome {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(error),
            Err(panic) => Some(BatchError::Panic(panic_message(panic.as_ref()))),
        };
        let mut state = self.lock();
        state.running -= 1;
        if runner == Runner::Pool {
            state.running_on_pool -= 1;
        }
        match error {
            None => state.done.push(part),
            Some(error) => {
                state.error.get_or_insert(error);
                state.waiting.clear();
            }
        }
        let left = Left { parts: state.waiting.len() + state.running, is_finished: state.is_finished() };
        drop(state);
        self.idle.notify_all();
        (self.on_part)(left);
    }

    fn fill(&self, part: &mut Part) -> Result<(), BatchError> {
        fault::panic_where_injected();
        let mut scratch = self.model.take_scratch();
        let outcome = match self.work {
            Work::Encode(options) => self.fill_rows(part, options, &mut scratch),
            Work::Tokenize { max_length } => self.fill_ids(part, max_length, &mut scratch),
            Work::Gather(options) => self.fill_gathered(part, options, &mut scratch),
        };
        self.model.put_scratch(scratch);
        outcome
    }

    fn check_cancelled(&self) -> Result<(), BatchError> {
        if self.cancelled.load(Ordering::Relaxed) { Err(BatchError::Cancelled) } else { Ok(()) }
    }

    fn fill_rows(&self, part: &mut Part, options: EncodeOptions, scratch: &mut Scratch) -> Result<(), BatchError> {
        let (Input::Texts(texts), Some(rows)) = (&part.input, &mut part.rows) else { return Ok(()) };
        let (counts, truncated) = (&mut part.counts, &mut part.truncated);
        let each = |stats: TextStats| {
            counts.push(stats.pooled);
            *truncated += usize::from(stats.truncated);
            if self.cancelled.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let rows_are_read_late = rows.are_read_late();
        self.check_cancelled()?;
        self.model
            .encode_rows(texts, options, scratch, rows.rows_mut(), rows_are_read_late, each)
            .map_err(|(index, error)| tokenizer_error(part.first_row + index, error))?;
        self.check_cancelled()?;
        self.rows_done.fetch_add(texts.len(), Ordering::Relaxed);
        Ok(())
    }

    fn fill_ids(&self, part: &mut Part, max_length: Option<usize>, scratch: &mut Scratch) -> Result<(), BatchError> {
        let Input::Texts(texts) = &part.input else { return Ok(()) };
        let (ids, counts, cut) = (&mut part.ids, &mut part.counts, &mut part.cut);
        let read = self.model.token_ids_of(texts, max_length, scratch, |found, stats| {
            ids.extend_from_slice(found);
            cut.extend(stats.iter().map(|stats| u8::from(stats.truncated)));
            counts.extend(stats.iter().map(|stats| stats.pooled));
            part.truncated += stats.iter().filter(|stats| stats.truncated).count();
            if self.cancelled.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        self.check_cancelled()?;
        read.map_err(|(index, error)| tokenizer_error(part.first_row + index, error))?;
        self.rows_done.fetch_add(texts.len(), Ordering::Relaxed);
        Ok(())
    }

    fn fill_gathered(&self, part: &mut Part, options: EncodeOptions, scratch: &mut Scratch) -> Result<(), BatchError> {
        let (Input::Ids(ids, range), Some(rows)) = (&part.input, &mut part.rows) else { return Ok(()) };
        let rows = rows.rows_mut().chunks_exact_mut(self.model.row_bytes(options));
        for (&id, row) in ids[range.clone()].iter().zip(rows) {
            self.check_cancelled()?;
            self.model.gather_row(id, options, scratch, row);
        }
        self.rows_done.fetch_add(range.len(), Ordering::Relaxed);
        Ok(())
    }
}

impl Job for Batch {
    fn claim(self: Arc<Self>, may_be_long: bool) -> Claim {
        let mut state = self.lock();
        if state.waiting.is_empty() {
            return Claim::Empty;
        }
        if state.running_on_pool >= self.threads {
            return Claim::Busy;
        }
        let long_units = self.model.long_units();
        let next = state.waiting.iter().position(|part| may_be_long || part.unit_count() <= long_units);
        let Some(part) = next.and_then(|index| state.waiting.remove(index)) else { return Claim::Busy };
        state.running += 1;
        state.running_on_pool += 1;
        drop(state);
        let is_long = part.unit_count() > long_units;
        Claim::Part { is_long, run: Box::new(move || self.run(part, Runner::Pool)) }
    }

    fn thread_limit(&self) -> usize {
        self.threads
    }
}

fn tokenizer_error(index: usize, error: EncodeError) -> BatchError {
    BatchError::Tokenizer(index, error.reason)
}

fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("a thread panicked").to_owned()
}
