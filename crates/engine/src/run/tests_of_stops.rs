//! A job ends soon after it was cancelled, wherever in a long text its thread is.

use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use super::batch::Batch;
use super::outcome::BatchError;
use super::slice::{Input, RowBuffer, Slice};
use super::work::Work;
use crate::interrupt::observed::while_observed;
use crate::model::{EncodeOptions, LoadOptions, StaticModel};

/// Of each pipeline and each model.
const MODELS: [&str; 11] = [
    "m8k-f32",
    "m8k-dim1",
    "m8k-weights-only",
    "wp-bert-cased-v05",
    "ug-t5-raw",
    "ug-e5enpt-v10",
    "ug-bert-cased-v07-multiword",
    "bpe-gpt2-raw",
    "bpe-clip-raw",
    "spbpe-mistral-v10",
    "wl-v012-lower",
];

const TEXT_BYTES: usize = 4 << 20;

struct Rows(Vec<f32>);

impl RowBuffer for Rows {
    fn rows_mut(&mut self) -> &mut [u8] {
        // SAFETY: floats are bytes without padding.
        unsafe { self.0.align_to_mut::<u8>().1 }
    }
}

fn load(name: &str) -> Arc<StaticModel> {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../test/fixtures/unpacked/models");
    Arc::new(StaticModel::load(&models.join(name), &LoadOptions::default()).unwrap())
}

/// Texts that take each its own way: words, no ASCII space, one word, accents, digits and marks.
fn texts() -> impl Iterator<Item = (&'static str, Vec<u16>)> {
    let repeated = |part: &str| part.encode_utf16().cycle().take(TEXT_BYTES / 2).collect::<Vec<u16>>();
    [
        ("words", repeated("The quick brown fox jumps over the lazy dog; it doesn't care. ")),
        ("one line of Chinese", repeated("東京都に住む人は多い。")),
        ("one word", repeated("supercalifragilistic")),
        ("accents", repeated("École Ångström ÀÉÎ naïve ﬁne ")),
        ("spaces", repeated("          a")),
    ]
    .into_iter()
}

fn batch_of(model: &Arc<StaticModel>) -> (Arc<Batch>, EncodeOptions) {
    let options = EncodeOptions { max_length: None, ..model.defaults() };
    (Batch::new(Arc::clone(model), Work::Encode(options), 1, |_| {}), options)
}

fn slice_of(model: &StaticModel, options: EncodeOptions, units: &[u16]) -> Slice {
    let texts = Input::Texts([units].into_iter().collect());
    let rows = Rows(vec![0.0; model.row_bytes(options) / 4]);
    Slice::new(0, texts, Some(Box::new(rows)))
}

/// The processor time that this thread has had: other processes take none of it.
#[cfg(unix)]
fn thread_time() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the clock exists, and the call writes to `time`.
    assert_eq!(unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) }, 0);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// The work between two checks, as a part of all work on the text. A text of 500 million units has
/// about a hundred times as many checks.
#[cfg(unix)]
#[test]
fn a_long_text_is_left_for_a_check_often() {
    let mut rare = Vec::new();
    for name in MODELS {
        let model = load(name);
        for (kind, units) in texts() {
            let mut shares = Vec::new();
            // The first round also builds tables, and grows the cache. A page of memory that comes late
            // is in few rounds.
            for _ in 0..5 {
                let times = Rc::new(RefCell::new(vec![thread_time()]));
                let (batch, options) = batch_of(&model);
                let slice = slice_of(&model, options, &units);
                let observer = Rc::clone(&times);
                let each = move |_| observer.borrow_mut().push(thread_time());
                while_observed(each, || batch.run_here(slice));
                let times = times.borrow();
                let all = thread_time() - times[0];
                let longest = times.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or(all);
                shares.push((longest.as_secs_f64() / all.as_secs_f64(), longest, times.len()));
            }
            shares.sort_by(|a, b| a.0.total_cmp(&b.0));
            let (share, longest, checks) = shares[0];
            println!("{name}, {kind}: at most {longest:?} of {checks} parts, {share:.3} of all");
            if share > 0.5 {
                rare.push(format!("{name}, {kind}: {longest:?} between two of {checks} checks"));
            }
        }
    }
    assert!(rare.is_empty(), "{rare:#?}");
}

#[test]
fn a_job_that_is_cancelled_at_any_check_ends_there_and_the_next_one_is_right() {
    for name in MODELS {
        let model = load(name);
        let mut vectors = Vec::new();
        for (kind, units) in texts() {
            let units = &units[..units.len() / 8];
            let (batch, options) = batch_of(&model);
            let ((), checks) = while_observed(|_| {}, || batch.run_here(slice_of(&model, options, units)));
            for stop_at in [1, 2, checks / 3, checks / 2, checks] {
                let (batch, options) = batch_of(&model);
                let slice = slice_of(&model, options, units);
                let cancelled = Arc::clone(&batch);
                let each = move |number| {
                    if number == stop_at {
                        cancelled.cancel();
                    }
                };
                let ((), made) = while_observed(each, || batch.run_here(slice));
                let outcome = batch.outcome();
                assert!(matches!(outcome, Some(Err(BatchError::Cancelled))), "{name}, {kind}: {outcome:?}");
                assert_eq!(made, stop_at.min(checks), "{name}, {kind}: work went on");
            }
            let (batch, options) = batch_of(&model);
            batch.run_here(slice_of(&model, options, &"a dog in the park".encode_utf16().collect::<Vec<_>>()));
            let mut done = batch.take_done().remove(0);
            vectors.push(done.rows.as_mut().expect("rows").rows_mut().to_vec());
        }
        assert!(vectors.windows(2).all(|pair| pair[0] == pair[1]), "{name}");
    }
}
