//! k-means: Lloyd's iterations from rows chosen at random, as in scikit-learn's
//! `KMeans(init="random")` (sklearn/cluster/_kmeans.py, `_kmeans_single_lloyd`), until no row
//! changes its cluster, or the centers hardly move, or 300 iterations are done.
//!
//! The result depends on the rows and the number of clusters only: the generator has a fixed seed,
//! sums are taken in the order of the rows, and neither the number of threads nor the instruction
//! set changes anything. scikit-learn takes the best of ten runs; one is enough here, since ten
//! differ by less than a percent (docs/OPTIMIZATIONS.md).
//!
//! The threads are scoped ones and not those of `run/workers.rs`: they borrow the rows, they live
//! for one load of seconds to minutes, and the pool's threads stay free for calls meanwhile.

mod nearest;

use std::sync::{Mutex, PoisonError};

use crate::isa::Isa;
use crate::load_control::LoadControl;
use nearest::{Nearest, Panels};

/// scikit-learn's `max_iter`.
pub const MAX_ITERATIONS: u32 = 300;
/// scikit-learn's `tol`: the iterations end when the squared distances that the centers moved add
/// up to at most this fraction of the mean variance of the columns.
const TOLERANCE: f64 = 1e-4;
/// The rows that a thread takes at once: some milliseconds of work, so that it notices a
/// cancellation soon.
const BLOCK: usize = 64;

/// The clusters of rows.
#[derive(Debug)]
pub(crate) struct Clusters {
    /// The centers, row-major: count × dim.
    pub(crate) centers: Vec<f32>,
    /// The nearest center of each row.
    pub(crate) labels: Vec<u32>,
}

/// Clusters `rows` of `dim` finite columns into `count` clusters, from 1 to the number of rows.
/// `None` if it was cancelled.
pub(crate) fn cluster(
    rows: &[f32],
    dim: usize,
    count: usize,
    threads: usize,
    isa: Isa,
    control: &LoadControl,
) -> Option<Clusters> {
    let row_count = rows.len() / dim;
    let mut centers: Vec<f32> =
        choose(row_count, count).into_iter().flat_map(|row| &rows[row * dim..][..dim]).copied().collect();
    let limit = TOLERANCE * mean_variance(rows, dim);
    let mut nearest = vec![Nearest::NONE; row_count];
    let mut labels = vec![u32::MAX; row_count];
    let mut is_settled = false;
    for iteration in 1..=MAX_ITERATIONS {
        assign(rows, &Panels::pack(&centers, dim, isa), &mut nearest, threads, control)?;
        is_settled = labels.iter().zip(&nearest).all(|(label, nearest)| *label == nearest.center);
        for (label, nearest) in labels.iter_mut().zip(&nearest) {
            *label = nearest.center;
        }
        let moved = means(rows, dim, &mut labels.clone(), &nearest, &mut centers);
        control.set_iterations(iteration);
        if is_settled || moved <= limit {
            break;
        }
    }
    if !is_settled {
        assign(rows, &Panels::pack(&centers, dim, isa), &mut nearest, threads, control)?;
        labels = nearest.iter().map(|nearest| nearest.center).collect();
    }
    Some(Clusters { centers, labels })
}

/// `count` distinct numbers below `bound`: the start of a shuffle by SplitMix64 (Steele, Lea,
/// Flood: Fast splittable pseudorandom number generators, 2014). Which model a load gives depends
/// on this sequence.
fn choose(bound: usize, count: usize) -> Vec<usize> {
    let mut state = 42_u64;
    let mut next = || {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    };
    let mut numbers: Vec<usize> = (0..bound).collect();
    for index in 0..count {
        let other = index + (next() % (bound - index) as u64) as usize;
        numbers.swap(index, other);
    }
    numbers.truncate(count);
    numbers
}

/// `np.mean(np.var(rows, axis=0))`.
fn mean_variance(rows: &[f32], dim: usize) -> f64 {
    let count = (rows.len() / dim) as f64;
    let (mut sums, mut squares) = (vec![0.0_f64; dim], vec![0.0_f64; dim]);
    for row in rows.chunks_exact(dim) {
        for ((sum, square), &element) in sums.iter_mut().zip(&mut squares).zip(row) {
            *sum += f64::from(element);
            *square += f64::from(element).powi(2);
        }
    }
    let variances = sums.iter().zip(&squares).map(|(sum, square)| (square / count - (sum / count).powi(2)).max(0.0));
    variances.sum::<f64>() / dim as f64
}

/// Finds the nearest center of every row. `None` if it was cancelled.
fn assign(
    rows: &[f32],
    centers: &Panels,
    nearest: &mut [Nearest],
    threads: usize,
    control: &LoadControl,
) -> Option<()> {
    let blocks = Mutex::new(rows.chunks(BLOCK * centers.dim()).zip(nearest.chunks_mut(BLOCK)));
    let work = || {
        while !control.is_cancelled() {
            let block = blocks.lock().unwrap_or_else(PoisonError::into_inner).next();
            let Some((rows, nearest)) = block else { break };
            centers.nearest(rows, nearest);
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads {
            // If the system grants no thread, the others do its work.
            let _ = std::thread::Builder::new().spawn_scoped(scope, work);
        }
        work();
    });
    (!control.is_cancelled()).then_some(())
}

/// Moves each center to the mean of its rows, and returns the sum of the squared distances moved. A
/// center without rows takes the row that is farthest from its own center, as in scikit-learn
/// (_k_means_common.pyx, `_relocate_empty_clusters_dense`).
fn means(rows: &[f32], dim: usize, labels: &mut [u32], nearest: &[Nearest], centers: &mut [f32]) -> f64 {
    let mut counts = vec![0_u32; centers.len() / dim];
    labels.iter().for_each(|&label| counts[label as usize] += 1);
    let empty: Vec<u32> = (0..).zip(&counts).filter(|(_, count)| **count == 0).map(|(center, _)| center).collect();
    if !empty.is_empty() {
        let row = |index: usize| &rows[index * dim..][..dim];
        let square = |row: &[f32]| row.iter().map(|element| element * element).sum::<f32>();
        let distances: Vec<f32> =
            nearest.iter().enumerate().map(|(index, nearest)| square(row(index)) + 2.0 * nearest.score).collect();
        let mut farthest: Vec<usize> = (0..labels.len()).collect();
        farthest.sort_by(|&a, &b| distances[b].total_cmp(&distances[a]));
        for (center, index) in empty.into_iter().zip(farthest) {
            counts[labels[index] as usize] -= 1;
            labels[index] = center;
            counts[center as usize] += 1;
        }
    }
    let mut sums = vec![0.0_f64; centers.len()];
    for (row, &label) in rows.chunks_exact(dim).zip(&*labels) {
        for (sum, &element) in sums[label as usize * dim..][..dim].iter_mut().zip(row) {
            *sum += f64::from(element);
        }
    }
    let mut moved = 0.0;
    for ((center, sums), &count) in centers.chunks_exact_mut(dim).zip(sums.chunks_exact(dim)).zip(&counts) {
        // A center that gave its only row away stays where it is.
        if count == 0 {
            continue;
        }
        for (element, sum) in center.iter_mut().zip(sums) {
            let mean = (sum / f64::from(count)) as f32;
            moved += f64::from(mean - *element).powi(2);
            *element = mean;
        }
    }
    moved
}

/// The sum of the squared distances of rows to their centers: scikit-learn's `inertia_`.
#[cfg(test)]
fn inertia(rows: &[f32], dim: usize, clusters: &Clusters) -> f64 {
    let center = |label: u32| &clusters.centers[label as usize * dim..][..dim];
    let squares = |(row, &label): (&[f32], &u32)| -> f64 {
        row.iter().zip(center(label)).map(|(a, b)| f64::from(a - b).powi(2)).sum()
    };
    rows.chunks_exact(dim).zip(&clusters.labels).map(squares).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cluster(rows: &[f32], dim: usize, count: usize, threads: usize) -> Clusters {
        super::cluster(rows, dim, count, threads, Isa::detect(), &LoadControl::default()).unwrap()
    }

    /// Points around the corners of a square, `count` each.
    fn corners(count: usize) -> Vec<f32> {
        let near = |corner: f32, index: usize| corner + (index * 7 % 11) as f32 / 100.0;
        let corners = [(0.0, 0.0), (0.0, 9.0), (9.0, 0.0), (9.0, 9.0)];
        (0..count)
            .flat_map(|index| corners.into_iter().flat_map(move |(x, y)| [near(x, index), near(y, index + 5)]))
            .collect()
    }

    #[test]
    fn clusters_do_not_depend_on_the_number_of_threads() {
        let mut random = fastrand::Rng::with_seed(1);
        let rows: Vec<f32> = (0..3000).map(|_| random.f32() * 8.0).collect();
        let one = cluster(&rows, 6, 40, 1);
        for threads in [2, 3, 7] {
            let several = cluster(&rows, 6, 40, threads);
            assert_eq!(several.labels, one.labels);
            assert_eq!(several.centers, one.centers);
        }
    }

    #[test]
    fn every_row_belongs_to_its_nearest_center_and_every_center_is_the_mean_of_its_rows() {
        let rows = corners(50);
        let clusters = cluster(&rows, 2, 4, 2);
        let mut sums = vec![(0.0, 0.0, 0.0); 4];
        for (row, &label) in rows.chunks_exact(2).zip(&clusters.labels) {
            let (x, y, count) = &mut sums[label as usize];
            (*x, *y, *count) = (*x + row[0], *y + row[1], *count + 1.0);
            let distance = |center: &[f32]| (center[0] - row[0]).powi(2) + (center[1] - row[1]).powi(2);
            let own = distance(&clusters.centers[label as usize * 2..][..2]);
            assert!(clusters.centers.chunks_exact(2).all(|center| own <= distance(center) + 1e-4));
        }
        for ((x, y, count), center) in sums.into_iter().zip(clusters.centers.chunks_exact(2)) {
            assert!((x / count - center[0]).abs() < 1e-3 && (y / count - center[1]).abs() < 1e-3);
        }
    }

    #[test]
    fn as_many_clusters_as_rows_have_no_inertia_and_equal_rows_leave_no_center_undefined() {
        let rows = corners(8);
        let clusters = cluster(&rows, 2, 32, 2);
        assert_eq!(inertia(&rows, 2, &clusters), 0.0);
        let clusters = cluster(&[3.0; 40], 2, 20, 2);
        assert_eq!(clusters.centers, [3.0; 40]);
    }

    #[test]
    fn a_load_that_is_cancelled_ends_the_work() {
        let control = LoadControl::default();
        control.cancel();
        assert!(super::cluster(&corners(50), 2, 4, 2, Isa::detect(), &control).is_none());
    }
}
