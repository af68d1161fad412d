//! Byte fallback: a string that the vocabulary doesn't have becomes the ids of its bytes.

/// The id of a byte that has none. Real ids are below
/// [`crate::tokenizer::index::piece_table::ID_LIMIT`].
const NONE: u32 = u32::MAX;

/// The ids of the pieces `<0x00>` to `<0xFF>` that the vocabulary has.
#[derive(Debug)]
pub(super) struct ByteFallback(Box<[u32; 256]>);

impl ByteFallback {
    /// `id` returns the id of a piece.
    pub(super) fn new(id: impl Fn(&str) -> Option<u32>) -> Self {
        Self(Box::new(std::array::from_fn(|byte| id(&format!("<0x{byte:02X}>")).unwrap_or(NONE))))
    }

    /// The ids of the bytes of `text`; `None` if a byte has none.
    pub(super) fn get(&self, text: &[u8]) -> Option<impl DoubleEndedIterator<Item = u32>> {
        let ids = text.iter().map(|byte| self.0[usize::from(*byte)]);
        ids.clone().all(|id| id != NONE).then_some(ids)
    }
}
