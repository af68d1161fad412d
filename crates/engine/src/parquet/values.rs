//! The values of a column, as they are in memory.

/// A column of some rows.
#[derive(Debug, Clone, Copy)]
pub struct Column<'a> {
    /// How its values are written.
    pub physical: PhysicalType,
    /// Whether a value may be null.
    pub is_optional: bool,
    /// The rows, one run after the other.
    pub runs: &'a [ValueRun<'a>],
}

/// How values are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhysicalType {
    /// A length, then the bytes.
    ByteArray,
    /// The bytes, of which each value has as many.
    Number,
    /// A bit. In memory it is a byte, 0 or 1.
    Boolean,
}

impl PhysicalType {
    /// The bytes before a value.
    pub(super) fn prefix_bytes(self) -> usize {
        if self == Self::ByteArray { size_of::<u32>() } else { 0 }
    }
}

/// The values of consecutive rows.
#[derive(Debug, Clone, Copy)]
pub struct ValueRun<'a> {
    bytes: &'a [u8],
    bounds: Bounds<'a>,
    /// For each row 1 where it is null.
    nulls: Option<&'a [u8]>,
    len: usize,
}

/// Where the bytes of a value are.
#[derive(Debug, Clone, Copy)]
enum Bounds<'a> {
    /// From `offsets[row]` up to `gap` bytes before `offsets[row + 1]`.
    Offsets { offsets: &'a [u32], gap: u32 },
    /// The `width` bytes from `row * width` on.
    Width(usize),
}

impl<'a> ValueRun<'a> {
    /// Row `i` has the bytes from `offsets[i]` up to `gap` bytes before `offsets[i + 1]`. `None` when
    /// that is outside of `bytes` for a row that is not null, or `nulls` is not of these rows.
    #[must_use]
    pub fn strings(bytes: &'a [u8], offsets: &'a [u32], gap: u32, nulls: Option<&'a [u8]>) -> Option<Self> {
        let len = offsets.len().checked_sub(1)?;
        let run = Self { bytes, bounds: Bounds::Offsets { offsets, gap }, nulls, len };
        let is_within = |row: usize| {
            let end = offsets[row + 1].checked_sub(gap);
            run.is_null(row) || end.is_some_and(|end| offsets[row] <= end && end as usize <= bytes.len())
        };
        (nulls.is_none_or(|nulls| nulls.len() == len) && (0..len).all(is_within)).then_some(run)
    }

    /// Values of `width` bytes each, also where a row is null. `None` when these are not whole
    /// values, or `nulls` is not of these rows.
    #[must_use]
    pub fn fixed(bytes: &'a [u8], width: usize, nulls: Option<&'a [u8]>) -> Option<Self> {
        let len = bytes.len().checked_div(width)?;
        let is_whole = bytes.len() == len * width && nulls.is_none_or(|nulls| nulls.len() == len);
        is_whole.then_some(Self { bytes, bounds: Bounds::Width(width), nulls, len })
    }

    /// How many rows.
    #[expect(clippy::len_without_is_empty, reason = "nobody asks")]
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    fn is_null(&self, row: usize) -> bool {
        self.nulls.is_some_and(|nulls| nulls[row] != 0)
    }

    /// The bytes of a row's value; `None` = it is null.
    fn get(&self, row: usize) -> Option<&'a [u8]> {
        if self.is_null(row) {
            return None;
        }
        let range = match self.bounds {
            Bounds::Offsets { offsets, gap } => offsets[row] as usize..(offsets[row + 1] - gap) as usize,
            Bounds::Width(width) => row * width..(row + 1) * width,
        };
        Some(&self.bytes[range])
    }
}

impl<'a> Column<'a> {
    /// How many rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.runs.iter().map(ValueRun::len).sum()
    }

    /// Whether a value is null.
    #[must_use]
    pub fn has_nulls(&self) -> bool {
        self.runs.iter().filter_map(|run| run.nulls).any(|nulls| nulls.iter().any(|&null| null != 0))
    }

    /// The values of all rows; `None` = null.
    pub(super) fn values(self) -> impl Iterator<Item = Option<&'a [u8]>> {
        self.runs.iter().flat_map(|run| (0..run.len).map(|row| run.get(row)))
    }

    /// The value of a row; `None` = null.
    pub(super) fn value(self, mut row: usize) -> Option<&'a [u8]> {
        for run in self.runs {
            if row < run.len {
                return run.get(row);
            }
            row -= run.len;
        }
        None
    }
}
