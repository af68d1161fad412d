//! From the files of a model to its first vector, each time in a fresh process, as a program meets
//! it: `cargo bench -p model2vec-engine --bench load -- DIRECTORY…`. Medians and least times in
//! microseconds.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use model2vec_engine::{LoadOptions, MemoryMode, StaticModel, Tokenizer};

const PROCESSES: usize = 25;

/// What is timed, in the order in which a process prints it.
const PARTS: [&str; 4] = ["tokenizer alone", "model, 'map'", "model, 'auto'", "first text after that"];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    match arguments.as_slice() {
        [once, part, directory] if once == "--once" => run_once(part, Path::new(directory)),
        directories => directories.iter().for_each(|directory| compare(directory)),
    }
}

/// Does one part, and prints the microseconds of each.
fn run_once(part: &str, directory: &Path) {
    let started = Instant::now();
    if part == PARTS[0] {
        std::hint::black_box(Tokenizer::read(&directory.join("tokenizer.json")).unwrap());
        println!("{}", started.elapsed().as_nanos());
        return;
    }
    let memory = if part == PARTS[1] { MemoryMode::Map } else { MemoryMode::Auto };
    let model = StaticModel::load(directory, &LoadOptions { memory, ..LoadOptions::default() }).unwrap();
    let loaded = started.elapsed();
    if part == PARTS[3] {
        let (mut scratch, mut vector) = (model.take_scratch(), vec![0.0; model.dim()]);
        model.encode("a dog in the park", model.defaults(), &mut scratch, &mut vector).unwrap();
        println!("{}", (started.elapsed() - loaded).as_nanos());
    } else {
        println!("{}", loaded.as_nanos());
    }
}

fn compare(directory: &str) {
    println!("{directory}");
    let mut times = PARTS.map(|_| Vec::new());
    for _ in 0..PROCESSES {
        for (part, times) in PARTS.iter().zip(&mut times) {
            let program = std::env::current_exe().unwrap();
            let output = Command::new(program).args(["--once", part, directory]).output().unwrap();
            let text = String::from_utf8(output.stdout).unwrap();
            times.push(text.trim().parse::<f64>().unwrap() / 1000.0);
        }
    }
    for (part, times) in PARTS.iter().zip(&mut times) {
        times.sort_unstable_by(f64::total_cmp);
        println!("{part:>24} {:10.0} µs, least {:.0}", times[times.len() / 2], times[0]);
    }
}
