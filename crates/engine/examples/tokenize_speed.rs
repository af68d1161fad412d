//! The speed of a tokenizer on one thread, next to that of the `tokenizers` crate.
//!
//! `cargo run --profile bench -p model2vec-engine --example tokenize_speed -- tokenizer.json
//! texts.jsonl[.gz]`: every line of the texts is an object with a `text`. The texts are measured
//! whole, split into paragraphs, and split into lines.

use std::error::Error;
use std::io::Read;
use std::path::Path;
use std::time::{Duration, Instant};

use model2vec_engine::Tokenizer;
use serde::Deserialize;

#[derive(Deserialize)]
struct Line {
    text: String,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [tokenizer_path, texts_path] = arguments.as_slice() else {
        return Err("expected the paths of a tokenizer.json and of a .jsonl or .jsonl.gz".into());
    };
    let documents = read_texts(Path::new(texts_path))?;
    let paragraphs = split(&documents, "\n\n");
    let lines = split(&documents, "\n");

    let (load, tokenizer) = fastest(5, || Tokenizer::read(Path::new(tokenizer_path)));
    let tokenizer = tokenizer?;
    let kind = if tokenizer.is_native() { "native" } else { "reference" };
    println!("{kind}, loads in {:.2} ms", load.as_secs_f64() * 1e3);
    let mut reference = tokenizers::Tokenizer::from_file(tokenizer_path).map_err(|error| error.to_string())?;
    reference.with_padding(None).with_truncation(None).map_err(|error| error.to_string())?;

    for (name, texts) in [("documents", &documents), ("paragraphs", &paragraphs), ("lines", &lines)] {
        let mut scratch = tokenizer.scratch();
        let mut ids = Vec::new();
        let ours = measure(texts, 9, |text| {
            ids.clear();
            tokenizer.encode(text, usize::MAX, &mut scratch, &mut ids).map_or(0, |()| ids.len())
        });
        let sample = &texts[..texts.len().min(2000)];
        let theirs = measure(sample, 1, |text| reference.encode_fast(text, false).map_or(0, |encoding| encoding.len()));
        println!(
            "{name}: {} texts of {} bytes, {} ids: {:.1} MB/s, {:.2} ns per id; `tokenizers` crate, the first {}: {:.1} MB/s",
            texts.len(),
            ours.bytes / texts.len().max(1),
            ours.ids,
            ours.megabytes_per_second(),
            ours.time.as_nanos() as f64 / ours.ids as f64,
            sample.len(),
            theirs.megabytes_per_second(),
        );
    }
    Ok(())
}

#[derive(Default)]
struct Measurement {
    time: Duration,
    bytes: usize,
    ids: usize,
}

impl Measurement {
    fn megabytes_per_second(&self) -> f64 {
        self.bytes as f64 / self.time.as_secs_f64() / 1e6
    }
}

/// Encodes all texts several times, and adds up the fastest times of all batches: so other load on
/// the machine counts little, and yet no text is encoded twice in a row.
fn measure(texts: &[String], rounds: usize, mut encode: impl FnMut(&str) -> usize) -> Measurement {
    let batches: Vec<_> = texts.chunks(200).collect();
    let mut fastest = vec![Duration::MAX; batches.len()];
    let mut ids = 0;
    for _ in 0..rounds {
        ids = 0;
        for (batch, fastest) in batches.iter().zip(&mut fastest) {
            let start = Instant::now();
            ids += batch.iter().map(|text| encode(text)).sum::<usize>();
            *fastest = start.elapsed().min(*fastest);
        }
    }
    Measurement { time: fastest.iter().sum(), bytes: texts.iter().map(String::len).sum(), ids }
}

fn fastest<T>(rounds: usize, mut run: impl FnMut() -> T) -> (Duration, T) {
    let mut measure = || {
        let start = Instant::now();
        let outcome = run();
        (start.elapsed(), outcome)
    };
    let mut best = measure();
    for _ in 1..rounds {
        let next = measure();
        best = (best.0.min(next.0), next.1);
    }
    best
}

fn split(texts: &[String], separator: &str) -> Vec<String> {
    let pieces = texts.iter().flat_map(|text| text.split(separator));
    pieces.filter(|piece| !piece.trim().is_empty()).map(str::to_owned).collect()
}

fn read_texts(path: &Path) -> Result<Vec<String>, Box<dyn Error>> {
    let mut json = std::fs::read(path)?;
    if path.extension().is_some_and(|ending| ending == "gz") {
        let compressed = std::mem::take(&mut json);
        flate2::read::GzDecoder::new(compressed.as_slice()).read_to_end(&mut json)?;
    }
    let lines = json.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| Ok(serde_json::from_slice::<Line>(line)?.text)).collect()
}
