//! The cases.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use shuttle::sync::mpsc::channel;

use crate::run::batch::Batch;
use crate::run::outcome::BatchError;
use crate::run::slice::Slice;
use crate::run::tasks::Tasks;
use crate::run::work::{RUNNING, StaticModel, Work};
use crate::shared::Shared;
use crate::sync::begin;

type Case = fn();

/// Whether each thread that can go on does so at some time.
static IS_FAIR: AtomicBool = AtomicBool::new(false);

/// The cases that are small enough for all orders, and how many threads the system grants.
const ALL: [(&str, usize, Case); 6] = [
    ("a batch of one slice, waited for", 1, || batch_is_done(1, 1)),
    ("a batch of one slice, without a thread", 0, || batch_is_done(1, 1)),
    ("a batch that is cancelled while its slice begins", 1, || cancelled_batch_ends(1)),
    ("a batch that ends while it is closed", 1, || end_is_told_once(1)),
    ("tasks that are cancelled while one begins", 1, || cancelled_tasks_end(1)),
    ("a value that two threads ask for", 0, || value_is_loaded_once(2)),
];

/// The cases of which random orders are tried. Where a map has several keys, its own order differs from
/// run to run, which the search through all orders can't have.
const RANDOM: [(&str, usize, Case); 12] = [
    ("a batch of four slices on two threads", 2, || batch_is_done(4, 2)),
    ("a batch of four slices, of two threads one is granted", 1, || batch_is_done(4, 2)),
    ("a batch of four slices that is cancelled", 2, || cancelled_batch_ends(4)),
    ("a batch of three slices that ends while it is closed", 2, || end_is_told_once(3)),
    ("two batches at once", 2, two_batches_are_done),
    ("a short slice beside a long one that waits for it", 2, long_slice_has_a_stand_in),
    ("a batch whose slices fail", 2, || failed_batch_ends(Work::Fails)),
    ("a batch whose slices panic", 2, || failed_batch_ends(Work::Panics)),
    ("tasks that are cancelled", 2, || cancelled_tasks_end(4)),
    ("a value, and another that two threads make of it", 0, value_of_a_value_is_loaded),
    ("a value that four threads ask for", 0, || value_is_loaded_once(4)),
    ("values that fail, and are let go", 0, failed_values_are_loaded_again),
];

/// Runs all cases, each in up to `most` orders.
pub(crate) fn run(most: usize) {
    for (name, threads, case) in ALL {
        let count = counted(threads, case, |run| shuttle::check_dfs(run, Some(most)));
        println!("{name}: {}{count} orders", if count < most { "all " } else { "the first " });
    }
    for (name, threads, case) in RANDOM {
        IS_FAIR.store(true, Ordering::Relaxed);
        let random = counted(threads, case, |run| shuttle::check_random(run, most / 2));
        IS_FAIR.store(false, Ordering::Relaxed);
        let biased = counted(threads, case, |run| shuttle::check_pct(run, most / 2, 3));
        println!("{name}: {} random orders", random + biased);
    }
}

fn counted(threads: usize, case: Case, check: impl FnOnce(Box<dyn Fn() + Send + Sync>)) -> usize {
    let count = Arc::new(AtomicUsize::new(0));
    let runs = Arc::clone(&count);
    check(Box::new(move || {
        runs.fetch_add(1, Ordering::Relaxed);
        begin(threads);
        RUNNING.store(0, Ordering::Relaxed);
        case();
        assert_eq!(RUNNING.load(Ordering::Relaxed), 0, "the call is over and a slice still runs");
    }));
    count.load(Ordering::Relaxed)
}

fn batch(work: Work, threads: usize) -> Arc<Batch> {
    Batch::new(Arc::new(StaticModel), work, threads, |_| {})
}

/// Each slice is done once, whoever runs it.
fn batch_is_done(slices: usize, threads: usize) {
    let batch = batch(Work::Counts, threads);
    (0..slices).for_each(|number| batch.add(Slice::new(number)));
    batch.close();
    batch.help_and_wait();
    assert!(matches!(batch.outcome(), Some(Ok(()))));
    let mut done: Vec<usize> = batch.take_done().iter().map(|slice| slice.number).collect();
    done.sort_unstable();
    assert!(done.into_iter().eq(0..slices));
    assert_eq!(batch.slices_held(), 0);
    assert_is_let_go(&batch);
}

/// The pool keeps no batch that is over: it would keep its model. A thread may still be about to
/// let go of the one that it has just run; among all orders are those in which it never goes on.
fn assert_is_let_go(batch: &Arc<Batch>) {
    if IS_FAIR.load(Ordering::Relaxed) {
        while Arc::strong_count(batch) > 1 {
            shuttle::thread::yield_now();
        }
    }
}

/// What an environment does at its end: no slice runs when it goes on.
fn cancelled_batch_ends(slices: usize) {
    let batch = batch(Work::Counts, 2);
    (0..slices).for_each(|number| batch.add(Slice::new(number)));
    batch.cancel();
    batch.help_and_wait();
    assert_eq!(RUNNING.load(Ordering::Relaxed), 0, "a slice runs after the wait");
    assert!(matches!(batch.outcome(), Some(Err(BatchError::Cancelled))));
    // A slice that comes later is dropped.
    batch.add(Slice::new(slices));
    assert_eq!(batch.slices_held(), batch.take_done().len());
    assert_is_let_go(&batch);
}

/// Either `close` says that the batch is over, or the last slice does, and not both.
fn end_is_told_once(slices: usize) {
    let (sender, receiver) = channel();
    let on_slice = move |left: crate::run::outcome::Left| {
        if left.is_finished {
            sender.send(()).expect("the receiver waits");
        }
    };
    let batch = Batch::new(Arc::new(StaticModel), Work::Counts, 2, on_slice);
    (0..slices).for_each(|number| batch.add(Slice::new(number)));
    if !batch.close() {
        receiver.recv().expect("the last slice says so");
    }
    assert!(matches!(batch.outcome(), Some(Ok(()))));
    assert!(receiver.try_recv().is_err(), "the end was told twice");
    assert_eq!(batch.take_done().len(), slices);
}

fn two_batches_are_done() {
    let (one, other) = (batch(Work::Counts, 2), batch(Work::Counts, 1));
    for number in 0..2 {
        one.add(Slice::new(number));
        other.add(Slice::new(number));
    }
    for batch in [one, other] {
        batch.close();
        batch.help_and_wait();
        assert_eq!(batch.take_done().len(), 2);
        assert_is_let_go(&batch);
    }
}

fn long_slice_has_a_stand_in() {
    let (sender, receiver) = channel();
    let long = batch(Work::Counts, 1);
    long.add(Slice::long(0, move || receiver.recv().expect("the short slice is done")));
    let (told, is_told) = channel();
    let short = Batch::new(Arc::new(StaticModel), Work::Counts, 1, move |_| told.send(()).expect("main waits"));
    short.add(Slice::new(1));
    is_told.recv().expect("the short slice runs");
    sender.send(()).expect("the long slice waits");
    for batch in [&long, &short] {
        batch.close();
    }
    short.help_and_wait();
    long.help_and_wait();
    assert_eq!((long.take_done().len(), short.take_done().len()), (1, 1));
}

fn failed_batch_ends(work: Work) {
    let batch = batch(work, 2);
    (0..3).for_each(|number| batch.add(Slice::new(number)));
    batch.close();
    batch.help_and_wait();
    assert!(matches!(batch.outcome(), Some(Err(BatchError::OutOfMemory(1) | BatchError::Panic(_)))));
    assert_eq!(batch.slices_held(), 0);
    assert_is_let_go(&batch);
}

fn cancelled_tasks_end(count: usize) {
    let tasks = Tasks::new(2, |_| {});
    let running = Arc::new(AtomicUsize::new(0));
    for _ in 0..count {
        let running = Arc::clone(&running);
        tasks.add(move |_| {
            running.fetch_add(1, Ordering::Relaxed);
            shuttle::thread::yield_now();
            running.fetch_sub(1, Ordering::Relaxed);
        });
    }
    tasks.cancel();
    tasks.help_and_wait();
    assert_eq!(running.load(Ordering::Relaxed), 0, "a task runs after the wait");
    assert_eq!(tasks.left(), 0);
}

/// All who have a value at the same time have the same one.
fn value_is_loaded_once(threads: usize) {
    let shared = Arc::new(Shared::new());
    let loads = Arc::new(AtomicUsize::new(0));
    let threads: Vec<_> = (0..threads)
        .map(|_| {
            let (shared, loads) = (Arc::clone(&shared), Arc::clone(&loads));
            shuttle::thread::spawn(move || shared.get_or_load('a', || load(&loads)).expect("it loads"))
        })
        .collect();
    let values: Vec<_> = threads.into_iter().map(|thread| thread.join().expect("it ends")).collect();
    assert_eq!(loads.load(Ordering::Relaxed), 1);
    assert!(values.iter().all(|value| Arc::ptr_eq(value, &values[0])));
    let again = shared.get_or_load('a', || load(&loads)).expect("it is there");
    assert!(Arc::ptr_eq(&again, &values[0]));
}

/// A load may ask for another value, as that of a model with a head does for the one without.
fn value_of_a_value_is_loaded() {
    let shared = Arc::new(Shared::new());
    let loads = Arc::new(AtomicUsize::new(0));
    let alone = shared.get_or_load('a', || load(&loads)).expect("it loads");
    let threads: Vec<_> = (0..2)
        .map(|_| {
            let (shared, loads) = (Arc::clone(&shared), Arc::clone(&loads));
            shuttle::thread::spawn(move || {
                let of_another = || shared.get_or_load('a', || load(&loads)).map(|value| *value + 1);
                shared.get_or_load('b', of_another).expect("it loads")
            })
        })
        .collect();
    let values: Vec<_> = threads.into_iter().map(|thread| thread.join().expect("it ends")).collect();
    assert_eq!(loads.load(Ordering::Relaxed), 1, "we have had 'a' all the time");
    assert!(values.iter().all(|value| Arc::ptr_eq(value, &values[0]) && **value == *alone + 1));
}

/// A load that fails leaves the next one to load, and values that nobody has are forgotten. One that
/// panics can't be tried: the scheduler's locks stay taken by a thread that unwinds.
fn failed_values_are_loaded_again() {
    let shared = Arc::new(Shared::new());
    let loads = Arc::new(AtomicUsize::new(0));
    let key = Arc::new('a');
    let threads: Vec<_> = (0..3)
        .map(|number| {
            let (shared, loads, key) = (Arc::clone(&shared), Arc::clone(&loads), Arc::clone(&key));
            shuttle::thread::spawn(move || {
                let outcome = shared.get_or_load(key, || if number == 0 { Err(()) } else { load(&loads) });
                assert!(number == 0 || outcome.is_ok(), "another's failure is not ours");
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().expect("it ends"));
    let before = loads.load(Ordering::Relaxed);
    let last = shared.get_or_load(Arc::clone(&key), || load(&loads)).expect("it loads");
    assert_eq!(*last, before, "nobody has the earlier ones");
    drop(last);
    shared.get_or_load(Arc::new('b'), || load(&loads)).expect("it loads");
    assert_eq!(Arc::strong_count(&key), 1, "a key that is not forgotten");
}

/// The number of the load, during which others run.
fn load(loads: &AtomicUsize) -> Result<usize, ()> {
    shuttle::thread::yield_now();
    Ok(loads.fetch_add(1, Ordering::Relaxed))
}
