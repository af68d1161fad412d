//! Where the time of a text goes: UTF-16 to UTF-8, tokenizing and pooling, on one thread, in
//! nanoseconds per text and per token. Pooling, which includes the mean, the norm and fetching the
//! rows into the cache, is compared with a bare loop that adds the rows of the same ids.
//!
//! `cargo bench -p model2vec-engine --bench encode [-- MODEL_DIRECTORY [TEXTS.jsonl]]`; without arguments
//! the default model and the test corpora. Every batch of texts is timed on its own, and the
//! fastest times of all batches are added up: so other load on the machine counts little, and no
//! text is encoded twice in a row.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use model2vec_engine::{Elements, EncodeOptions, LoadOptions, Scratch, StaticModel};
use serde::Deserialize;

#[derive(Deserialize)]
struct Line {
    text: String,
}

struct Texts {
    name: &'static str,
    utf8: Vec<String>,
    utf16: Vec<Vec<u16>>,
}

impl Texts {
    fn new(name: &'static str, utf8: Vec<String>) -> Self {
        let utf16 = utf8.iter().map(|text| text.encode_utf16().collect()).collect();
        Self { name, utf8, utf16 }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    // Cargo adds `--bench`.
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let directory = arguments.next().map_or_else(|| root.join("npm/potion-base-8m"), PathBuf::from);
    let model = StaticModel::load(&directory, &LoadOptions::default())?;
    let corpora = root.join("test/fixtures/unpacked/corpora");
    let english = read_texts(&arguments.next().map_or_else(|| corpora.join("docs_en.jsonl"), PathBuf::from))?;
    let sets = [
        Texts::new("lines", between(english.iter().flat_map(|text| text.split('\n')), 40, 200, 60_000)),
        Texts::new("paragraphs", between(english.iter().flat_map(|text| text.split("\n\n")), 200, 2000, 20_000)),
        Texts::new("documents", english),
        Texts::new("multilingual", read_texts(&corpora.join("multilingual.jsonl"))?),
    ];
    println!("{} on {}", directory.display(), model.kernel());
    for texts in &sets {
        measure(&model, texts);
    }
    Ok(())
}

fn measure(model: &StaticModel, texts: &Texts) {
    let options = EncodeOptions { max_length: Some(512), normalize: true, ..model.defaults() };
    let mut vector = vec![0.0; model.dim()];
    let mut scratch = model.take_scratch();
    let count = texts.utf8.len();
    let bytes: usize = texts.utf8.iter().map(String::len).sum();
    let mut tokens = 0;
    let tokenizing = time(count, |index| {
        tokens += model.token_ids(&texts.utf8[index], Some(512), &mut scratch).map_or(0, |(ids, _)| ids.len());
    });
    let tokens = tokens as f64 / ROUNDS as f64;
    let tokenizing_utf16 = time(count, |index| {
        let _ = model.token_ids_utf16(&texts.utf16[index], Some(512), &mut scratch);
    });
    let encoding = time(count, |index| {
        let _ = model.encode_utf16(&texts.utf16[index], options, &mut scratch, &mut vector);
    });
    let bare = bare_loop(model, texts, &mut scratch).map(|both| both.saturating_sub(tokenizing_utf16));
    let each = |time: Duration| time.as_nanos() as f64 / count as f64;
    let token = |time: Duration| time.as_nanos() as f64 / tokens;
    let pooling = encoding.saturating_sub(tokenizing_utf16);
    println!(
        "{:12} {count} texts of {} bytes and {:.1} tokens | tokenizing {:.0} ns per text, {:.1} per token, {:.0} MB/s | from UTF-16 {:.0} \
         | pooling {:.0}, {:.1} per token{} | in all {:.0}",
        texts.name,
        bytes / count,
        tokens / count as f64,
        each(tokenizing),
        token(tokenizing),
        bytes as f64 * 1e3 / tokenizing.as_nanos() as f64,
        each(tokenizing_utf16),
        each(pooling),
        token(pooling),
        bare.map_or(String::new(), |bare| format!(
            ", {:.2} of a bare loop's {:.1}",
            pooling.as_secs_f64() / bare.as_secs_f64(),
            token(bare)
        )),
        each(encoding),
    );
}

/// The time of tokenizing each text and only adding the rows of its ids. `None` for a table that is
/// not in single precision, has a mapping, or whose rows do not consist of whole blocks.
fn bare_loop(model: &StaticModel, texts: &Texts, scratch: &mut Scratch) -> Option<Duration> {
    let (Elements::F32(table), None) = (model.table().elements(), model.table().mapping()) else { return None };
    let dim = model.dim();
    if !dim.is_multiple_of(COLUMNS) {
        return None;
    }
    let mut sums = vec![0.0; dim];
    Some(time(texts.utf16.len(), |index| {
        if let Ok((ids, _)) = model.token_ids_utf16(&texts.utf16[index], Some(512), scratch) {
            add_all(table, ids, &mut sums);
        }
    }))
}

/// How many columns a bare loop adds at a time: eight registers of AVX2, four of AVX-512, sixteen
/// of NEON.
const COLUMNS: usize = 64;

fn add_all(table: &[f32], ids: &[u32], sums: &mut [f32]) {
    #[cfg(target_arch = "x86_64")]
    {
        #[target_feature(enable = "avx512f")]
        fn with_avx512(table: &[f32], ids: &[u32], sums: &mut [f32]) {
            add_rows(table, ids, sums);
        }
        #[target_feature(enable = "avx2")]
        fn with_avx2(table: &[f32], ids: &[u32], sums: &mut [f32]) {
            add_rows(table, ids, sums);
        }
        if is_x86_feature_detected!("avx512f") {
            // SAFETY: the CPU has the feature, as the condition says.
            return unsafe { with_avx512(table, ids, sums) };
        }
        if is_x86_feature_detected!("avx2") {
            // SAFETY: the CPU has the feature, as the condition says.
            return unsafe { with_avx2(table, ids, sums) };
        }
    }
    add_rows(table, ids, sums);
}

#[inline(always)]
fn add_rows(table: &[f32], ids: &[u32], sums: &mut [f32]) {
    let dim = sums.len();
    for (block, sums) in sums.as_chunks_mut::<COLUMNS>().0.iter_mut().enumerate() {
        let mut registers = [0.0_f32; COLUMNS];
        for &id in ids {
            let row = &table[id as usize * dim + block * COLUMNS..][..COLUMNS];
            for (sum, element) in registers.iter_mut().zip(row) {
                *sum += element;
            }
        }
        *sums = std::hint::black_box(registers);
    }
}

const ROUNDS: usize = 7;
const BATCH: usize = 200;

fn time(count: usize, mut run: impl FnMut(usize)) -> Duration {
    let mut fastest = vec![Duration::MAX; count.div_ceil(BATCH)];
    for _ in 0..ROUNDS {
        for (batch, fastest) in fastest.iter_mut().enumerate() {
            let start = Instant::now();
            (batch * BATCH..((batch + 1) * BATCH).min(count)).for_each(&mut run);
            *fastest = start.elapsed().min(*fastest);
        }
    }
    fastest.iter().sum()
}

fn between<'a>(texts: impl Iterator<Item = &'a str>, shortest: usize, longest: usize, count: usize) -> Vec<String> {
    let fits = |text: &&str| (shortest..=longest).contains(&text.encode_utf16().count());
    texts.map(str::trim).filter(fits).take(count).map(str::to_owned).collect()
}

fn read_texts(path: &Path) -> Result<Vec<String>, Box<dyn Error>> {
    let json = std::fs::read_to_string(path)?;
    json.lines().map(|line| Ok(serde_json::from_str::<Line>(line)?.text)).collect()
}
