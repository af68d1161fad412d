//! Memory that the system refuses in the middle of a call: the call fails with `ERR_OUT_OF_MEMORY`,
//! and the next one gives the bits that it always gives.
//!
//! The allocator of this test refuses all large allocations of a call, then all but the first, and so
//! on until the call needs no other. An allocation that the engine takes for granted
//! would end the process.

mod test_data;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::ptr::null_mut;
use std::sync::Arc;

use model2vec_engine::{
    Batch, BatchError, ChunkOptions, IdLists, Input, LoadOptions, RowBuffer, Slice, StaticModel, Texts, Work,
};

/// Smaller allocations are never refused.
const LARGE: usize = 64 << 10;

thread_local! {
    /// How many large allocations of this thread are granted before all others are refused; `None` = all.
    static GRANTED: Cell<Option<usize>> = const { Cell::new(None) };
}

struct Refusing;

fn is_refused(size: usize) -> bool {
    let Some(granted) = GRANTED.get().filter(|_| size >= LARGE) else { return false };
    GRANTED.set(Some(granted.saturating_sub(1)));
    granted == 0
}

// SAFETY: all memory is the system allocator's; refusing is always allowed.
unsafe impl GlobalAlloc for Refusing {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if is_refused(layout.size()) {
            return null_mut();
        }
        // SAFETY: the caller's promises are those that the system allocator needs.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: as in `alloc`.
        unsafe { System.dealloc(memory, layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if is_refused(size) {
            return null_mut();
        }
        // SAFETY: as in `alloc`.
        unsafe { System.realloc(memory, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Refusing = Refusing;

struct Rows(Vec<f32>);

impl RowBuffer for Rows {
    fn rows_mut(&mut self) -> &mut [u8] {
        // SAFETY: floats are bytes without padding.
        unsafe { self.0.align_to_mut::<u8>().1 }
    }
}

fn load(name: &str) -> Arc<StaticModel> {
    Arc::new(StaticModel::load(&test_data::model_directory(name), &LoadOptions::default()).unwrap())
}

fn texts_of(text: &str) -> Texts {
    [text.encode_utf16().collect::<Vec<_>>()].into_iter().collect()
}

/// The results of a call of one slice on this thread, of whose large allocations `granted` are
/// granted before all others are refused.
fn call(model: &Arc<StaticModel>, work: Work, input: Input, granted: Option<usize>) -> Result<Slice, BatchError> {
    let rows = match work {
        Work::Encode(options) | Work::Pool(options) => {
            Some(Box::new(Rows(vec![0.0; model.row_bytes(options) / 4])) as Box<dyn RowBuffer>)
        }
        _ => None,
    };
    let batch = Batch::new(Arc::clone(model), work, 1, |_| {});
    let slice = Slice::new(0, input, rows);
    GRANTED.set(granted);
    batch.run_here(slice);
    GRANTED.set(None);
    batch.close();
    batch.outcome().expect("the only slice is done").map(|()| batch.take_done().remove(0))
}

fn results(mut slice: Slice) -> (Vec<u8>, Vec<u32>, Vec<u32>, usize) {
    let rows = slice.rows.as_mut().map(|rows| rows.rows_mut().to_vec()).unwrap_or_default();
    (rows, slice.ids, slice.counts, slice.chunks.len())
}

/// Refuses the large allocations of a call from each of them on. Returns how many there were.
fn refuse_each(name: &str, model: &Arc<StaticModel>, work: Work, input: impl Fn(bool) -> Input) -> usize {
    let expected = results(call(model, work, input(false), None).unwrap());
    for granted in 0..1000 {
        match call(model, work, input(true), Some(granted)) {
            Ok(_) => return granted,
            Err(BatchError::OutOfMemory(bytes)) => assert!(bytes >= LARGE, "{name}: {bytes}"),
            Err(error) => panic!("{name}, {work:?}: {error}"),
        }
        assert!(results(call(model, work, input(false), None).unwrap()) == expected, "{name}, {work:?}, {granted}");
    }
    panic!("{name}, {work:?}: no end");
}

/// A text of several scripts, with added tokens, marks, runs of spaces, long words.
fn long_text() -> String {
    let sentence = "The Quick brown fox [MASK] doesn't   jump over 1234567 lazy dogs, \u{212b}ngström cafe\u{301} \
        naïve <unk> Straße ÀÉÎ 東京都に住んでいます。 हिन्दी में पाठ, ไทย 😀👩\u{200d}👩\u{200d}👧 \u{ac00}\u{11a8}!\n\tx² ﬁne…\u{a0}";
    let mut text = sentence.repeat(1500);
    text += &"supercalifragilistic".repeat(8000);
    text += &format!(" e{} ", "\u{301}\u{316}".repeat(40_000));
    text += &"東京都に住む人".repeat(10_000);
    text
}

#[test]
fn memory_that_is_refused_in_a_call_is_an_error_of_that_call_alone() {
    let (long, short) = (long_text(), "a dog in the park, and a café in 東京");
    let input = |is_long: bool| Input::Texts(texts_of(if is_long { &long } else { short }));
    for name in [
        "m8k-f32",
        "m8k-dim1",
        "m8k-vq-f16",
        "m8k-weights-only",
        "wp-bert-cased-v05",
        "wp-bert-chinese-v10",
        "ug-t5-raw",
        "ug-e5enpt-v10",
        "ug-bert-cased-v07-multiword",
        "bpe-gpt2-raw",
        "bpe-clip-raw",
        "bpe-qwen3-32k-v10",
        "bpe-modernbert-v10-vocab",
        "spbpe-mistral-v10",
        "wl-v012-lower",
    ] {
        let model = load(name);
        if !model.tokenizer().is_native() {
            println!("{name}: the `tokenizers` crate runs it");
            continue;
        }
        let options = model2vec_engine::EncodeOptions { max_length: None, ..model.defaults() };
        let encoded = refuse_each(name, &model, Work::Encode(options), input);
        let tokenized = refuse_each(name, &model, Work::Tokenize { max_length: None }, input);
        println!("{name}: {encoded} and {tokenized} large allocations");
        assert!(encoded >= 3 && tokenized >= 3, "{name}");
    }
    let model = load("m8k-f32");
    let options = ChunkOptions { size: 512, overlap: 0, max_length: None };
    refuse_each("chunks", &model, Work::Chunk { options, with_ids: true }, input);
    refuse_each("counts", &model, Work::Count { max_length: None }, input);
    let lists = |is_long: bool| {
        let ids: Vec<u32> = (0..if is_long { 1_000_000 } else { 20 }).map(|id| id % 1000).collect();
        let ends = vec![ids.len() as u32];
        Input::IdLists(Arc::new(IdLists { ids, ends }), 0..1)
    };
    refuse_each("lists", &model, Work::Pool(model.defaults()), lists);
}
