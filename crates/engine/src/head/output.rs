//! What a call can ask of a head.

/// What the rows of a call with a head are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HeadOutput {
    /// The output of the last layer: logits, or the vector of a projection.
    Scores,
    /// The same after the activation: the probabilities of a classifier.
    Activated,
    /// Two numbers: which score is the largest (as numpy's `argmax`: the first of equal ones; the
    /// first NaN), and what the activation makes of it.
    Best,
}
