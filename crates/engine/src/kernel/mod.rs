//! The arithmetic of pooling, one file an instruction set, chosen once when a model is loaded.
//!
//! Sums over rows are vertical: every column is added on its own, in token order, so every vector width gives the same bits.
//! No fused multiply-add and no reciprocal: numpy has neither here.

#[cfg(target_arch = "x86_64")]
mod avx2;
mod convert;
mod prefetch;
mod scalar;
#[cfg(test)]
mod tests;

pub(crate) use convert::Converters;
pub(crate) use prefetch::prefetch_rows;

/// An instruction set that has kernels of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Isa {
    Scalar,
    #[cfg(target_arch = "x86_64")]
    Avx2,
}

impl Isa {
    /// What `info.kernel` and the `M2V_ISA` variable call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Scalar => "scalar",
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => "avx2",
        }
    }
}

/// Adds the rows `row_ids` of a row-major table of `dim` columns, in order, to `sums`: one sum a column, for the first
/// `sums.len()` columns, of which there are at most `dim`.
type AddRows<T, S> = unsafe fn(table: &[T], dim: usize, row_ids: &[u32], sums: &mut [S]);

/// The kernels of one instruction set. Holding a value proves that this CPU supports it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kernels {
    isa: Isa,
    add_rows_f32: AddRows<f32, f32>,
    add_rows_f16: AddRows<u16, f32>,
    add_rows_f64: AddRows<f64, f64>,
    add_rows_i8: AddRows<i8, i32>,
    divide: unsafe fn(vector: &mut [f32], divisor: f32),
    normalize: unsafe fn(vector: &mut [f32]),
}

impl Kernels {
    /// The fallback of every CPU, and what the others are compared with.
    pub(crate) const SCALAR: Self = Self {
        isa: Isa::Scalar,
        add_rows_f32: scalar::add_rows_f32,
        add_rows_f16: scalar::add_rows_f16,
        add_rows_f64: scalar::add_rows_f64,
        add_rows_i8: scalar::add_rows_i8,
        divide: scalar::divide,
        normalize: scalar::normalize,
    };

    /// The kernels of every instruction set that this CPU has, best first.
    pub(crate) fn available() -> Vec<Self> {
        let mut found = Vec::new();
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("f16c") {
            found.push(Self {
                isa: Isa::Avx2,
                add_rows_f32: avx2::add_rows_f32,
                add_rows_f16: avx2::add_rows_f16,
                add_rows_f64: avx2::add_rows_f64,
                add_rows_i8: avx2::add_rows_i8,
                divide: avx2::divide,
                normalize: avx2::normalize,
            });
        }
        found.push(Self::SCALAR);
        found
    }

    /// The best kernels of this CPU, or those that the environment variable `M2V_ISA` names, where the CPU has them.
    pub(crate) fn detect() -> Self {
        let available = Self::available();
        let wanted = std::env::var("M2V_ISA").ok();
        let named = wanted.and_then(|name| available.iter().find(|kernels| kernels.isa.name() == name));
        *named.unwrap_or(&available[0])
    }

    /// The instruction set of these kernels.
    pub(crate) fn isa(&self) -> Isa {
        self.isa
    }

    /// Adds single-precision rows.
    #[inline]
    pub(crate) fn add_rows_f32(&self, table: &[f32], dim: usize, row_ids: &[u32], sums: &mut [f32]) {
        // SAFETY: only `available` builds kernels of an instruction set, after finding it on this CPU.
        unsafe { (self.add_rows_f32)(table, dim, row_ids, sums) }
    }

    /// Adds half-precision rows, each widened to single precision first.
    #[inline]
    pub(crate) fn add_rows_f16(&self, table: &[u16], dim: usize, row_ids: &[u32], sums: &mut [f32]) {
        // SAFETY: as in `add_rows_f32`.
        unsafe { (self.add_rows_f16)(table, dim, row_ids, sums) }
    }

    /// Adds double-precision rows.
    #[inline]
    pub(crate) fn add_rows_f64(&self, table: &[f64], dim: usize, row_ids: &[u32], sums: &mut [f64]) {
        // SAFETY: as in `add_rows_f32`.
        unsafe { (self.add_rows_f64)(table, dim, row_ids, sums) }
    }

    /// Adds byte rows. At most 2^24 rows a call: more could overflow the sums.
    #[inline]
    pub(crate) fn add_rows_i8(&self, table: &[i8], dim: usize, row_ids: &[u32], sums: &mut [i32]) {
        debug_assert!(row_ids.len() <= 1 << 24);
        // SAFETY: as in `add_rows_f32`.
        unsafe { (self.add_rows_i8)(table, dim, row_ids, sums) }
    }

    /// Divides every element, rounding as division does.
    #[inline]
    pub(crate) fn divide(&self, vector: &mut [f32], divisor: f32) {
        // SAFETY: as in `add_rows_f32`.
        unsafe { (self.divide)(vector, divisor) }
    }

    /// Divides `vector` by its Euclidean norm plus 1e-32, with numpy's bits.
    #[inline]
    pub(crate) fn normalize(&self, vector: &mut [f32]) {
        // SAFETY: as in `add_rows_f32`.
        unsafe { (self.normalize)(vector) }
    }
}
