//! Which rows are compared: all of a slice, or those that a filter allows, in blocks.

use std::ops::Range;
use std::sync::Arc;

use super::SearchError;
use super::kernel::BLOCK;

/// The rows that may be found.
#[derive(Debug, Clone)]
pub struct Filter(Kind);

#[derive(Debug, Clone)]
enum Kind {
    /// One byte for each row: 0 = left out.
    Mask(Arc<[u8]>),
    /// Rising.
    Rows(Arc<[u32]>),
}

impl Filter {
    /// Allows the rows whose byte is not 0.
    ///
    /// # Errors
    /// [`SearchError::FilterMask`] when there is not one byte for each of the `rows` rows.
    pub fn mask(mask: &[u8], rows: usize) -> Result<Self, SearchError> {
        if mask.len() != rows {
            return Err(SearchError::FilterMask { mask: mask.len(), rows });
        }
        Ok(Self(Kind::Mask(mask.into())))
    }

    /// Allows the rows of a list.
    ///
    /// # Errors
    /// [`SearchError::FilterOrder`], [`SearchError::FilterRow`] when it names a row that is not
    /// below `rows`.
    pub fn rows(list: &[u32], rows: usize) -> Result<Self, SearchError> {
        if let Some(place) = list.windows(2).position(|pair| pair[0] >= pair[1]) {
            return Err(SearchError::FilterOrder { place: place + 1, row: list[place + 1], before: list[place] });
        }
        if list.last().is_some_and(|&last| last as usize >= rows) {
            let place = list.partition_point(|&row| (row as usize) < rows);
            return Err(SearchError::FilterRow { place, row: list[place], rows });
        }
        Ok(Self(Kind::Rows(list.into())))
    }
}

/// The rows of a slice that are compared, in rising order, a block at a time.
pub(super) enum Allowed<'a> {
    All(Range<u32>),
    Mask(&'a [u8], Range<u32>),
    List(&'a [u32]),
}

impl<'a> Allowed<'a> {
    /// Those of `range` that the filter allows.
    pub(super) fn of(filter: Option<&'a Filter>, range: Range<u32>) -> Self {
        match filter.map(|filter| &filter.0) {
            None => Self::All(range),
            Some(Kind::Mask(mask)) => Self::Mask(mask, range),
            Some(Kind::Rows(list)) => {
                let from = list.partition_point(|&row| row < range.start);
                let to = list.partition_point(|&row| row < range.end);
                Self::List(&list[from..to])
            }
        }
    }

    /// Takes the next rows, at most a block; the places that are left repeat the last one. How many
    /// they are: 0 at the end.
    #[inline]
    pub(super) fn next_block(&mut self, ids: &mut [u32; BLOCK]) -> usize {
        let count = match self {
            Self::All(range) => {
                let count = range.len().min(BLOCK);
                for (id, place) in ids.iter_mut().zip(0..) {
                    *id = range.start.wrapping_add(place);
                }
                range.start += count as u32;
                count
            }
            Self::Mask(mask, range) => {
                let mut count = 0;
                while count < BLOCK
                    && let Some(row) = range.next()
                {
                    ids[count] = row;
                    count += usize::from(mask[row as usize] != 0);
                }
                count
            }
            Self::List(list) => {
                let (taken, rest) = list.split_at(list.len().min(BLOCK));
                ids[..taken.len()].copy_from_slice(taken);
                *list = rest;
                taken.len()
            }
        };
        if count > 0 {
            let last = ids[count - 1];
            ids[count..].fill(last);
        }
        count
    }
}
