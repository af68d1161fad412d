//! The side of a peer in the benchmarks' protocol: a line of JSON in, a line of JSON out.
//! `peer-process.mjs` is the other side and says what each command means.

use std::fs::File;
use std::io::{BufRead, BufWriter, Write};
use std::time::Instant;

use serde_json::{Value, json};

/// What stops a command; its text goes to the driver.
pub type Error = Box<dyn std::error::Error>;

/// A library under test. What it has no way to do is an error.
pub trait Peer {
    /// The elements that a pass makes are of no interest, the time is: nothing but the library's
    /// own call belongs in here.
    type Output;

    /// Embeds, or tokenizes, all texts in one call.
    fn pass(&self, texts: &[String]) -> Self::Output;

    /// One text, at once.
    fn query(&self, _text: &str) -> Result<Self::Output, Error> {
        Err("embeds no single text".into())
    }

    /// The vectors of a pass.
    fn vectors(&self, _texts: &[String]) -> Result<Vec<f32>, Error> {
        Err("makes no vectors".into())
    }

    /// The token ids of each text, without special tokens.
    fn ids(&self, _texts: &[String]) -> Result<Vec<Vec<u32>>, Error> {
        Err("gives no ids".into())
    }
}

/// Answers the driver until it closes standard input. `load` makes the peer from a model's
/// directory.
pub fn serve<P: Peer + Sync>(load: impl Fn(&str) -> Result<P, Error>) {
    let mut peer = None;
    answer(&json!({ "started": true }));
    for line in std::io::stdin().lock().lines() {
        let command: Value = serde_json::from_str(&line.expect("a line of text")).expect("a line of JSON");
        let result = run(&command, &mut peer, &load);
        answer(&result.unwrap_or_else(|error| json!({ "error": error.to_string() })));
    }
}

fn answer(value: &Value) {
    println!("{value}");
    std::io::stdout().flush().expect("the driver listens");
}

fn run<P: Peer + Sync>(
    command: &Value,
    peer: &mut Option<P>,
    load: &impl Fn(&str) -> Result<P, Error>,
) -> Result<Value, Error> {
    let text = |name: &str| command[name].as_str().ok_or(format!("{name} is missing"));
    if text("do")? == "load" {
        let model = text("model")?;
        let started = Instant::now();
        *peer = Some(load(model)?);
        return Ok(json!({ "ns": nanoseconds(started) }));
    }
    let peer = peer.as_ref().ok_or("no model is loaded")?;
    match text("do")? {
        "pass" => {
            let texts = read_texts(text("texts")?)?;
            let started = Instant::now();
            let output = peer.pass(&texts);
            let ns = nanoseconds(started);
            std::hint::black_box(output);
            Ok(json!({ "ns": ns }))
        }
        "vectors" => {
            let vectors = peer.vectors(&read_texts(text("texts")?)?)?;
            write_words(text("to")?, vectors.iter().map(|element| element.to_bits()))?;
            Ok(json!({}))
        }
        "ids" => {
            let ids = peer.ids(&read_texts(text("texts")?)?)?;
            let words = ids.iter().flat_map(|ids| std::iter::once(ids.len() as u32).chain(ids.iter().copied()));
            write_words(text("to")?, words)?;
            Ok(json!({}))
        }
        "queries" => {
            let queries = read_texts(text("texts")?)?;
            let times: Result<Vec<u64>, Error> = queries.iter().map(|query| time_query(peer, query)).collect();
            Ok(json!({ "ns": times? }))
        }
        "paused-queries" => paused_queries(
            peer,
            &command["bulk"].as_str().map_or_else(|| Ok(Vec::new()), read_texts)?,
            &read_texts(text("texts")?)?,
            command["pause_ms"].as_u64().unwrap_or(0),
        ),
        other => Err(format!("unknown command {other}").into()),
    }
}

fn time_query<P: Peer>(peer: &P, query: &str) -> Result<u64, Error> {
    let started = Instant::now();
    let output = peer.query(query)?;
    let ns = nanoseconds(started);
    std::hint::black_box(output);
    Ok(ns)
}

/// Queries one after the other, with a pause before each, while another thread embeds `bulk` again
/// and again, if it has texts.
fn paused_queries<P: Peer + Sync>(
    peer: &P,
    bulk: &[String],
    queries: &[String],
    pause_ms: u64,
) -> Result<Value, Error> {
    use std::sync::atomic::{AtomicBool, Ordering};
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !bulk.is_empty() && !done.load(Ordering::Relaxed) {
                std::hint::black_box(peer.pass(bulk));
            }
        });
        let times: Result<Vec<u64>, Error> = queries
            .iter()
            .map(|query| {
                std::thread::sleep(std::time::Duration::from_millis(pause_ms));
                time_query(peer, query)
            })
            .collect();
        done.store(true, Ordering::Relaxed);
        Ok(json!({ "ns": times? }))
    })
}

fn nanoseconds(started: Instant) -> u64 {
    started.elapsed().as_nanos() as u64
}

fn read_texts(path: &str) -> Result<Vec<String>, Error> {
    Ok(serde_json::from_slice(&std::fs::read(path)?)?)
}

/// Little-endian, as `proof.mjs` reads them.
fn write_words(path: &str, words: impl Iterator<Item = u32>) -> Result<(), Error> {
    let mut file = BufWriter::new(File::create(path)?);
    for word in words {
        file.write_all(&word.to_le_bytes())?;
    }
    Ok(file.flush()?)
}
