//! The portable kernels: a row, a panel, an input at a time.

use crate::fused::add_product;
use crate::head::kernel::numbers::{Element, Inputs};
use crate::head::kernel::panels::outputs_per_panel;

pub(super) fn single(inputs: Inputs<'_, f32>, panels: &[f32], results: &mut [f32]) {
    multiply(inputs, panels, results, add_product);
}

pub(super) fn half(inputs: Inputs<'_, f32>, panels: &[f32], results: &mut [f32]) {
    multiply(inputs, panels, results, |sum, a, b| sum + a * b);
}

pub(super) fn double(inputs: Inputs<'_, f64>, panels: &[f64], results: &mut [f64]) {
    multiply(inputs, panels, results, |sum, a, b| sum + a * b);
}

#[inline(always)]
fn multiply<T: Element>(inputs: Inputs<'_, T>, panels: &[T], results: &mut [T], add_product: impl Fn(T, T, T) -> T) {
    let (panel_outputs, width) = (outputs_per_panel::<T>(), results.len() / inputs.count);
    results.fill(T::of(0.0));
    for (index, sums) in results.chunks_exact_mut(width).enumerate() {
        let row = &inputs.rows[index * inputs.stride..][..inputs.inputs];
        let panels = panels.chunks_exact(panel_outputs * inputs.inputs);
        for (panel, sums) in panels.zip(sums.chunks_exact_mut(panel_outputs)) {
            for (&input, weights) in row.iter().zip(panel.chunks_exact(panel_outputs)) {
                for (sum, &weight) in sums.iter_mut().zip(weights) {
                    *sum = add_product(*sum, input, weight);
                }
            }
        }
    }
}
