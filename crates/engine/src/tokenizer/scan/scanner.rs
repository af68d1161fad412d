//! The choice of kernels: a table of functions per instruction set, picked once and passed down.
//!
//! A call goes through a function pointer. A `match` per call would cost the same, as no kernel can
//! be inlined into a function without its target features.

#[cfg(target_arch = "x86_64")]
use super::avx2;
#[cfg(target_arch = "x86_64")]
use super::avx512;
use super::byte_set::ByteSet;
#[cfg(target_arch = "aarch64")]
use super::neon;
use super::plain_text::PlainText;
use super::scalar;
use super::window::whole_blocks;
use super::word_bounds::WordBounds;
use crate::isa::{InstructionSet, Isa};

/// The kernels of one instruction set. Holding a value proves that this CPU supports it.
#[derive(Debug, Clone, Copy)]
pub(in crate::tokenizer) struct Scanner(&'static Kernels);

#[derive(Debug)]
struct Kernels {
    copy_ascii: unsafe fn(source: &[u8], target: &mut [u8], lower: bool, clean: bool) -> usize,
    find_words: unsafe fn(window: &[u8], offset: u32, bounds: &mut WordBounds),
    find_plain_words:
        unsafe fn(text: PlainText<'_>, target: &mut [u8], offset: u32, bounds: &mut WordBounds) -> Option<bool>,
    find_any: unsafe fn(bytes: &[u8], set: &ByteSet) -> Option<usize>,
}

/// What every CPU can run. A table of another instruction set may take any entry from here.
static SCALAR: Kernels = Kernels {
    copy_ascii: scalar::copy_ascii,
    find_words: scalar::find_words,
    find_plain_words: scalar::find_plain_words,
    find_any: scalar::find_any,
};

#[cfg(target_arch = "x86_64")]
static AVX2: Kernels = Kernels {
    copy_ascii: avx2::copy_ascii,
    find_words: avx2::find_words,
    find_plain_words: avx2::find_plain_words,
    find_any: avx2::find_any,
};

#[cfg(target_arch = "x86_64")]
static AVX512: Kernels = Kernels {
    copy_ascii: avx512::copy_ascii,
    find_words: avx512::find_words,
    find_plain_words: avx512::find_plain_words,
    find_any: avx512::find_any,
};

#[cfg(target_arch = "aarch64")]
static NEON: Kernels = Kernels {
    copy_ascii: neon::copy_ascii,
    find_words: neon::find_words,
    find_plain_words: neon::find_plain_words,
    find_any: neon::find_any,
};

impl Scanner {
    /// The kernels of [`Isa::detect`].
    pub(in crate::tokenizer) fn detect() -> Self {
        Self::of(Isa::detect())
    }

    /// The kernels of one instruction set.
    pub(super) fn of(isa: Isa) -> Self {
        Self(match isa.set() {
            InstructionSet::Scalar => &SCALAR,
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx2 => &AVX2,
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx512 => &AVX512,
            #[cfg(target_arch = "aarch64")]
            InstructionSet::Neon => &NEON,
        })
    }

    /// Copies plain ASCII from `source` into `target` up to the first other byte, lower-cased if
    /// `lower`. Returns how many bytes were copied. With `clean`, control characters are not plain,
    /// and `\t`, `\n` and `\r` become spaces.
    ///
    /// `target` must have [`COPY_SLACK`](super::COPY_SLACK) more bytes than `source`; they may be
    /// overwritten.
    #[inline]
    pub(in crate::tokenizer) fn copy_ascii(self, source: &[u8], target: &mut [u8], lower: bool, clean: bool) -> usize {
        // SAFETY: `of` picks the kernels of an instruction set, and its argument proves that this CPU has it.
        unsafe { (self.0.copy_ascii)(source, target, lower, clean) }
    }

    /// Adds the bounds of words and punctuation in `window` to `bounds`. ASCII white space
    /// separates words, each ASCII punctuation character is a word, and all other bytes make up
    /// words. Offsets count from `offset` before the window, which must be a number of whole
    /// blocks.
    #[inline]
    pub(in crate::tokenizer) fn find_words(self, window: &[u8], offset: u32, bounds: &mut WordBounds) {
        bounds.reserve(window.len());
        // SAFETY: as in `copy_ascii`.
        unsafe { (self.0.find_words)(window, offset, bounds) }
    }

    /// [`copy_ascii`](Self::copy_ascii) with `clean`, and [`find_words`](Self::find_words), in one
    /// pass over UTF-16. Returns whether the text has, or may have, a byte of `marks`. Returns
    /// `None` for a text that is not plain ASCII throughout, and adds none of its words.
    ///
    /// `units` and `target` continue after the text up to [`whole_blocks`]. The units there may be
    /// anything, and the target there may be overwritten.
    #[inline]
    pub(in crate::tokenizer) fn find_plain_words(
        self,
        text: PlainText<'_>,
        target: &mut [u8],
        offset: u32,
        bounds: &mut WordBounds,
    ) -> Option<bool> {
        bounds.reserve(whole_blocks(text.len));
        // SAFETY: as in `copy_ascii`.
        unsafe { (self.0.find_plain_words)(text, target, offset, bounds) }
    }

    /// The offset of the first byte that `set` has, or may have.
    #[inline]
    pub(in crate::tokenizer) fn find_any(self, bytes: &[u8], set: &ByteSet) -> Option<usize> {
        // SAFETY: as in `copy_ascii`.
        unsafe { (self.0.find_any)(bytes, set) }
    }
}
