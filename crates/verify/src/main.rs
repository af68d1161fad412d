//! The counterpart of `model2vec verify` (src/cli/commands/verify.ts): runs model2vec-rs 0.4.0 on
//! the texts that it receives, and compares the results with the ids and vectors that it receives
//! with them.
//!
//! It is a separate executable, so that the published package contains nothing of the official
//! engine.
//!
//! The protocol: at the start the program prints its version, so that the caller notices when it
//! has started some other program. Then every line of JSON on standard input is answered by a line
//! on standard output: a [`LoadRequest`] by [`Loaded`], then any number of [`BatchRequest`]s, each
//! followed by the raw vectors, by [`Compared`]. The answer to a request that fails is `{ "error":
//! … }`.

mod official;

use std::io::{self, BufRead, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use serde::{Deserialize, Serialize};
use serde_json::json;

use official::Official;

/// Why a request failed. Its text is the answer.
type Failure = Box<dyn std::error::Error>;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LoadRequest {
    model: String,
    subfolder: Option<String>,
    normalize: bool,
    /// The number of ids that the tokenizer can give.
    ids: usize,
}

#[derive(Serialize)]
struct Loaded {
    dim: usize,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BatchRequest {
    texts: Vec<String>,
    /// Our ids of each text. Our vectors follow the line: texts × dim little-endian `f32`.
    ids: Vec<Vec<u32>>,
    /// The most ids per text; null = all.
    max_length: Option<usize>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Compared {
    /// The time of the official engine's `encode_flat_with_args`, in nanoseconds.
    ns: u64,
    /// The indexes of the texts for which the official engine has other ids.
    other_ids: Vec<usize>,
    /// For each text, the largest difference in a dimension; null = one of the two is not a finite
    /// number.
    differences: Vec<f32>,
}

fn main() {
    let mut input = io::stdin().lock();
    let mut official = None;
    let mut line = json!({ "version": env!("CARGO_PKG_VERSION") }).to_string();
    loop {
        let mut output = io::stdout().lock();
        // The caller has closed the pipe.
        if writeln!(output, "{line}").and_then(|()| output.flush()).is_err() {
            return;
        }
        line = match guarded(|| next_answer(&mut input, &mut official)) {
            Ok(None) => return,
            Ok(Some(line)) => line,
            Err(failure) => json!({ "error": failure.to_string() }).to_string(),
        };
    }
}

/// Turns a panic of the official engine (of a file that it loads but can't run) into a failure.
fn guarded<T>(work: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err("model2vec-rs panicked".into()))
}

/// The answer to the next request; `None` at the end of the input.
fn next_answer(input: &mut impl BufRead, official: &mut Option<Official>) -> Result<Option<String>, Failure> {
    let mut line = String::new();
    if input.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let answer = match official {
        None => {
            let request: LoadRequest = serde_json::from_str(&line)?;
            let loaded = Official::load(&request.model, request.subfolder.as_deref(), request.normalize, request.ids)?;
            let dim = official.insert(loaded).dim();
            serde_json::to_string(&Loaded { dim })?
        }
        Some(official) => {
            let request: BatchRequest = serde_json::from_str(&line)?;
            let mut bytes = vec![0; request.texts.len() * official.dim() * size_of::<f32>()];
            input.read_exact(&mut bytes)?;
            let vectors: Vec<f32> = bytes.as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect();
            serde_json::to_string(&compare(official, &request, &vectors))?
        }
    };
    Ok(Some(answer))
}

fn compare(official: &Official, request: &BatchRequest, vectors: &[f32]) -> Compared {
    let BatchRequest { texts, ids, max_length } = request;
    let started = Instant::now();
    let theirs = official.vectors(texts, *max_length);
    let ns = started.elapsed().as_nanos() as u64;
    let dim = official.dim();
    let pairs = vectors.chunks_exact(dim).zip(theirs.chunks_exact(dim));
    Compared {
        ns,
        other_ids: official.other_ids(texts, *max_length, ids),
        differences: pairs.map(|(ours, theirs)| largest_difference(ours, theirs)).collect(),
    }
}

/// Infinite where only one of the two is finite; JSON has no infinity and writes null.
fn largest_difference(ours: &[f32], theirs: &[f32]) -> f32 {
    ours.iter().zip(theirs).fold(0.0, |largest: f32, (ours, theirs)| {
        let difference = match (ours.is_finite(), theirs.is_finite()) {
            (true, true) => (ours - theirs).abs(),
            (false, false) => 0.0,
            _ => f32::INFINITY,
        };
        largest.max(difference)
    })
}
