//! Where parts start in 64 bytes at a time, for the splitters of most files: from bits of the bytes' classes, without a branch for
//! each character. What bytes alone don't tell (characters beyond ASCII, mostly) is left to [`Splitter::part`].
//!
//! [`Splitter::part`]: super::Splitter::part

use crate::tokenizer::scan::block::Block;

/// A splitter, as far as it is known here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::tokenizer) enum BlockSplitter {
    /// `WhitespaceSplit`.
    WhiteSpace,
    /// `\w+|[^\w\s]+`, of which what is between the matches is thrown away.
    Words,
    Gpt2,
    /// Words without case.
    Tiktoken {
        /// One or three.
        max_digits: usize,
    },
    /// Before each space.
    Metaspace(char),
}

/// Places in a block, a bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::tokenizer) struct Starts {
    /// Where a part starts. The first byte is one; the last one may be behind the text.
    pub(in crate::tokenizer) parts: u64,
    /// Bytes with which a part begins that is thrown away.
    pub(in crate::tokenizer) dropped: u64,
}

/// Bits of a block's classes. What is behind the text is white space.
struct Classes {
    letter: u64,
    digit: u64,
    space: u64,
    /// U+0020.
    blank: u64,
    high: u64,
    /// What is none of these.
    other: u64,
    /// Within the text.
    inside: u64,
}

impl BlockSplitter {
    /// The starts in the text of `len` bytes, not none, that begins with a part and with `block`.
    #[inline(always)]
    pub(in crate::tokenizer) fn starts(self, block: &Block, len: usize) -> Starts {
        let inside = if len < 64 { (1 << len) - 1 } else { u64::MAX };
        let (mut letter, digit, mut high) = (block.letters() & inside, block.digits() & inside, block.high() & inside);
        let mut punctuation = 0;
        if high != 0 {
            let wide = wide_letters(block) & inside;
            (letter, high) = (letter | wide, high & !wide);
            // Of more than one byte, it is not what a single symbol is to `tiktoken`.
            if !matches!(self, Self::Tiktoken { .. }) {
                punctuation = wide_punctuation(block) & inside;
                high &= !punctuation;
            }
        }
        let space = block.spaces() | !inside;
        let blank = block.equal(b' ') & inside;
        let other = !(letter | digit | space | high) | punctuation;
        let classes = Classes { letter, digit, space, blank, high, other, inside };
        // Bits from `unclear` on are not known, and that before it may depend on it.
        let (parts, dropped, unclear) = match self {
            Self::WhiteSpace => {
                // All white space beyond ASCII starts with one of these.
                let unclear = [0xC2, 0xE1, 0xE2, 0xE3].iter().fold(0, |bits, lead| bits | block.equal(*lead));
                (first_of_run(space) | first_of_run(!space), space, unclear & inside)
            }
            Self::Words => {
                let word = letter | digit | (block.equal(b'_') & inside);
                let symbol = other & !word;
                (first_of_run(word) | first_of_run(symbol) | first_of_run(space), space, high)
            }
            Self::Gpt2 => gpt_2(block, &classes),
            Self::Tiktoken { max_digits } => tiktoken(block, &classes, max_digits),
            Self::Metaspace(replacement) => {
                let mut lead = [0; 4];
                let lead = block.equal(replacement.encode_utf8(&mut lead).as_bytes()[0]);
                if replacement.is_ascii() { (blank | lead, 0, 0) } else { (blank, 0, lead & inside) }
            }
        };
        // The end of the text ends a part.
        let behind = !inside & inside.wrapping_add(1);
        let is_known = below(unclear) >> 1 & (inside | behind);
        Starts { parts: ((parts | behind) & is_known) | 1, dropped }
    }
}

/// The bytes of the letters beyond ASCII that are known by their first bytes, but for two: U+00C0 to U+023F (without × and ÷), U+0400 to
/// U+047F, U+5000 to U+8FFF.
#[inline(always)]
fn wide_letters(block: &Block) -> u64 {
    let signs = block.equal(0xC3) & ((block.equal(0x97) | block.equal(0xB7)) >> 1);
    let two = (block.among(0xC3, 6) | block.among(0xD0, 2)) & !signs;
    let three = block.among(0xE5, 4);
    two | two << 1 | three | three << 1 | three << 2
}

/// The bytes of U+2010 to U+2027: dashes, quotation marks, dots.
#[inline(always)]
fn wide_punctuation(block: &Block) -> u64 {
    let first = block.equal(0xE2) & (block.equal(0x80) >> 1) & (block.among(0x90, 24) >> 2);
    first | first << 1 | first << 2
}

/// The places below the lowest one of `bits`.
#[inline(always)]
fn below(bits: u64) -> u64 {
    !bits & bits.wrapping_sub(1)
}

/// The highest one of `bits`.
#[inline(always)]
fn highest(bits: u64) -> u64 {
    if bits == 0 { 0 } else { 1 << bits.ilog2() }
}

#[inline(always)]
fn first_of_run(bits: u64) -> u64 {
    bits & !(bits << 1)
}

#[inline(always)]
fn last_of_run(bits: u64) -> u64 {
    bits & !(bits >> 1)
}

/// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`.
#[inline(always)]
fn gpt_2(block: &Block, classes: &Classes) -> (u64, u64, u64) {
    let Classes { letter, digit, space, blank, high, other, inside } = *classes;
    let runs = first_of_run(letter) | first_of_run(digit) | first_of_run(other);
    let mut parts = first_of_run(space) | last_of_run(space) | (runs & !(blank << 1));
    let mut unclear = high;
    // What is in a part of its own, before a letter, may be the start of a contraction.
    let quote = block.equal(b'\'') & inside & first_of_run(other) & !(blank << 1) & (letter >> 1);
    if quote != 0 {
        let single = b"stmd".iter().fold(0, |bits, letter| bits | block.equal(*letter));
        let contracted = quote & (single >> 1) & !((letter | high) >> 2);
        parts &= !(contracted << 1);
        unclear |= quote & !contracted;
    }
    (parts, 0, unclear)
}

/// `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`.
#[inline(always)]
fn tiktoken(block: &Block, classes: &Classes, max_digits: usize) -> (u64, u64, u64) {
    let Classes { letter, digit, space, blank, high, other, inside } = *classes;
    let line_end = (block.equal(b'\n') | block.equal(b'\r')) & inside;
    let blanks = space & !line_end;
    let mut unclear = high;

    // Symbols take a space before them, and the ends of lines behind them.
    let symbol = first_of_run(other) & !(blank << 1);
    // Letters take white space before them, or one symbol that is in a part of its own.
    let word = first_of_run(letter) & !(blanks << 1) & !(symbol << 1);
    // A contraction of one letter is the same as that letter with the quote before it.
    unclear |= block.equal(b'\'') & symbol & (letter >> 1) & (letter >> 2);
    // White space ends with the last end of a line; of what is behind it, the last character is apart.
    let spaces = first_of_run(space) & !(line_end & (other << 1));
    let behind_line = blanks & (line_end << 1);
    let mut parts = symbol | word | spaces | behind_line | (blanks & !(space >> 1));
    // Whether more ends of lines come behind it.
    let (ends, is_open) = behind_line.overflowing_add(blanks);
    let continued = ends & !blanks & (line_end | high);
    if continued != 0 {
        unclear |= highest(behind_line & below(continued));
    } else if is_open {
        unclear |= highest(behind_line);
    }

    if max_digits == 1 {
        parts |= digit;
    } else {
        parts |= first_of_run(digit);
        unclear |= digit & (digit << 1) & (digit << 2) & (digit << 3);
    }
    (parts, 0, unclear)
}
