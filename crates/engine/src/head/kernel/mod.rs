//! The matrix product of a head: rows × inputs times inputs × outputs, one file an instruction set.
//!
//! Every output of every row is one sum, which starts at +0 and takes the inputs in their order.
//! float32 products are added by a fused multiply-add, which rounds once; float16 (whose numbers
//! are held as float32) and float64 products are rounded before they are added. The sums of several
//! outputs lie side by side in a register, so nothing depends on the width of registers, on which
//! rows share a tile, or on the thread: every kernel gives the same bits.
//!
//! The products of search (`search/kernel`) are of another kind: there both sides are rows, a sum
//! is spread over the lanes of a register and these are added at the end. That needs no panels,
//! which a corpus would have to be copied into; but for the few hundred inputs of a layer, adding
//! the lanes would take about a quarter as long as the products. Only the fused multiply-add
//! without its instruction is common to both (`fused.rs`).

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "aarch64")]
mod neon;
pub(crate) mod numbers;
pub(crate) mod panels;
mod scalar;
#[cfg(test)]
mod tests;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod tiles;

use crate::isa::{InstructionSet, Isa};
use numbers::{Element, Inputs};

/// Multiplies rows by panels of weights. The results have no gaps: rows × the panels' outputs.
///
/// # Safety
/// The CPU has the instruction set, and lengths are as [`multiply`] checks.
type Multiply<T> = unsafe fn(inputs: Inputs<'_, T>, panels: &[T], results: &mut [T]);

/// The kernels of one instruction set. Holding a value proves that this CPU has it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kernels {
    single: Multiply<f32>,
    half: Multiply<f32>,
    double: Multiply<f64>,
}

impl Kernels {
    /// The fallback of every CPU, and what the others are compared with.
    pub(crate) const SCALAR: Self = Self { single: scalar::single, half: scalar::half, double: scalar::double };

    /// The kernels of one instruction set.
    pub(crate) fn of(isa: Isa) -> Self {
        match isa.set() {
            InstructionSet::Scalar => Self::SCALAR,
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx2 => Self { single: avx2::single, half: avx2::half, double: avx2::double },
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx512 => Self { single: avx512::single, half: avx512::half, double: avx512::double },
            #[cfg(target_arch = "aarch64")]
            InstructionSet::Neon => Self { single: neon::single, half: neon::half, double: neon::double },
        }
    }

    /// Multiplies float32 rows.
    pub(crate) fn single(&self, inputs: Inputs<'_, f32>, panels: &[f32], results: &mut [f32]) {
        multiply(self.single, inputs, panels, results);
    }

    /// Multiplies float16 rows, held as float32; the sums are not rounded to float16 yet.
    pub(crate) fn half(&self, inputs: Inputs<'_, f32>, panels: &[f32], results: &mut [f32]) {
        multiply(self.half, inputs, panels, results);
    }

    /// Multiplies float64 rows.
    pub(crate) fn double(&self, inputs: Inputs<'_, f64>, panels: &[f64], results: &mut [f64]) {
        multiply(self.double, inputs, panels, results);
    }
}

/// # Panics
/// When a length does not fit the others.
fn multiply<T: Element>(kernel: Multiply<T>, inputs: Inputs<'_, T>, panels: &[T], results: &mut [T]) {
    if inputs.count == 0 {
        return;
    }
    let read = (inputs.count - 1).checked_mul(inputs.stride).and_then(|start| start.checked_add(inputs.inputs));
    assert!(read.is_some_and(|read| read <= inputs.rows.len()), "`rows` must have all rows");
    assert!(results.len().is_multiple_of(inputs.count), "`results` must have whole rows");
    let width = results.len() / inputs.count;
    assert!(width.is_multiple_of(panels::outputs_per_panel::<T>()), "a result must have whole panels");
    assert_eq!(Some(panels.len()), width.checked_mul(inputs.inputs), "panels must have a weight per output and input");
    // SAFETY: `Kernels::of` builds the kernels of an instruction set that its argument proves this
    // CPU to have. Lengths are checked above.
    unsafe { kernel(inputs, panels, results) }
}
