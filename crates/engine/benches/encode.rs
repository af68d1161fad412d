//! Where the time of a text goes: UTF-16 to UTF-8, tokenizing, pooling; one thread, in nanoseconds a text and a token.
//!
//! `cargo bench -p model2vec-engine --bench encode [-- MODEL_DIRECTORY [TEXTS.jsonl]]`; without arguments the default model and the test
//! corpora. Every batch of texts is timed on its own, and the fastest time of each batch is added up: what else the machine
//! does then counts little, and no text is met twice in a row.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use model2vec_engine::{EncodeOptions, LoadOptions, StaticModel};
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
    let each = |time: Duration| time.as_nanos() as f64 / count as f64;
    let token = |time: Duration| time.as_nanos() as f64 / tokens;
    let pooling = encoding.saturating_sub(tokenizing_utf16);
    println!(
        "{:12} {count} texts of {} bytes and {:.1} tokens | tokenizing {:.0} ns a text, {:.1} a token, {:.0} MB/s | from UTF-16 {:.0} \
         | pooling {:.0}, {:.1} a token | in all {:.0}",
        texts.name,
        bytes / count,
        tokens / count as f64,
        each(tokenizing),
        token(tokenizing),
        bytes as f64 * 1e3 / tokenizing.as_nanos() as f64,
        each(tokenizing_utf16),
        each(pooling),
        token(pooling),
        each(encoding),
    );
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
