//! The number types of a table, its weights and its mapping, by their names in safetensors files
//! and in numpy.

/// The type of the table's elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ElementType {
    /// IEEE single.
    F32,
    /// IEEE half.
    F16,
    /// IEEE double.
    F64,
    /// Signed bytes.
    I8,
}

impl ElementType {
    /// Python can't load `BF16` either: numpy has no such type.
    const ALL: [Self; 4] = [Self::F64, Self::F32, Self::F16, Self::I8];

    /// The name in safetensors files.
    pub(crate) fn safetensors_name(self) -> &'static str {
        match self {
            Self::F64 => "F64",
            Self::F32 => "F32",
            Self::F16 => "F16",
            Self::I8 => "I8",
        }
    }

    /// The type with this name in safetensors files; `None` = a table can't have it.
    pub(super) fn from_safetensors(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|element| element.safetensors_name() == name)
    }

    /// The name in numpy.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::F64 => "float64",
            Self::F32 => "float32",
            Self::F16 => "float16",
            Self::I8 => "int8",
        }
    }

    /// The type with this name in numpy.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|element| element.name() == name)
    }

    /// The bytes of an element.
    pub(crate) fn size(self) -> usize {
        match self {
            Self::I8 => 1,
            Self::F16 => 2,
            Self::F32 => 4,
            Self::F64 => 8,
        }
    }
}

/// The table's elements, row-major: rows × dim.
#[derive(Debug, Clone, Copy)]
pub enum Elements<'a> {
    /// IEEE single.
    F32(&'a [f32]),
    /// The bits of IEEE half.
    F16(&'a [u16]),
    /// IEEE double.
    F64(&'a [f64]),
    /// Signed bytes, used as numbers without a scale.
    I8(&'a [i8]),
}

/// The weights: one factor per token id.
#[derive(Debug, Clone)]
pub enum Weights {
    /// The bits of IEEE half.
    F16(Vec<u16>),
    /// IEEE single.
    F32(Vec<f32>),
    /// IEEE double.
    F64(Vec<f64>),
}

impl Weights {
    /// How many token ids have a weight.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::F16(weights) => weights.len(),
            Self::F32(weights) => weights.len(),
            Self::F64(weights) => weights.len(),
        }
    }

    pub(crate) fn element_type(&self) -> ElementType {
        match self {
            Self::F16(_) => ElementType::F16,
            Self::F32(_) => ElementType::F32,
            Self::F64(_) => ElementType::F64,
        }
    }
}

/// The type of a mapping's entries in a file: any integer type, since numpy accepts all of them as
/// indices. In memory the entries are `u32`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum MappingType {
    U8,
    I8,
    I16,
    U16,
    #[default]
    I32,
    U32,
    I64,
    U64,
}

impl MappingType {
    pub(super) const ALL: [Self; 8] =
        [Self::U8, Self::I8, Self::I16, Self::U16, Self::I32, Self::U32, Self::I64, Self::U64];

    /// The name in safetensors files.
    pub(crate) fn safetensors_name(self) -> &'static str {
        match self {
            Self::U8 => "U8",
            Self::I8 => "I8",
            Self::I16 => "I16",
            Self::U16 => "U16",
            Self::I32 => "I32",
            Self::U32 => "U32",
            Self::I64 => "I64",
            Self::U64 => "U64",
        }
    }

    /// The bytes of an entry.
    pub(crate) fn size(self) -> usize {
        match self {
            Self::U8 | Self::I8 => 1,
            Self::I16 | Self::U16 => 2,
            Self::I32 | Self::U32 => 4,
            Self::I64 | Self::U64 => 8,
        }
    }
}
