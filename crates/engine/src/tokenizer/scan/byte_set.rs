//! A set of bytes that vector kernels can search for.

/// Two tables of 16 entries: a byte may be in the set if the entries of its low and of its high
/// four bits share a bit. This is exact for sets within ASCII; other sets appear to have a few more
/// bytes.
#[derive(Debug, Clone, Default)]
pub(in crate::tokenizer) struct ByteSet {
    pub(super) low: [u8; 16],
    pub(super) high: [u8; 16],
}

impl ByteSet {
    pub(in crate::tokenizer) fn new(bytes: impl IntoIterator<Item = u8>) -> Self {
        let mut set = Self::default();
        for byte in bytes {
            let bit = 1 << (byte >> 4 & 7);
            set.low[usize::from(byte & 15)] |= bit;
            set.high[usize::from(byte >> 4)] |= bit;
        }
        set
    }

    pub(super) fn may_have(&self, byte: u8) -> bool {
        self.low[usize::from(byte & 15)] & self.high[usize::from(byte >> 4)] != 0
    }
}
