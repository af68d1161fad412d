//! model2vec-rs 0.4.0 as a process that answers one line with one line, so that a driver can time it in turn with others.
//!
//! `model2vec-benchmarks MODEL_DIRECTORY`, then on standard input, a line each: the path of a JSON file with an array of texts.
//! Answer: the nanoseconds that `encode_flat` took, and the sum of the vectors, so that nothing is optimized away.

use std::io::{BufRead, Write};
use std::time::Instant;

use model2vec_rs::model::StaticModel;

fn main() {
    let directory = std::env::args().nth(1).expect("usage: model2vec-benchmarks MODEL_DIRECTORY");
    let started = Instant::now();
    let model = StaticModel::from_pretrained(&directory, None, None, None).expect("the model loads");
    eprintln!("loaded in {:.1} ms", started.elapsed().as_secs_f64() * 1e3);
    for line in std::io::stdin().lock().lines() {
        let path = line.expect("a line of text");
        let file = std::fs::read(&path).expect("the texts can be read");
        let texts: Vec<String> = serde_json::from_slice(&file).expect("an array of texts");
        let started = Instant::now();
        let vectors = model.encode_flat(&texts);
        let nanoseconds = started.elapsed().as_nanos();
        let sum: f64 = vectors.iter().map(|&element| f64::from(element)).sum();
        println!("{nanoseconds} {sum}");
        std::io::stdout().flush().expect("the driver listens");
    }
}
