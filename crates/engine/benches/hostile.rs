//! The cost of hostile texts: repeated characters and words of a hundred thousand and of a million
//! characters (the nanoseconds per byte must not grow), texts whose words never repeat (with and
//! without the word cache), and 50 MB under a length limit.
//!
//! `cargo bench -p model2vec-engine --bench hostile [-- MODEL_DIRECTORY…]`; without arguments a model of each kind.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use fastrand::Rng;
use model2vec_engine::{LoadOptions, StaticModel, Tokenizer, TokenizerScratch};

const MODELS: [&str; 7] = [
    "wp-bert-uncased-v10-vocab",
    "ug-e5enpt-v10",
    "ug-t5-raw",
    "bpe-roberta-v10",
    "bpe-qwen3-32k-v10",
    "spbpe-mistral-v10",
    "wl-v012-lower",
];
const SIZES: [usize; 2] = [100_000, 1_000_000];

fn main() -> Result<(), Box<dyn Error>> {
    // Cargo adds `--bench`.
    let given: Vec<_> = std::env::args().skip(1).filter(|argument| argument != "--bench").map(PathBuf::from).collect();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../test/fixtures/unpacked/models");
    let directories = if given.is_empty() { MODELS.map(|name| fixtures.join(name)).into() } else { given };
    for directory in directories {
        println!("{}", directory.display());
        let tokenizer = Tokenizer::read(&directory.join("tokenizer.json"))?;
        runs(&tokenizer);
        never_repeated(&tokenizer);
        under_a_limit(&StaticModel::load(&directory, &LoadOptions::default())?);
    }
    Ok(())
}

/// One character, letters without a space, or an added token, repeated.
fn runs(tokenizer: &Tokenizer) {
    let mut scratch = tokenizer.scratch();
    let mut random = Rng::with_seed(7);
    let letters: String = (0..SIZES[1]).map(|_| random.lowercase()).collect();
    let vocabulary = tokenizer.vocabulary();
    let is_special = |token: &&str| token.len() > 2 && token.starts_with(['<', '[']) && token.ends_with(['>', ']']);
    let token = vocabulary.iter().map(|(token, _)| token.as_str()).find(is_special).unwrap_or("[UNK]");
    let units = ["a", " ", "\u{301}", "漢", "▁", "!", "ab", "a ", token];
    for unit in units.iter().copied().chain([letters.as_str()]) {
        let [small, large] = SIZES.map(|size| {
            let text: String = unit.chars().cycle().take(size / unit.len().min(size) * unit.chars().count()).collect();
            let text = if unit.len() > size { &unit[..size] } else { &text };
            time(tokenizer, &mut scratch, text).as_nanos() as f64 / text.len() as f64
        });
        let name = if unit.len() > 20 { "letters" } else { unit };
        println!("  {name:?}: {small:.1} ns per byte, a million {large:.1}");
    }
}

/// Words of random letters, of which the cache has none.
fn never_repeated(tokenizer: &Tokenizer) {
    let (mut with, mut without) = (tokenizer.scratch(), tokenizer.scratch());
    without.remember_words(false);
    let mut random = Rng::with_seed(1);
    let mut ratios: Vec<_> = (0..15)
        .map(|_| {
            let text = words(&mut random, 200_000);
            let first = time(tokenizer, &mut without, &text).as_secs_f64();
            // New words again, so that both scratches see only new ones.
            let text = words(&mut random, 200_000);
            let second = time(tokenizer, &mut with, &text).as_secs_f64();
            second / first
        })
        .collect();
    ratios.sort_by(f64::total_cmp);
    println!("  words that never repeat: with the cache {:.3} of the time without", ratios[ratios.len() / 2]);
}

fn under_a_limit(model: &StaticModel) {
    let mut random = Rng::with_seed(3);
    let page = words(&mut random, 5_000);
    let huge = page.repeat(10_000);
    let mut scratch = model.take_scratch();
    let mut nanoseconds = |text: &str| {
        let times = (0..50).map(|_| {
            let start = Instant::now();
            let _ = model.token_ids(text, Some(512), &mut scratch);
            start.elapsed()
        });
        times.min().unwrap_or_default().as_nanos()
    };
    println!("  limit 512: a page {} ns, 50 MB {} ns", nanoseconds(&page), nanoseconds(&huge));
}

fn time(tokenizer: &Tokenizer, scratch: &mut TokenizerScratch, text: &str) -> Duration {
    let mut ids = Vec::new();
    let start = Instant::now();
    tokenizer.encode(text, usize::MAX, scratch, &mut ids).expect("these models can tokenize every text");
    start.elapsed()
}

/// At least `bytes` of words of 5 to 12 random letters.
fn words(random: &mut Rng, bytes: usize) -> String {
    let mut text = String::new();
    while text.len() < bytes {
        text.extend((0..random.usize(5..=12)).map(|_| random.lowercase()));
        text.push(' ');
    }
    text
}
