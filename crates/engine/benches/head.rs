//! What a head takes, in microseconds per embedding on one thread: 256 → 512 → 50 and 256 → 64 → 12,
//! in batches of 2,048, and the rate of its multiplications. With a Python that has numpy in
//! `M2V_PYTHON`, beside numpy's OpenBLAS on the same matrices: batches take turns, and each figure
//! is the fastest: what the machine takes when nothing else runs on it.
//!
//! `M2V_PYTHON=python3 cargo bench -p model2vec-engine --bench head`

#[path = "../tests/test_data/tensors.rs"]
mod tensors;

use std::fs;
use std::hint::black_box;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Instant;

use model2vec_engine::{EncodeOptions, HeadOutput, LoadOptions, StaticModel};

const BATCH: usize = 2048;
const INPUTS: usize = 256;
const ROUNDS: usize = 61;

/// For each line on stdin, one batch through the head: microseconds per row on stdout.
const NUMPY: &str = "
import os, sys, time
os.environ['OPENBLAS_NUM_THREADS'] = '1'
for name in ('OPENBLAS_CORETYPE', 'OPENBLAS_L2_SIZE'):
    os.environ.pop(name, None)
import numpy as np
sizes = [int(size) for size in sys.argv[1:]]
rng = np.random.default_rng(0)
layers = [(rng.normal(size=(o, i)).astype('f4') / 16, rng.normal(size=o).astype('f4')) for i, o in zip(sizes, sizes[1:])]
x = rng.normal(size=(2048, sizes[0])).astype('f4') / 16
def head():
    out = x
    for w, b in layers[:-1]:
        out = np.maximum(out @ w.T + b, 0.0)
    w, b = layers[-1]
    out = out @ w.T + b
    out = np.exp(out - out.max(axis=-1, keepdims=True))
    return out / out.sum(axis=-1, keepdims=True)
def products():
    out = x
    for w, _ in layers:
        out = out @ w.T
    return out
head(), products()
config = next((c for c in [np.show_config(mode='dicts')['Build Dependencies']['blas']['openblas configuration']]), '')
import ctypes, glob
kernel = '?'
for lib in glob.glob(os.path.join(os.path.dirname(np.__file__), '..', 'numpy.libs', '*openblas*')):
    name = ctypes.CDLL(lib).scipy_openblas_get_corename64_
    name.restype = ctypes.c_char_p
    kernel = name().decode()
print(f'numpy {np.__version__}, kernel {kernel}', flush=True)
for _ in sys.stdin:
    times = []
    for run in (products, head):
        start = time.perf_counter()
        run()
        times.append((time.perf_counter() - start) / len(x) * 1e6)
    print(*times, flush=True)
";

struct Numpy {
    process: Child,
    ask: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Numpy {
    fn start(sizes: &[usize]) -> Option<Self> {
        let python = std::env::var_os("M2V_PYTHON")?;
        let mut command = Command::new(python);
        command.args(["-c", NUMPY]).args(sizes.iter().map(usize::to_string));
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("Python starts");
        let (ask, answers) = (process.stdin.take().expect("a pipe"), process.stdout.take().expect("a pipe"));
        let answers = BufReader::new(answers);
        let mut numpy = Self { process, ask, answers };
        println!("  {}", numpy.line().trim());
        Some(numpy)
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("Python answers");
        line
    }

    /// Microseconds per row of the products alone, and of the whole head.
    fn batch(&mut self) -> [f64; 2] {
        writeln!(self.ask).expect("Python listens");
        let line = self.line();
        let mut times = line.split_whitespace().map(|time| time.parse().expect("a number"));
        [times.next().expect("two numbers"), times.next().expect("two numbers")]
    }
}

impl Drop for Numpy {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A model of 8 tokens with embeddings of [`INPUTS`] dimensions, and a head of these sizes.
fn write_model(folder: &Path, sizes: &[usize]) {
    fs::create_dir_all(folder).expect("a folder");
    let tokenizer = include_str!("../tests/loader_mutants/tiny/word-level.json");
    fs::write(folder.join("tokenizer.json"), tokenizer).expect("written");
    let classes: Vec<String> = (0..sizes[sizes.len() - 1]).map(|class| class.to_string()).collect();
    let config = format!(
        r#"{{"head_config":{{"n_layers":{},"activation":"softmax","classes":[{}]}}}}"#,
        sizes.len() - 1,
        classes.join(",")
    );
    fs::write(folder.join("config.json"), config).expect("written");
    write_tensors(&folder.join("model.safetensors"), &[("embeddings".to_owned(), vec![8, INPUTS])]);
    let layers = sizes.windows(2).enumerate().flat_map(|(index, pair)| {
        [(format!("head.{index}.weight"), vec![pair[1], pair[0]]), (format!("head.{index}.bias"), vec![pair[1]])]
    });
    write_tensors(&folder.join("head.safetensors"), &layers.collect::<Vec<_>>());
}

fn write_tensors(file: &Path, tensors: &[(String, Vec<usize>)]) {
    let mut random = fastrand::Rng::with_seed(1);
    let tensors = tensors.iter().map(|(name, shape)| {
        let numbers = (0..shape.iter().product()).map(|_: usize| random.f32() * 0.2 - 0.1);
        (name.as_str(), "F32", shape.as_slice(), tensors::f32_bytes(numbers))
    });
    fs::write(file, tensors::file_of(tensors)).expect("written");
}

fn fastest(times: &[f64]) -> f64 {
    times.iter().copied().fold(f64::INFINITY, f64::min)
}

fn measure(sizes: &[usize]) {
    let folder: PathBuf = std::env::temp_dir().join(format!("m2v-bench-head-{}", std::process::id()));
    write_model(&folder, sizes);
    let model = StaticModel::load(&folder, &LoadOptions::default()).and_then(|model| model.with_head());
    fs::remove_dir_all(&folder).expect("removed");
    let model = model.expect("a model");
    println!("{sizes:?}, kernel {}", model.kernel());
    let outputs =
        [HeadOutput::Scores, HeadOutput::Activated].map(|output| model.through_head(output, false).expect("a head"));
    let mut random = fastrand::Rng::with_seed(2);
    let embeddings: Vec<f32> = (0..BATCH * INPUTS).map(|_| random.f32() * 0.2 - 0.1).collect();
    let options: EncodeOptions = outputs[0].defaults();
    let mut rows = vec![0_u32; BATCH * outputs[0].dim()];
    let mut numpy = Numpy::start(sizes);
    let (mut ours, mut theirs) = ([Vec::new(), Vec::new()], [Vec::new(), Vec::new()]);
    let mut one = Vec::new();
    for round in 0..ROUNDS {
        // Neither is always the first after numpy.
        for (model, times) in [round % 2, 1 - round % 2].map(|i| (&outputs[i], i)) {
            let times = &mut ours[times];
            let mut scratch = model.take_scratch();
            // SAFETY: every pattern of bytes is an integer.
            let bytes = unsafe { rows.align_to_mut::<u8>().1 };
            let start = Instant::now();
            model.head_rows(&embeddings, options, &mut scratch, bytes);
            times.push(start.elapsed().as_secs_f64() * 1e6 / BATCH as f64);
            model.put_scratch(scratch);
        }
        let mut scratch = outputs[0].take_scratch();
        // SAFETY: as above.
        let bytes = unsafe { rows.align_to_mut::<u8>().1 };
        let start = Instant::now();
        for row in 0..50 {
            let row_bytes = outputs[0].row_bytes(options);
            outputs[0].head_rows(&embeddings[row * INPUTS..][..INPUTS], options, &mut scratch, &mut bytes[..row_bytes]);
        }
        one.push(start.elapsed().as_secs_f64() * 1e6 / 50.0);
        outputs[0].put_scratch(scratch);
        black_box(&rows);
        if let Some(numpy) = &mut numpy {
            let [products, head] = numpy.batch();
            theirs[0].push(products);
            theirs[1].push(head);
        }
    }
    let multiplications: usize = sizes.windows(2).map(|pair| pair[0] * pair[1]).sum();
    let [scores, activated] = ours;
    let (scores, activated) = (fastest(&scores), fastest(&activated));
    println!(
        "  scores {scores:.3} µs ({:.1} multiplications a ns), probabilities {activated:.3} µs, one row alone {:.2} µs",
        multiplications as f64 / scores / 1e3,
        fastest(&one)
    );
    if numpy.is_some() {
        let [products, head] = theirs;
        let (products, head) = (fastest(&products), fastest(&head));
        println!("  numpy: products {products:.3} µs, whole head {head:.3} µs");
        println!("  scores / products {:.2}, probabilities / whole head {:.2}", scores / products, activated / head);
    }
}

fn main() {
    for sizes in [&[INPUTS, 512, 50][..], &[INPUTS, 64, 12]] {
        measure(sizes);
    }
}
