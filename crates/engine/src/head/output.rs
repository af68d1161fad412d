//! What a call can ask of a head.

/// What the rows of a call with a head are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HeadOutput {
    /// The output of the last layer: logits, or the vector of a projection.
    Scores,
    /// The same after the activation: the probabilities of a classifier.
    Activated,
}
