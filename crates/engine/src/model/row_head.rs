//! What the rows of calls go through.

use std::sync::Arc;

use crate::head::{Head, HeadOutput, Kernels};

/// A head that the rows of calls go through.
#[derive(Debug, Clone)]
pub(super) struct RowHead {
    pub(super) head: Arc<Head>,
    pub(super) output: HeadOutput,
    /// Whether the embeddings that the head takes are normalized.
    pub(super) normalize: bool,
    pub(super) kernels: Kernels,
}

impl RowHead {
    /// Numbers of a row.
    pub(super) fn columns(&self) -> usize {
        self.head.columns(self.output)
    }
}
