//! The other side of `model2vec verify` (src/cli/commands/verify.ts): model2vec-rs 0.4.0 over the texts that come in, compared with the ids and vectors
//! that come with them.
//!
//! An executable of its own, so that nothing of the official engine is in the published package. It says its version first, unasked, so that
//! another program is known by its silence. Then a line of JSON on standard input is answered by a line on standard output: first a
//! [`LoadRequest`] by [`Loaded`], then any number of [`BatchRequest`]s, each followed by the raw vectors, by [`Compared`]. What fails is
//! answered by `{ "error": … }`.

mod official;

use std::io::{self, BufRead, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use serde::{Deserialize, Serialize};
use serde_json::json;

use official::Official;

/// What stops a request; its text is the answer.
type Failure = Box<dyn std::error::Error>;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LoadRequest {
    model: String,
    subfolder: Option<String>,
    normalize: bool,
    /// How many ids the tokenizer can give.
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
    /// Ours, of each text. The vectors follow the line: a row each, little-endian `f32`.
    ids: Vec<Vec<u32>>,
    /// The most ids of a text, null = all.
    max_length: Option<usize>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Compared {
    /// What the official engine's `encode_flat_with_args` took.
    ns: u64,
    /// The indexes of the texts whose ids are others.
    other_ids: Vec<usize>,
    /// Of each text, the largest difference of an element; null = a number here and none there.
    differences: Vec<f32>,
}

fn main() {
    let mut input = io::stdin().lock();
    let mut official = None;
    let mut line = json!({ "version": env!("CARGO_PKG_VERSION") }).to_string();
    loop {
        let mut output = io::stdout().lock();
        // Nobody listens any more.
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

/// A panic of the official engine (a file that it takes and can't serve) is an answer too.
fn guarded<T>(work: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err("model2vec-rs panicked".into()))
}

/// The answer to the next request, `None` at the end.
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

/// JSON has no infinity: it becomes null.
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
