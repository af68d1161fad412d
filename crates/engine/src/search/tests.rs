//! Searches against brute force in double precision, on every instruction set, however they are cut
//! up.

use std::sync::atomic::AtomicBool;

use super::kernel::Kernels;
use super::{Filter, Metric, Search, SearchError, SearchOptions, SearchScratch};
use crate::dtype::Dtype;
use crate::float16;
use crate::isa::Isa;
use crate::rows::Rows;

/// Numbers that look random and are the same in every run.
pub(super) struct Numbers(pub(super) u64);

impl Numbers {
    pub(super) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
    /// From −1 to 1.
    pub(super) fn float(&mut self) -> f32 {
        self.next() as i32 as f32 / 2_147_483_648.0
    }
}

/// Rows of one type, and their values.
#[derive(Clone)]
pub(super) struct Vectors {
    pub(super) dtype: Dtype,
    pub(super) dim: usize,
    memory: Vec<u64>,
    byte_count: usize,
    pub(super) values: Vec<Vec<f64>>,
}

impl Vectors {
    pub(super) fn of(dtype: Dtype, dim: usize, rows: &[Vec<f32>]) -> Self {
        let mut bytes: Vec<u8> = Vec::new();
        let mut values = Vec::new();
        for row in rows {
            assert_eq!(row.len(), dim);
            let mut row_values = Vec::new();
            let mut bits = vec![0_u8; dim.div_ceil(8)];
            for (place, &x) in row.iter().enumerate() {
                match dtype {
                    Dtype::Float32 => bytes.extend(x.to_le_bytes()),
                    Dtype::Float16 => bytes.extend(float16::from_f32(x).to_le_bytes()),
                    Dtype::BFloat16 => bytes.extend(&x.to_le_bytes()[2..]),
                    Dtype::Int8 => bytes.push((x * 127.0) as i8 as u8),
                    Dtype::Binary => bits[place / 8] |= u8::from(x > 0.0) << (7 - place % 8),
                }
                row_values.push(f64::from(match dtype {
                    Dtype::Float32 => x,
                    Dtype::Float16 => float16::to_f32(float16::from_f32(x)),
                    Dtype::BFloat16 => f32::from_bits(x.to_bits() & 0xffff_0000),
                    Dtype::Int8 => f32::from((x * 127.0) as i8),
                    Dtype::Binary => f32::from(u8::from(x > 0.0)),
                }));
            }
            if dtype == Dtype::Binary {
                bytes.extend(bits);
            }
            values.push(row_values);
        }
        let byte_count = bytes.len();
        bytes.resize(byte_count.next_multiple_of(8), 0);
        let memory = bytes.as_chunks::<8>().0.iter().map(|eight| u64::from_le_bytes(*eight)).collect();
        Self { dtype, dim, memory, byte_count, values }
    }

    pub(super) fn random(dtype: Dtype, dim: usize, rows: usize, numbers: &mut Numbers) -> Self {
        let rows: Vec<Vec<f32>> = (0..rows).map(|_| (0..dim).map(|_| numbers.float()).collect()).collect();
        Self::of(dtype, dim, &rows)
    }

    pub(super) fn rows(&self) -> Rows<'_> {
        // SAFETY: integers have no padding, and every byte of memory is a byte.
        let bytes = unsafe { std::slice::from_raw_parts(self.memory.as_ptr().cast::<u8>(), self.byte_count) };
        Rows::new(bytes, self.dtype, self.dim).unwrap()
    }
}

/// The key in double precision; `None` where the pair is left out.
fn key(metric: Metric, query: &[f64], row: &[f64]) -> Option<f64> {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    if query.iter().chain(row).any(|x| !x.is_finite()) {
        return None;
    }
    match metric {
        Metric::Cosine => {
            let lengths = dot(query, query).sqrt() * dot(row, row).sqrt();
            (lengths > 0.0).then(|| dot(query, row) / lengths)
        }
        Metric::Dot => Some(dot(query, row)),
        Metric::Euclidean => Some(-query.iter().zip(row).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()),
        Metric::Hamming => Some(-(query.iter().zip(row).filter(|(a, b)| a != b).count() as f64)),
    }
}

/// What a search found: for every query its indices and the scores' bits.
pub(super) type Found = Vec<Vec<(u32, u32)>>;

/// Runs a search over slices of the corpus, each into a list of its own if they are `apart`, the
/// last one first.
fn found(search: &Search, corpus: Rows<'_>, slice_rows: usize, apart: bool) -> Found {
    let (count, k) = (search.query_count(), search.options.k);
    let (mut indices, mut scores, mut counts) = (vec![7; count * k], vec![7.0; count * k], vec![7; count]);
    for block in 0..search.query_blocks() {
        let mut hits = vec![search.hits(block)];
        let mut scratch = SearchScratch::default();
        let starts: Vec<usize> = (0..corpus.len()).step_by(slice_rows).collect();
        for start in starts.into_iter().rev() {
            let slice = corpus.slice(start..corpus.len().min(start + slice_rows));
            if apart {
                hits.push(search.hits(block));
            }
            let last = hits.last_mut().unwrap();
            assert!(search.scan(last, slice, start, &mut scratch, &AtomicBool::new(false)).unwrap());
        }
        let hits: Vec<_> = hits.iter().collect();
        let first = block * search.block_queries();
        let last = count.min(first + search.block_queries());
        for (query, count) in (first..last).zip(&mut counts[first..last]) {
            let places = query * k..(query + 1) * k;
            *count = search.write(query, &hits, &mut indices[places.clone()], &mut scores[places]);
        }
    }
    (0..count)
        .map(|query| {
            let (places, filled) = (query * k..(query + 1) * k, counts[query]);
            let (indices, scores) = (&indices[places.clone()], &scores[places]);
            assert!(indices[filled..].iter().all(|&index| index == u32::MAX));
            assert!(scores[filled..].iter().all(|&score| score.to_bits() == 0));
            indices.iter().copied().zip(scores.iter().map(|score| score.to_bits())).take(filled).collect()
        })
        .collect()
}

/// Searches on every instruction set and in slices of several sizes, which all must give the same,
/// and compares with brute force.
pub(super) fn check(queries: &Vectors, corpus: &Vectors, options: &SearchOptions) -> Found {
    let metric = options.metric;
    let mut expected: Option<Found> = None;
    for isa in Isa::available() {
        let search = Search::with_kernels(Kernels::of(isa), queries.rows(), corpus.dtype, options.clone()).unwrap();
        for (slice_rows, apart) in [(usize::MAX / 2, false), (37, false), (101, true)] {
            let slice_rows = slice_rows.min(corpus.rows().len().max(1));
            let found = found(&search, corpus.rows(), slice_rows, apart);
            let expected = expected.get_or_insert_with(|| found.clone());
            assert_eq!(&found, expected, "{} in slices of {slice_rows}", isa.name());
        }
    }
    let found = expected.unwrap();
    for (query, found) in queries.values.iter().zip(&found) {
        let mut keys: Vec<f64> = corpus.values.iter().filter_map(|row| key(metric, query, row)).collect();
        keys.sort_by(|a, b| b.total_cmp(a));
        if options.bound.is_none() && options.filter.is_none() && options.first_self.is_none() {
            assert_eq!(found.len(), keys.len().min(options.k));
        }
        for (place, &(index, score)) in found.iter().enumerate() {
            let exact = key(metric, query, &corpus.values[index as usize]).expect("a row that is left out was found");
            let score = f64::from(metric.key(f32::from_bits(score)));
            let tolerance = 1e-6 * exact.abs().max(1.0);
            assert!((score - exact).abs() <= tolerance, "{metric:?}: {score}, not {exact}");
            if options.bound.is_none() && options.filter.is_none() && options.first_self.is_none() {
                assert!(
                    (exact - keys[place]).abs() <= tolerance,
                    "{metric:?}: place {place} has {exact}, not {}",
                    keys[place]
                );
            }
        }
        for pair in found.windows(2) {
            let [(one, a), (other, b)] = pair else { unreachable!() };
            let (a, b) = (metric.key(f32::from_bits(*a)), metric.key(f32::from_bits(*b)));
            assert!(a > b || (a == b && one < other), "best first, equal ones by rising index");
        }
    }
    found
}

pub(super) fn options(metric: Metric, k: usize) -> SearchOptions {
    SearchOptions { metric, k, ..SearchOptions::default() }
}

const FLOAT_METRICS: [Metric; 3] = [Metric::Cosine, Metric::Dot, Metric::Euclidean];

#[test]
fn the_nearest_rows_are_those_of_brute_force_for_every_type_and_metric() {
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    for dim in [1, 7, 16, 50, 256, 300] {
        for dtype in [Dtype::Float32, Dtype::Float16, Dtype::BFloat16, Dtype::Int8] {
            let corpus = Vectors::random(dtype, dim, 333, &mut numbers);
            for query_dtype in [Dtype::Float32, dtype] {
                for count in [1, 3, 70] {
                    let queries = Vectors::random(query_dtype, dim, count, &mut numbers);
                    for metric in FLOAT_METRICS {
                        check(&queries, &corpus, &options(metric, 10));
                    }
                }
            }
        }
        let corpus = Vectors::random(Dtype::Binary, dim, 333, &mut numbers);
        let queries = Vectors::random(Dtype::Binary, dim, 5, &mut numbers);
        check(&queries, &corpus, &options(Metric::Hamming, 10));
    }
}

#[test]
fn any_number_of_rows_can_be_asked_for_and_equal_ones_come_by_rising_index() {
    let mut numbers = Numbers(0x2545_f491_4f6c_dd1d);
    // Many equal rows.
    let few: Vec<Vec<f32>> = (0..9).map(|_| (0..20).map(|_| numbers.float()).collect()).collect();
    let rows: Vec<Vec<f32>> = (0..500).map(|_| few[numbers.next() as usize % few.len()].clone()).collect();
    for dtype in [Dtype::Float32, Dtype::Int8] {
        let corpus = Vectors::of(dtype, 20, &rows);
        let queries = Vectors::of(dtype, 20, &few);
        for k in [0, 1, 60, 499, 500, 1000] {
            for metric in FLOAT_METRICS {
                let found = check(&queries, &corpus, &options(metric, k));
                assert!(found.iter().all(|found| found.len() == k.min(500)));
            }
        }
    }
}

#[test]
fn rows_and_queries_without_a_direction_or_a_number_are_left_out() {
    let mut numbers = Numbers(0x6a09_e667_f3bc_c908);
    let mut rows: Vec<Vec<f32>> = (0..40).map(|_| (0..33).map(|_| numbers.float()).collect()).collect();
    rows[3].fill(0.0);
    rows[4].fill(-0.0);
    rows[5][32] = f32::NAN;
    rows[6][0] = f32::INFINITY;
    rows[7][17] = f32::NEG_INFINITY;
    for dtype in [Dtype::Float32, Dtype::Float16, Dtype::BFloat16] {
        let vectors = Vectors::of(dtype, 33, &rows);
        for metric in FLOAT_METRICS {
            let found = check(&vectors, &vectors, &options(metric, 40));
            let comparable = if metric == Metric::Cosine { 35 } else { 37 };
            for (query, found) in found.iter().enumerate() {
                let is_left_out = matches!(query, 5..=7) || (metric == Metric::Cosine && matches!(query, 3 | 4));
                assert_eq!(found.len(), if is_left_out { 0 } else { comparable }, "{dtype:?} {metric:?} {query}");
            }
        }
    }
    let zeros = Vectors::of(Dtype::Int8, 33, &[vec![0.0; 33], vec![0.5; 33]]);
    assert_eq!(check(&zeros, &zeros, &options(Metric::Cosine, 2)), [vec![], vec![(1, 1.0_f32.to_bits())]]);
}

#[test]
fn vectors_of_any_magnitude_have_scores_that_are_numbers() {
    let mut numbers = Numbers(0xbb67_ae85_84ca_a73b);
    let rows: Vec<Vec<f32>> = (0..150)
        .map(|row| {
            let size = [1e-42, 1e-38, 1e-30, 1e-16, 1.0, 1e16, 1e19, 1e30, 3e38][row % 9];
            (0..40).map(|_| numbers.float() * size).collect()
        })
        .collect();
    let vectors = Vectors::of(Dtype::Float32, 40, &rows);
    check(&vectors, &vectors, &options(Metric::Cosine, 150));
    for metric in [Metric::Dot, Metric::Euclidean] {
        let search = Search::new(vectors.rows(), Dtype::Float32, options(metric, 150)).unwrap();
        let expected = found(&search, vectors.rows(), 150, false);
        for isa in Isa::available() {
            let search = Search::with_kernels(Kernels::of(isa), vectors.rows(), Dtype::Float32, options(metric, 150));
            assert_eq!(found(&search.unwrap(), vectors.rows(), 13, true), expected, "{}", isa.name());
        }
        for (query, found) in expected.iter().enumerate() {
            assert_eq!(found.len(), 150);
            for &(index, score) in found {
                let exact = key(metric, &vectors.values[query], &vectors.values[index as usize]).unwrap();
                let exact = exact.clamp(-f64::from(f32::MAX), f64::from(f32::MAX));
                let score = f64::from(metric.key(f32::from_bits(score)));
                // What sums to little may be off by the last bits of its largest products.
                let size: f64 = match metric {
                    Metric::Dot => {
                        let (query, row) = (&vectors.values[query], &vectors.values[index as usize]);
                        query.iter().zip(row).map(|(a, b)| (a * b).abs()).sum()
                    }
                    _ => exact.abs(),
                };
                let error = (score - exact).abs();
                assert!(error <= 1e-6 * size + f64::from(f32::from_bits(1)), "{metric:?} {score:e} {exact:e}");
            }
        }
    }
}

#[test]
fn only_rows_are_found_that_a_filter_allows_that_are_no_worse_than_the_bound_and_not_the_query_itself() {
    let mut numbers = Numbers(0x3c6e_f372_fe94_f82b);
    for dtype in [Dtype::Float32, Dtype::BFloat16, Dtype::Int8, Dtype::Binary] {
        let vectors = Vectors::random(dtype, 24, 300, &mut numbers);
        let metrics = if dtype == Dtype::Binary { &[Metric::Hamming][..] } else { &FLOAT_METRICS };
        for &metric in metrics {
            let all = check(&vectors, &vectors, &options(metric, 300));
            for every in [1, 2, 15, 17, 299, 1000] {
                let list: Vec<u32> = (0..300).filter(|row| row % every == every / 2).collect();
                let mut mask = vec![0; 300];
                list.iter().for_each(|&row| mask[row as usize] = 1 + (row % 255) as u8);
                let bound = metric.score(metric.key(f32::from_bits(all[0][all[0].len() / 2].1)));
                let is_near = |score: u32| metric.key(f32::from_bits(score)) >= metric.key(bound);
                for filter in [Filter::mask(&mask, 300).unwrap(), Filter::rows(&list, 300).unwrap()] {
                    let options =
                        SearchOptions { metric, k: 20, bound: Some(bound), first_self: Some(0), filter: Some(filter) };
                    let found = check(&vectors, &vectors, &options);
                    for (query, (found, all)) in found.iter().zip(&all).enumerate() {
                        let expected: Vec<_> = all
                            .iter()
                            .filter(|(row, score)| list.contains(row) && *row != query as u32 && is_near(*score))
                            .take(20)
                            .copied()
                            .collect();
                        assert_eq!(found, &expected);
                    }
                }
            }
        }
    }
}

#[test]
fn a_score_does_not_depend_on_which_of_two_vectors_is_the_query() {
    let mut numbers = Numbers(0xa54f_f53a_5f1d_36f1);
    let vectors = Vectors::random(Dtype::Float32, 100, 60, &mut numbers);
    for metric in FLOAT_METRICS {
        let found = check(&vectors, &vectors, &options(metric, 60));
        let score = |query: usize, row: u32| found[query].iter().find(|found| found.0 == row).unwrap().1;
        for a in 0..60 {
            for b in 0..60 {
                assert_eq!(score(a, b as u32), score(b, a as u32));
            }
        }
    }
}

#[test]
fn what_can_not_be_compared_is_refused() {
    let mut numbers = Numbers(1);
    let floats = Vectors::random(Dtype::Float32, 8, 2, &mut numbers);
    let bits = Vectors::random(Dtype::Binary, 8, 2, &mut numbers);
    let metric_error = |queries: &Vectors, rows, metric| {
        matches!(Search::new(queries.rows(), rows, options(metric, 1)), Err(SearchError::Metric { .. }))
    };
    assert!(metric_error(&floats, Dtype::Float32, Metric::Hamming));
    assert!(metric_error(&bits, Dtype::Binary, Metric::Cosine));
    assert!(metric_error(&floats, Dtype::Binary, Metric::Hamming));
    assert!(metric_error(&bits, Dtype::Float32, Metric::Hamming));
    let bound = SearchOptions { bound: Some(f32::NAN), ..SearchOptions::default() };
    assert_eq!(Search::new(floats.rows(), Dtype::Float32, bound).unwrap_err(), SearchError::Bound);
    assert_eq!(Filter::rows(&[1, 1], 3).unwrap_err(), SearchError::FilterOrder { place: 1, row: 1, before: 1 });
    assert_eq!(Filter::rows(&[0, 3], 3).unwrap_err(), SearchError::FilterRow { place: 1, row: 3, rows: 3 });
    assert_eq!(Filter::mask(&[1], 2).unwrap_err(), SearchError::FilterMask { mask: 1, rows: 2 });
    let search = Search::new(floats.rows(), Dtype::Float32, SearchOptions::default()).unwrap();
    let others = Vectors::random(Dtype::Float32, 9, 2, &mut numbers);
    let mut hits = search.hits(0);
    let scanned = search.scan(&mut hits, others.rows(), 0, &mut SearchScratch::default(), &AtomicBool::new(false));
    assert_eq!(scanned, Err(SearchError::Dimensions { queries: 8, rows: 9 }));
}

#[test]
fn a_scan_that_is_cancelled_ends_early() {
    let mut numbers = Numbers(2);
    let corpus = Vectors::random(Dtype::Float32, 256, 3000, &mut numbers);
    let queries = Vectors::random(Dtype::Float32, 256, 64, &mut numbers);
    let search = Search::new(queries.rows(), Dtype::Float32, SearchOptions::default()).unwrap();
    let mut hits = search.hits(0);
    assert_eq!(
        search.scan(&mut hits, corpus.rows(), 0, &mut SearchScratch::default(), &AtomicBool::new(true)),
        Ok(false)
    );
}
