//! Every instruction set of this CPU against the scalar kernels, at every number of rows, inputs
//! and panels around those of the tiles; and these against sums by hand.

use super::numbers::{Element, Inputs};
use super::{Kernels, panels};
use crate::float16;
use crate::isa::Isa;

/// Numbers of magnitudes so different that another order would give other sums.
fn numbers<T: Element>(random: &mut fastrand::Rng, count: usize) -> Vec<T> {
    (0..count).map(|_| T::of((random.f64() - 0.5) * f64::from(random.i32(-12..12)).exp2())).collect()
}

/// What the products of one type give with the kernels of an instruction set.
type Products<T> = fn(&Kernels, Inputs<'_, T>, &[T], &mut [T]);

fn equal_at_every_size<T: Element>(name: &str, products: Products<T>) {
    let mut random = fastrand::Rng::with_seed(7);
    let panel = panels::outputs_per_panel::<T>();
    for count in 1..=26 {
        for inputs in (1..=20).chain([33, 64, 255]) {
            for panel_count in [1, 2, 3, 4, 5, 8, 9, 11] {
                // Rows that begin at places of different alignment, with a gap between them.
                let stride = inputs + random.usize(0..3);
                let rows: Vec<T> = numbers(&mut random, count * stride + 1);
                let width = panel_count * panel;
                let weights: Vec<T> = numbers(&mut random, inputs * width);
                let inputs = Inputs { rows: &rows[1..], stride, count, inputs };
                let sums = |kernels: &Kernels| {
                    let mut sums = vec![T::of(f64::NAN); count * width];
                    products(kernels, inputs, &weights, &mut sums);
                    sums.iter().map(|&sum| sum.into().to_bits()).collect::<Vec<u64>>()
                };
                let expected = sums(&Kernels::SCALAR);
                for isa in Isa::available() {
                    assert_eq!(
                        sums(&Kernels::of(isa)),
                        expected,
                        "{name} of {}: {count} rows, {} inputs, {panel_count} panels",
                        isa.name(),
                        inputs.inputs
                    );
                }
            }
        }
    }
}

#[test]
fn every_instruction_set_sums_float32_like_the_scalar_kernels_at_every_size() {
    equal_at_every_size::<f32>("float32", Kernels::single);
}

#[test]
fn every_instruction_set_sums_float16_like_the_scalar_kernels_at_every_size() {
    equal_at_every_size::<f32>("float16", Kernels::half);
}

#[test]
fn every_instruction_set_sums_float64_like_the_scalar_kernels_at_every_size() {
    equal_at_every_size::<f64>("float64", Kernels::double);
}

#[test]
fn a_sum_takes_the_inputs_in_their_order() {
    let mut random = fastrand::Rng::with_seed(8);
    let (inputs, outputs) = (37, 19);
    let (row, weights): (Vec<f32>, Vec<f32>) = (numbers(&mut random, inputs), numbers(&mut random, inputs * outputs));
    let width = panels::width::<f32>(outputs);
    let mut packed = vec![0.0; inputs * width];
    for (place, &weight) in weights.iter().enumerate() {
        packed[panels::place::<f32>(place / inputs, place % inputs, inputs)] = weight;
    }
    let (mut fused, mut rounded) = (vec![0.0; width], vec![0.0; width]);
    let all = Inputs { rows: &row, stride: inputs, count: 1, inputs };
    Kernels::of(Isa::detect()).single(all, &packed, &mut fused);
    Kernels::of(Isa::detect()).half(all, &packed, &mut rounded);
    for (output, weights) in weights.chunks_exact(inputs).enumerate() {
        let pairs = || row.iter().zip(weights);
        // The C library's `fmaf`, right on the machines that tests run on.
        assert_eq!(fused[output].to_bits(), pairs().fold(0.0_f32, |sum, (&a, &b)| a.mul_add(b, sum)).to_bits());
        assert_eq!(rounded[output].to_bits(), pairs().fold(0.0_f32, |sum, (&a, &b)| sum + a * b).to_bits());
    }
    assert_eq!(fused[outputs..], vec![0.0; width - outputs]);
}

#[test]
fn products_of_halves_are_exact_in_single_precision() {
    // So the float16 kernels round only the sums, as numpy's loop does.
    let mut random = fastrand::Rng::with_seed(9);
    for _ in 0..100_000 {
        let (a, b) = (float16::to_f32(random.u16(..0x7c00)), float16::to_f32(random.u16(..0x7c00)));
        assert!(a * b == 0.0 || f64::from(a * b) == f64::from(a) * f64::from(b) || (a * b).is_infinite());
    }
}

#[test]
#[should_panic(expected = "`rows` must have all rows")]
fn rows_that_are_too_short_are_refused() {
    let inputs = Inputs { rows: &[0.0_f32; 15], stride: 8, count: 2, inputs: 8 };
    Kernels::of(Isa::detect()).single(inputs, &[0.0; 8 * 16], &mut [0.0; 32]);
}
