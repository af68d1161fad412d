//! A small number for each code point, in two stages: blocks of code points, equal ones written
//! once.

/// The table: `BLOCKS` blocks of `1 << SHIFT` code points, of which the distinct ones have
/// `NUMBERS` numbers together.
#[derive(Debug)]
pub(crate) struct TwoStage<const SHIFT: u32, const BLOCKS: usize, const NUMBERS: usize> {
    /// Which distinct block each block equals.
    pub(crate) block_of: [u8; BLOCKS],
    /// The numbers of the distinct blocks, one block after the other.
    pub(crate) numbers: [u8; NUMBERS],
}

impl<const SHIFT: u32, const BLOCKS: usize, const NUMBERS: usize> TwoStage<SHIFT, BLOCKS, NUMBERS> {
    /// The number of `c`.
    #[inline(always)]
    pub(crate) fn get(&self, c: char) -> usize {
        let code = c as usize;
        let block = usize::from(self.block_of[code >> SHIFT]);
        usize::from(self.numbers[(block << SHIFT) | (code & ((1 << SHIFT) - 1))])
    }
}
