//! What a search takes, in milliseconds on one thread, beside the memory's floor: the time of summing the same matrix once. Then rows as
//! JSON and base64, in microseconds a row, beside the bare loop over the same floats.
//!
//! `cargo bench -p model2vec-engine --bench search [-- ROWS [DIM]]`; without arguments 100,000 rows of 256. Every figure is the fastest of
//! several runs that take turns.

use std::hint::black_box;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use model2vec_engine::{Dtype, Metric, Rows, Search, SearchOptions, SearchScratch, write_base64, write_json_row};

struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

/// Unit vectors.
fn unit_rows(rows: usize, dim: usize, seed: u64) -> Vec<f32> {
    let mut numbers = Numbers(seed);
    let mut data: Vec<f32> = (0..rows * dim)
        .map(|_| {
            let bits = numbers.next();
            // Four small uniform numbers make something like a normal one.
            (0..4).map(|i| ((bits >> (16 * i)) as u16 as f32) / 32_768.0 - 1.0).sum()
        })
        .collect();
    for row in data.chunks_exact_mut(dim) {
        let norm = row.iter().map(|x| x * x).sum::<f32>().sqrt();
        row.iter_mut().for_each(|x| *x /= norm);
    }
    data
}

fn bytes<T>(elements: &[T]) -> &[u8] {
    // SAFETY: numbers have no padding, and every byte of memory is a byte.
    unsafe { std::slice::from_raw_parts(elements.as_ptr().cast(), size_of_val(elements)) }
}

fn search(queries: Rows<'_>, corpus: Rows<'_>, metric: Metric, k: usize) -> Vec<u32> {
    let options = SearchOptions { metric, k, ..SearchOptions::default() };
    let search = Search::new(queries, corpus.dtype(), options).expect("a search");
    let count = search.query_count();
    let (mut indices, mut scores) = (vec![0; count * k], vec![0.0; count * k]);
    let mut scratch = SearchScratch::default();
    for block in 0..search.query_blocks() {
        let mut hits = search.hits(block);
        search.scan(&mut hits, corpus, 0, &mut scratch, &AtomicBool::new(false)).expect("equal dimensions");
        let first = block * search.block_queries();
        for query in first..count.min(first + search.block_queries()) {
            let places = query * k..(query + 1) * k;
            search.write(query, &[&hits], &mut indices[places.clone()], &mut scores[places]);
        }
    }
    indices
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
fn sum_of(data: &[f32]) -> f32 {
    use std::arch::x86_64::{_mm512_add_ps, _mm512_loadu_ps, _mm512_reduce_add_ps, _mm512_setzero_ps};
    let mut sums = [_mm512_setzero_ps(); 8];
    for line in data.as_chunks::<128>().0 {
        for (sum, sixteen) in sums.iter_mut().zip(line.as_chunks::<16>().0) {
            // SAFETY: there are sixteen floats.
            *sum = _mm512_add_ps(*sum, unsafe { _mm512_loadu_ps(sixteen.as_ptr()) });
        }
    }
    sums.into_iter().map(|sum| _mm512_reduce_add_ps(sum)).sum()
}

fn sum(data: &[f32]) -> f32 {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx512f") {
        // SAFETY: the CPU has it.
        return unsafe { sum_of(data) };
    }
    let mut sums = [0.0; 64];
    for line in data.as_chunks::<64>().0 {
        for (sum, element) in sums.iter_mut().zip(line) {
            *sum += element;
        }
    }
    sums.iter().sum()
}

fn time(run: &mut dyn FnMut()) -> Duration {
    let start = Instant::now();
    run();
    start.elapsed()
}

/// What is timed, and its name.
type Run<'a> = (&'a str, Box<dyn FnMut() + 'a>);

/// The fastest of several runs of each, which take turns.
fn compare(rounds: usize, runs: &mut [Run<'_>], unit: f64) {
    let mut best = vec![Duration::MAX; runs.len()];
    for _ in 0..rounds {
        for (best, (_, run)) in best.iter_mut().zip(runs.iter_mut()) {
            *best = time(run).min(*best);
        }
    }
    for ((name, _), best_time) in runs.iter().zip(&best) {
        let ratio = best_time.as_secs_f64() / best[0].as_secs_f64();
        println!("{name:44} {:10.3} {ratio:8.3}", best_time.as_secs_f64() / unit);
    }
}

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let mut argument = |default| arguments.next().map_or(default, |text| text.parse().expect("a number"));
    let (count, dim): (usize, usize) = (argument(100_000), argument(256));
    let data = unit_rows(count, dim, 0x9e37_79b9_7f4a_7c15);
    let queries = unit_rows(64, dim, 0x2545_f491_4f6c_dd1d);
    let int8: Vec<i8> = data.iter().map(|x| (x * 127.0).round_ties_even() as i8).collect();
    let queries_int8: Vec<i8> = queries.iter().map(|x| (x * 127.0).round_ties_even() as i8).collect();
    let half: Vec<u16> = data.iter().map(|x| (x.to_bits() >> 16) as u16).collect();
    let pack = |data: &[f32]| -> Vec<u8> {
        data.chunks(dim)
            .flat_map(|row| {
                row.chunks(8)
                    .map(|bits| bits.iter().enumerate().fold(0, |byte, (i, x)| byte | u8::from(*x > 0.0) << (7 - i)))
            })
            .collect()
    };
    let (bits, queries_bits) = (pack(&data), pack(&queries));
    let rows = |bytes, dtype| Rows::new(bytes, dtype, dim).expect("rows");
    let corpus = rows(bytes(&data), Dtype::Float32);
    let wanted = rows(bytes(&queries), Dtype::Float32);
    let one = wanted.slice(0..1);
    println!("{count} rows × {dim}: milliseconds, and times the first");
    compare(
        15,
        &mut [
            (
                "sum of the matrix",
                Box::new(|| {
                    black_box(sum(black_box(&data)));
                }),
            ),
            (
                "1 query, dot",
                Box::new(|| {
                    black_box(search(one, corpus, Metric::Dot, 10));
                }),
            ),
            (
                "1 query, cosine",
                Box::new(|| {
                    black_box(search(one, corpus, Metric::Cosine, 10));
                }),
            ),
            (
                "1 query, euclidean",
                Box::new(|| {
                    black_box(search(one, corpus, Metric::Euclidean, 10));
                }),
            ),
            (
                "1 query, cosine over bfloat16",
                Box::new(|| {
                    black_box(search(one, rows(bytes(&half), Dtype::BFloat16), Metric::Cosine, 10));
                }),
            ),
            (
                "1 query, cosine over int8",
                Box::new(|| {
                    black_box(search(one, rows(bytes(&int8), Dtype::Int8), Metric::Cosine, 10));
                }),
            ),
            (
                "1 int8 query, cosine over int8",
                Box::new(|| {
                    black_box(search(
                        rows(bytes(&queries_int8), Dtype::Int8).slice(0..1),
                        rows(bytes(&int8), Dtype::Int8),
                        Metric::Cosine,
                        10,
                    ));
                }),
            ),
            (
                "1 query, hamming",
                Box::new(|| {
                    black_box(search(
                        rows(&queries_bits, Dtype::Binary).slice(0..1),
                        rows(&bits, Dtype::Binary),
                        Metric::Hamming,
                        10,
                    ));
                }),
            ),
        ],
        1e-3,
    );
    compare(
        5,
        &mut [
            (
                "64 queries, dot",
                Box::new(|| {
                    black_box(search(wanted, corpus, Metric::Dot, 10));
                }),
            ),
            (
                "64 queries, cosine",
                Box::new(|| {
                    black_box(search(wanted, corpus, Metric::Cosine, 10));
                }),
            ),
            (
                "64 queries, cosine, k = 1000",
                Box::new(|| {
                    black_box(search(wanted, corpus, Metric::Cosine, 1000));
                }),
            ),
            (
                "64 queries, euclidean",
                Box::new(|| {
                    black_box(search(wanted, corpus, Metric::Euclidean, 10));
                }),
            ),
            (
                "64 queries, cosine over bfloat16",
                Box::new(|| {
                    black_box(search(wanted, rows(bytes(&half), Dtype::BFloat16), Metric::Cosine, 10));
                }),
            ),
            (
                "64 int8 queries, cosine over int8",
                Box::new(|| {
                    black_box(search(
                        rows(bytes(&queries_int8), Dtype::Int8),
                        rows(bytes(&int8), Dtype::Int8),
                        Metric::Cosine,
                        10,
                    ));
                }),
            ),
            (
                "64 queries, hamming",
                Box::new(|| {
                    black_box(search(
                        rows(&queries_bits, Dtype::Binary),
                        rows(&bits, Dtype::Binary),
                        Metric::Hamming,
                        10,
                    ));
                }),
            ),
        ],
        1e-3,
    );
    let some = corpus.slice(0..count.min(2000));
    let mut text = Vec::new();
    let mut other = Vec::new();
    let mut bare = vec![0_u8; dim * 24];
    println!("{} rows × {dim}: microseconds a row, and times the first", some.len());
    compare(
        15,
        &mut [
            (
                "zmij alone",
                Box::new(|| {
                    for row in data.chunks_exact(dim).take(some.len()) {
                        let mut at = 0;
                        for &x in row {
                            let mut buffer = zmij::Buffer::new();
                            let digits = buffer.format_finite(x).as_bytes();
                            bare[at..at + digits.len()].copy_from_slice(digits);
                            at += digits.len() + 1;
                        }
                        black_box(&bare);
                    }
                }),
            ),
            (
                "JSON of float32",
                Box::new(|| {
                    text.clear();
                    for index in 0..some.len() {
                        write_json_row(&mut text, some, index);
                    }
                    black_box(&text);
                }),
            ),
            (
                "base64 of float32",
                Box::new(|| {
                    other.clear();
                    for row in some.bytes().chunks_exact(some.row_bytes()) {
                        write_base64(&mut other, row);
                    }
                    black_box(&other);
                }),
            ),
        ],
        some.len() as f64 * 1e-6,
    );
    let other_types = [
        (rows(bytes(&half), Dtype::BFloat16), "bfloat16"),
        (rows(bytes(&int8), Dtype::Int8), "int8"),
        (rows(&bits, Dtype::Binary), "binary"),
    ];
    for (rows, name) in other_types {
        let mut text = Vec::new();
        let mut run = || {
            text.clear();
            for index in 0..some.len() {
                write_json_row(&mut text, rows, index);
            }
            black_box(&text);
        };
        let best = (0..15).map(|_| time(&mut run)).min().expect("runs");
        println!("JSON of {name:36} {:10.3}", best.as_secs_f64() / (some.len() as f64 * 1e-6));
    }
}
