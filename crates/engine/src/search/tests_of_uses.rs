//! What is made from searches: near-duplicates, and another search's candidates in exact order.

use std::sync::atomic::AtomicBool;

use super::kernel::Kernels;
use super::tests::{Numbers, Vectors, check, options};
use super::{Dropped, Duplicates, Metric, Search, SearchScratch};
use crate::dtype::Dtype;
use crate::isa::Isa;

#[test]
fn what_a_search_by_bits_found_is_ordered_exactly() {
    let mut numbers = Numbers(3);
    let rows: Vec<Vec<f32>> = (0..400).map(|_| (0..64).map(|_| numbers.float()).collect()).collect();
    let (floats, bits) = (Vectors::of(Dtype::Float32, 64, &rows), Vectors::of(Dtype::Binary, 64, &rows));
    let by_bits = check(&bits, &bits, &options(Metric::Hamming, 50));
    // Missing places, and the nearest first, which is no order of rows.
    let per_query = 55;
    let mut candidates = vec![u32::MAX; 400 * per_query];
    for (query, found) in by_bits.iter().enumerate() {
        for (place, (row, _)) in found.iter().enumerate() {
            candidates[query * per_query + place] = *row;
        }
    }
    let exact = check(&floats, &floats, &options(Metric::Cosine, 400));
    let search = Search::new(floats.rows(), Dtype::Float32, options(Metric::Cosine, 7)).unwrap();
    let (mut indices, mut scores) = (vec![0; 2800], vec![0.0; 2800]);
    for block in 0..search.query_blocks() {
        let mut hits = search.hits(block);
        search.rescore(&mut hits, &candidates, per_query, floats.rows(), &mut SearchScratch::default()).unwrap();
        let first = block * search.block_queries();
        for query in first..400.min(first + search.block_queries()) {
            let places = query * 7..(query + 1) * 7;
            search.write(query, &[&hits], &mut indices[places.clone()], &mut scores[places]);
        }
    }
    for (query, exact) in exact.iter().enumerate() {
        let found: Vec<(u32, u32)> =
            indices[query * 7..][..7].iter().copied().zip(scores[query * 7..].iter().map(|s| s.to_bits())).collect();
        let is_candidate = |row: &u32| by_bits[query].iter().any(|found| found.0 == *row);
        let expected: Vec<_> = exact.iter().filter(|(row, _)| is_candidate(row)).take(7).copied().collect();
        assert_eq!(found, expected);
    }
}

/// Decides all rows in blocks, each compared with the kept rows in slices.
fn duplicates(
    isa: Isa,
    vectors: &Vectors,
    candidates: &[u32],
    (metric, threshold): (Metric, f32),
    (block_rows, slice_rows): (usize, usize),
) -> (Vec<u32>, Vec<Dropped>) {
    let mut duplicates = Duplicates::with_kernels(Kernels::of(isa), vectors.dtype, metric, threshold).unwrap();
    let mut scratch = SearchScratch::default();
    for indices in candidates.chunks(block_rows) {
        let new = duplicates.new_rows(vectors.rows(), indices);
        let mut matches = new.matches(&duplicates);
        let kept = duplicates.kept().len();
        for start in (0..kept).step_by(slice_rows) {
            let mut other = new.matches(&duplicates);
            let slice = start..kept.min(start + slice_rows);
            assert!(duplicates.scan(&new, &mut other, vectors.rows(), slice, &mut scratch, &AtomicBool::new(false)));
            matches.merge(&other);
        }
        duplicates.decide(&new, &matches, vectors.rows(), &mut scratch);
    }
    duplicates.into_lists()
}

#[test]
fn a_row_is_dropped_when_an_earlier_kept_row_is_near_enough() {
    let mut numbers = Numbers(4);
    // Clusters whose members are nearer to each other the smaller the steps, in an order that is
    // mixed.
    let centers: Vec<Vec<f32>> = (0..30).map(|_| (0..24).map(|_| numbers.float()).collect()).collect();
    let rows: Vec<Vec<f32>> = (0..500)
        .map(|_| {
            let center = &centers[numbers.next() as usize % centers.len()];
            let step = [0.0, 0.1, 0.5, 1.0][numbers.next() as usize % 4];
            center.iter().map(|x| x + step * numbers.float()).collect()
        })
        .collect();
    let candidates: Vec<u32> = (0..500).filter(|row| row % 7 != 3).collect();
    for (dtype, metric, threshold) in [
        (Dtype::Float32, Metric::Cosine, 0.9),
        (Dtype::Float32, Metric::Euclidean, 0.8),
        (Dtype::BFloat16, Metric::Cosine, 0.95),
        (Dtype::Int8, Metric::Cosine, 0.9),
        (Dtype::Int8, Metric::Dot, 110_000.0),
        (Dtype::Binary, Metric::Hamming, 3.0),
    ] {
        let vectors = Vectors::of(dtype, 24, &rows);
        let (mut kept, mut dropped) = (Vec::<u32>::new(), Vec::new());
        // The scores are those of a search.
        let scores = check(&vectors, &vectors, &options(metric, 500));
        let score =
            |a: u32, b: u32| scores[a as usize].iter().find(|found| found.0 == b).map(|found| f32::from_bits(found.1));
        for &index in &candidates {
            let near = |of: &&u32| score(index, **of).is_some_and(|score| metric.key(score) >= metric.key(threshold));
            match kept.iter().find(near) {
                Some(&of) => dropped.push(Dropped { index, of, score: score(index, of).unwrap() }),
                None => kept.push(index),
            }
        }
        assert!(
            dropped.len() > 40 && kept.len() > 30,
            "{dtype:?} {metric:?}: {} kept, {} dropped",
            kept.len(),
            dropped.len()
        );
        for isa in Isa::available() {
            for cuts in [(64, 1000), (64, 5), (1, 1000), (13, 17), (1000, 1)] {
                let found = duplicates(isa, &vectors, &candidates, (metric, threshold), cuts);
                assert_eq!(found, (kept.clone(), dropped.clone()), "{dtype:?} {metric:?} {} {cuts:?}", isa.name());
            }
        }
    }
}
