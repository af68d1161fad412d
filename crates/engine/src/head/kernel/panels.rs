//! How weights lie in memory: in panels of a few outputs. A panel has, input after input, the
//! weights of its outputs side by side, so that a kernel reads it from end to end.

use crate::head::kernel::numbers::Element;

/// The outputs of a panel: 64 bytes of weights, a cache line.
pub(crate) const fn outputs_per_panel<T: Element>() -> usize {
    64 / size_of::<T>()
}

/// The outputs filled up to whole panels.
pub(crate) fn width<T: Element>(outputs: usize) -> usize {
    outputs.next_multiple_of(outputs_per_panel::<T>())
}

/// Where the weight of an output and an input lies; there are `inputs` inputs.
pub(crate) fn place<T: Element>(output: usize, input: usize, inputs: usize) -> usize {
    let panel = outputs_per_panel::<T>();
    (output / panel * inputs + input) * panel + output % panel
}
