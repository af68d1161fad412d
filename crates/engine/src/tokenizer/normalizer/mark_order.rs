//! Sorts combining characters by their classes (canonical ordering). The sort is stable, as in the
//! reference (unicode-normalization-alignments 0.1.12, decompose.rs, `sort_pending`).

use crate::growth::{Growth, put_all};
use crate::interrupt::Pace;

/// Up to this many characters, the sort of the standard library is as good, and its memory is
/// small.
const FEW: usize = 1 << 10;

/// Sorts characters with their combining classes.
pub(super) fn sort(marks: &mut [(u8, char)]) {
    match marks.len() {
        0 | 1 => {}
        2..=FEW => marks.sort_by_key(|(class, _)| *class),
        _ => sort_many(marks),
    }
}

/// A text can be one cluster of a gigabyte. It is counted how many characters each class has: that
/// takes linear time, and memory that may be refused.
#[cold]
fn sort_many(marks: &mut [(u8, char)]) {
    let mut unsorted = Vec::new();
    unsorted.make_room(marks.len());
    put_all(&mut unsorted, marks);
    let mut pace = Pace::new();
    let mut next = [0; 256];
    for (class, _) in &unsorted {
        pace.step(1);
        next[usize::from(*class)] += 1;
    }
    let mut start = 0;
    for place in &mut next {
        start += std::mem::replace(place, start);
    }
    for mark in unsorted {
        pace.step(1);
        let place = &mut next[usize::from(mark.0)];
        marks[*place] = mark;
        *place += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::{FEW, sort};

    #[test]
    fn any_number_of_marks_is_sorted_as_by_the_standard_library() {
        let mut random = fastrand::Rng::with_seed(5);
        for count in [0, 1, 2, 20, FEW, FEW + 1, 100_000] {
            let marks: Vec<(u8, char)> = (0..count).map(|_| (random.u8(..), random.char(..))).collect();
            let (mut ours, mut expected) = (marks.clone(), marks);
            sort(&mut ours);
            expected.sort_by_key(|(class, _)| *class);
            assert!(ours == expected, "{count} marks");
        }
    }
}
