//! One layer: its weights as the kernels read them, its bias, and the number types of its steps.

use crate::head::kernel::panels;
use crate::head::precision::Precision;

/// A linear layer.
#[derive(Debug)]
pub(super) struct Layer {
    pub(super) inputs: usize,
    pub(super) outputs: usize,
    /// The type in which products are summed; not below that of the inputs.
    pub(super) product: Precision,
    /// The type of the sum with the bias; not below that of the products.
    pub(super) sum: Precision,
    pub(super) weights: Numbers,
    /// One number per output, filled up with zeros to whole panels.
    pub(super) bias: Numbers,
}

/// Numbers in the type that steps are computed in.
#[derive(Debug)]
pub(super) enum Numbers {
    /// float32, and float16, which is held as float32.
    Single(Vec<f32>),
    Double(Vec<f64>),
}

impl Numbers {
    fn bytes(&self) -> usize {
        match self {
            Self::Single(numbers) => size_of_val(numbers.as_slice()),
            Self::Double(numbers) => size_of_val(numbers.as_slice()),
        }
    }
}

impl Layer {
    pub(super) fn inputs(&self) -> usize {
        self.inputs
    }

    pub(super) fn outputs(&self) -> usize {
        self.outputs
    }

    pub(super) fn bytes(&self) -> usize {
        self.weights.bytes() + self.bias.bytes()
    }

    /// The elements of a row of results: outputs, filled up to whole panels.
    pub(super) fn width(&self) -> usize {
        match self.weights {
            Numbers::Single(_) => panels::width::<f32>(self.outputs),
            Numbers::Double(_) => panels::width::<f64>(self.outputs),
        }
    }
}
