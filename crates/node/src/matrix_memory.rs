//! The memory of a matrix's typed array, as rows of the engine. User code can transfer or shrink it
//! whenever JavaScript runs, so it is looked up anew in each native call.

use std::ops::Range;
use std::slice;

use model2vec_engine::{Dtype, Rows};
use napi::sys;

use crate::error::Thrown;
use crate::js::Js;
use crate::js::memory::TypedMemory;
use crate::options::dtype_of;

/// The memory of a matrix at this moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MatrixMemory {
    memory: TypedMemory<u8>,
    pub(crate) dtype: Dtype,
    pub(crate) dim: usize,
}

impl MatrixMemory {
    /// That of the typed array `data`, whose element type and dimensions are numbers of JavaScript.
    pub(crate) fn of(
        js: Js,
        data: sys::napi_value,
        dtype: sys::napi_value,
        dim: sys::napi_value,
    ) -> Result<Self, Thrown> {
        let dtype = dtype_of(js.get_number(dtype, "dtype")?)?;
        Self::of_type(js, data, dtype, js.get_number(dim, "dim")? as usize)
    }

    /// That of the typed array `data`.
    pub(crate) fn of_type(js: Js, data: sys::napi_value, dtype: Dtype, dim: usize) -> Result<Self, Thrown> {
        if dim == 0 {
            return Err(Thrown::internal("internal error: a matrix has no dimensions"));
        }
        Ok(Self { memory: js.rows_array(data, dtype)?, dtype, dim })
    }

    /// The bytes of a row.
    pub(crate) fn row_bytes(&self) -> usize {
        self.dtype.row_bytes(self.dim)
    }

    /// How many whole rows the memory has.
    pub(crate) fn count(&self) -> usize {
        self.memory.length / self.row_bytes()
    }

    /// Some of the rows.
    ///
    /// # Safety
    /// The memory must not move or go away while they are used: no JavaScript runs meanwhile, or
    /// the memory is a SharedArrayBuffer that something keeps alive.
    ///
    /// # Errors
    /// When the memory has not all of them.
    pub(crate) unsafe fn rows<'a>(&self, range: Range<usize>) -> Result<Rows<'a>, Thrown> {
        let row_bytes = self.row_bytes();
        let end = range.end.checked_mul(row_bytes).filter(|&end| end <= self.memory.length);
        if end.is_none() || range.start > range.end {
            return Err(gone());
        }
        let bytes = if range.is_empty() {
            &[]
        } else {
            // SAFETY: the range was checked; the caller sees to it that the memory stays.
            unsafe { slice::from_raw_parts(self.memory.start.add(range.start * row_bytes), range.len() * row_bytes) }
        };
        Rows::new(bytes, self.dtype, self.dim).ok_or_else(|| Thrown::internal("internal error: rows are not aligned"))
    }
}

/// The error of memory that the caller took away.
fn gone() -> Thrown {
    Thrown::Coded("ERR_OUT_TOO_SMALL", "the memory of the vectors was detached or made smaller".to_owned())
}
