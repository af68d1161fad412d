//! The options of a load and of a call.

use crate::dtype::Dtype;
use crate::table::{MemoryMode, Reduction};

/// Options that decide which table a load gives.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct LoadOptions {
    /// A folder inside the model's directory that holds the model's files. `None` or empty = the
    /// directory itself.
    pub subfolder: Option<String>,
    /// How the table's bytes are held.
    pub memory: MemoryMode,
    /// The element type and the columns that the table is reduced to.
    pub reduction: Reduction,
    /// The number of clusters that the table's rows are replaced by, from 1 to the number of rows.
    /// Clustering takes seconds to minutes. `None` = the rows stay as they are.
    pub vocabulary_quantization: Option<usize>,
}

/// Options that decide the vectors of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EncodeOptions {
    /// The most token ids that are read per text, unknown ones included; `None` = all.
    pub max_length: Option<usize>,
    /// Whether vectors are scaled to length 1.
    pub normalize: bool,
    /// How many dimensions of a vector are computed, the first ones, from 1 to the table's; `None`
    /// = all. Scaling comes after the cut, as in a model that Python loads with this
    /// `dimensionality`.
    pub dimensionality: Option<usize>,
    /// The element type of result rows. [`StaticModel::encode`](crate::StaticModel::encode) and
    /// its relatives that write `f32` ignore it.
    pub dtype: Dtype,
}
