//! Applies a head to embeddings: a block of rows at a time, layer by layer, each step in numpy's
//! number type.

use crate::head::activation::{Activation, Double, Half, Rounding, Single, round_to_half};
use crate::head::kernel::Kernels;
use crate::head::kernel::numbers::Inputs;
use crate::head::layer::{Layer, Numbers};
use crate::head::loaded_head::Head;
use crate::head::output::HeadOutput;
use crate::head::precision::Precision;

/// The most rows of a block. Its numbers stay in the second-level cache beside the weights.
const BLOCK_ROWS: usize = 96;
/// The most numbers of a block's widest layer, unless one row has more.
const BLOCK_NUMBERS: usize = 1 << 18;

/// Buffers of one thread, which are used again for each block.
#[derive(Debug, Default)]
pub(crate) struct HeadScratch {
    /// The embeddings of a block: rows × [`Head::inputs`].
    pub(crate) embeddings: Vec<f32>,
    single: Vec<f32>,
    next_single: Vec<f32>,
    double: Vec<f64>,
    next_double: Vec<f64>,
}

/// The numbers between two layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Embeddings,
    Single,
    Double,
}

impl Head {
    /// How many embeddings [`apply`](Self::apply) should take at once.
    pub(crate) fn block_rows(&self) -> usize {
        let widest = self.layers.iter().map(Layer::width).max().unwrap_or(0).max(self.inputs);
        (BLOCK_NUMBERS / widest).clamp(1, BLOCK_ROWS)
    }

    /// Computes the first `rows` rows of `scratch.embeddings`, and calls `each` with the index of
    /// each row and its [`columns`](Self::columns).
    pub(crate) fn apply(
        &self,
        kernels: &Kernels,
        rows: usize,
        output: HeadOutput,
        scratch: &mut HeadScratch,
        mut each: impl FnMut(usize, &[f32]),
    ) {
        let (mut place, mut stride, mut precision) = (Place::Embeddings, self.inputs, self.embeddings);
        let last = self.layers.len().wrapping_sub(1);
        for (index, layer) in self.layers.iter().enumerate() {
            place = layer.apply(kernels, rows, place, stride, index != last, scratch);
            (stride, precision) = (layer.width(), layer.sum);
        }
        let activation = match output {
            HeadOutput::Scores => Activation::Identity,
            HeadOutput::Activated | HeadOutput::Best => self.activation,
        };
        let is_best = output == HeadOutput::Best;
        let mut emit = |index: usize, best: Option<usize>, row: &[f32]| match best {
            Some(best) => each(index, &[best as f32, row[best]]),
            None => each(index, row),
        };
        let outputs = self.outputs();
        let HeadScratch { embeddings, single, double, next_single, .. } = scratch;
        match place {
            Place::Embeddings | Place::Single => {
                let numbers = if place == Place::Embeddings { embeddings } else { single };
                for (index, row) in numbers.chunks_exact_mut(stride).take(rows).enumerate() {
                    let row = &mut row[..outputs];
                    let best = is_best.then(|| best_of(row));
                    match precision {
                        Precision::Half => activation.activate::<Half>(row),
                        Precision::Single => activation.activate::<Single>(row),
                        // Embeddings of double precision, which are held as float32.
                        Precision::Double => {
                            double.clear();
                            double.extend(row.iter().map(|&number| f64::from(number)));
                            activation.activate::<Double>(double);
                            narrow(double, row);
                        }
                    }
                    emit(index, best, row);
                }
            }
            Place::Double => {
                next_single.resize(outputs, 0.0);
                for (index, row) in double.chunks_exact_mut(stride).take(rows).enumerate() {
                    let row = &mut row[..outputs];
                    let best = is_best.then(|| best_of(row));
                    activation.activate::<Double>(row);
                    narrow(row, &mut next_single[..outputs]);
                    emit(index, best, &next_single[..outputs]);
                }
            }
        }
    }
}

/// The index of the largest score, as numpy's `argmax` finds it: the first of equal ones, the first
/// NaN before any number.
fn best_of<T: Copy + PartialOrd>(scores: &[T]) -> usize {
    #[expect(clippy::eq_op, reason = "only NaN differs from itself")]
    let is_nan = |score: T| score != score;
    let mut best = 0;
    for (index, &score) in scores.iter().enumerate() {
        if is_nan(score) {
            return index;
        }
        if score > scores[best] {
            best = index;
        }
    }
    best
}

fn narrow(numbers: &[f64], row: &mut [f32]) {
    for (narrow, &number) in row.iter_mut().zip(numbers) {
        *narrow = number as f32;
    }
}

impl Layer {
    /// Computes the layer's outputs, with [`relu`] if it is a hidden one, from the numbers at
    /// `place`, and says where they are: rows × [`width`](Self::width).
    fn apply(
        &self,
        kernels: &Kernels,
        rows: usize,
        place: Place,
        stride: usize,
        is_hidden: bool,
        scratch: &mut HeadScratch,
    ) -> Place {
        let width = self.width();
        let HeadScratch { embeddings, single, next_single, double, next_double } = scratch;
        match &self.weights {
            Numbers::Single(panels) => {
                // Embeddings and float32 numbers only: a float64 number makes the product float64.
                let numbers = if place == Place::Embeddings { &*embeddings } else { &*single };
                let inputs = Inputs { rows: numbers, stride, count: rows, inputs: self.inputs };
                next_single.resize(next_single.len().max(rows * width), 0.0);
                let sums = &mut next_single[..rows * width];
                if self.product == Precision::Half {
                    kernels.half(inputs, panels, sums);
                    sums.iter_mut().for_each(|sum| *sum = round_to_half(*sum));
                } else {
                    kernels.single(inputs, panels, sums);
                }
            }
            Numbers::Double(panels) => {
                if place != Place::Double {
                    let numbers = if place == Place::Embeddings { &*embeddings } else { &*single };
                    double.clear();
                    double.extend(numbers[..rows * stride].iter().map(|&number| f64::from(number)));
                }
                let inputs = Inputs { rows: double, stride, count: rows, inputs: self.inputs };
                next_double.resize(next_double.len().max(rows * width), 0.0);
                kernels.double(inputs, panels, &mut next_double[..rows * width]);
            }
        }
        match (&self.weights, &self.bias) {
            (Numbers::Single(_), Numbers::Single(bias)) => {
                std::mem::swap(single, next_single);
                for row in single[..rows * width].chunks_exact_mut(width) {
                    if self.sum == Precision::Half {
                        add_bias::<Half>(row, bias, is_hidden);
                    } else {
                        add_bias_single(row, bias, is_hidden);
                    }
                }
                Place::Single
            }
            (Numbers::Single(_), Numbers::Double(bias)) => {
                double.clear();
                double.extend(next_single[..rows * width].iter().map(|&sum| f64::from(sum)));
                for row in double.chunks_exact_mut(width) {
                    add_bias::<Double>(row, bias, is_hidden);
                }
                Place::Double
            }
            (Numbers::Double(_), bias) => {
                std::mem::swap(double, next_double);
                for row in double[..rows * width].chunks_exact_mut(width) {
                    match bias {
                        Numbers::Double(bias) => add_bias::<Double>(row, bias, is_hidden),
                        // The sum is never below the product.
                        Numbers::Single(_) => unreachable!("a float64 product has a float64 bias"),
                    }
                }
                Place::Double
            }
        }
    }
}

fn add_bias<R: Rounding>(row: &mut [R::Number], bias: &[R::Number], is_hidden: bool) {
    for (sum, &bias) in row.iter_mut().zip(bias) {
        let value = R::round((*sum).into() + bias.into());
        *sum = R::of(if is_hidden && value < 0.0 { 0.0 } else { value });
    }
}

/// [`add_bias`] of float32, in whose loop there is no other type.
fn add_bias_single(row: &mut [f32], bias: &[f32], is_hidden: bool) {
    // NaN stays NaN, as in `np.maximum`.
    let lowest = if is_hidden { 0.0 } else { f32::NEG_INFINITY };
    for (sum, &bias) in row.iter_mut().zip(bias) {
        let value = *sum + bias;
        *sum = if value < lowest { lowest } else { value };
    }
}
