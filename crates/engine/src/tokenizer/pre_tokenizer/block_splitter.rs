//! Where pieces start, for 64 bytes at a time and for the splitters of most files. The starts
//! follow from the bits of the bytes' classes, without a branch per character. Places that bytes
//! alone can't decide (mostly at non-ASCII characters) are left to `Splitter::split_at`.

use crate::tokenizer::scan::block::Block;

/// A splitter that works on blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::tokenizer) enum BlockSplitter {
    /// `WhitespaceSplit`.
    WhiteSpace,
    /// `\w+|[^\w\s]+`; the text between the matches is dropped.
    Words,
    Gpt2,
    /// The patterns of tiktoken that ignore case.
    Tiktoken {
        /// 1 or 3.
        max_digits: usize,
    },
    /// Splits before each space, or this replacement of one.
    Metaspace(char),
}

/// Places in a block, one bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::tokenizer) struct Starts {
    /// Where a piece starts. The first byte is always such a place; the last place may be the end
    /// of the text.
    pub(in crate::tokenizer) pieces: u64,
    /// First bytes of pieces that are dropped.
    pub(in crate::tokenizer) dropped: u64,
}

/// The bits of a block's classes. Bytes after the text count as white space.
struct Classes {
    letter: u64,
    digit: u64,
    space: u64,
    /// U+0020.
    blank: u64,
    high: u64,
    /// Bytes of none of these classes.
    other: u64,
    /// Bytes of the text.
    inside: u64,
}

impl BlockSplitter {
    /// The starts in a text of `len` bytes, at least one, whose first bytes are `block`. A piece
    /// starts at the first byte.
    #[inline(always)]
    pub(in crate::tokenizer) fn starts(self, block: &Block, len: usize) -> Starts {
        let inside = if len < 64 { (1 << len) - 1 } else { u64::MAX };
        let (mut letter, digit, mut high) = (block.letters() & inside, block.digits() & inside, block.high() & inside);
        let mut punctuation = 0;
        if high != 0 {
            let wide = wide_letters(block) & inside;
            (letter, high) = (letter | wide, high & !wide);
            // `tiktoken` below takes a symbol to be one byte.
            if !matches!(self, Self::Tiktoken { .. }) {
                punctuation = wide_punctuation(block) & inside;
                high &= !punctuation;
            }
        }
        let space = block.spaces() | !inside;
        let blank = block.equal(b' ') & inside;
        let other = !(letter | digit | space | high) | punctuation;
        let classes = Classes { letter, digit, space, blank, high, other, inside };
        // Starts from the first unclear byte on are not known, and the start of the piece before it
        // may depend on it.
        let (pieces, dropped, unclear) = match self {
            Self::WhiteSpace => {
                // All non-ASCII white space starts with one of these bytes.
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
        // The end of the text ends a piece.
        let end = !inside & inside.wrapping_add(1);
        let is_known = below(unclear) >> 1 & (inside | end);
        Starts { pieces: ((pieces | end) & is_known) | 1, dropped }
    }
}

/// The bytes of the non-ASCII letters that are recognized by their first bytes: U+00C0 to U+023F
/// (without × and ÷, which take a second byte), U+0400 to U+047F, U+5000 to U+8FFF.
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

/// The places below the lowest set bit.
#[inline(always)]
fn below(bits: u64) -> u64 {
    !bits & bits.wrapping_sub(1)
}

/// The highest set bit.
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
    let mut pieces = first_of_run(space) | last_of_run(space) | (runs & !(blank << 1));
    let mut unclear = high;
    // A quote that is a piece by itself, and is followed by a letter, may start a contraction.
    let quote = block.equal(b'\'') & inside & first_of_run(other) & !(blank << 1) & (letter >> 1);
    if quote != 0 {
        let single = b"stmd".iter().fold(0, |bits, letter| bits | block.equal(*letter));
        let contracted = quote & (single >> 1) & !((letter | high) >> 2);
        pieces &= !(contracted << 1);
        unclear |= quote & !contracted;
    }
    (pieces, 0, unclear)
}

/// `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`.
#[inline(always)]
fn tiktoken(block: &Block, classes: &Classes, max_digits: usize) -> (u64, u64, u64) {
    let Classes { letter, digit, space, blank, high, other, inside } = *classes;
    let line_end = (block.equal(b'\n') | block.equal(b'\r')) & inside;
    let blanks = space & !line_end;
    let mut unclear = high;

    // A run of symbols includes a space before it and the line ends after it.
    let symbol = first_of_run(other) & !(blank << 1);
    // A run of letters includes one white space character before it, or one symbol that would be a
    // piece by itself.
    let word = first_of_run(letter) & !(blanks << 1) & !(symbol << 1);
    // A contraction of one letter is the same as that letter with a quote before it: only longer
    // ones are unclear.
    unclear |= block.equal(b'\'') & symbol & (letter >> 1) & (letter >> 2);
    // White space is split after its last line end; of the rest, the last character is a separate
    // piece.
    let spaces = first_of_run(space) & !(line_end & (other << 1));
    let after_line = blanks & (line_end << 1);
    let mut pieces = symbol | word | spaces | after_line | (blanks & !(space >> 1));
    // Whether more line ends follow.
    let (ends, is_open) = after_line.overflowing_add(blanks);
    let continued = ends & !blanks & (line_end | high);
    if continued != 0 {
        unclear |= highest(after_line & below(continued));
    } else if is_open {
        unclear |= highest(after_line);
    }

    if max_digits == 1 {
        pieces |= digit;
    } else {
        pieces |= first_of_run(digit);
        unclear |= digit & (digit << 1) & (digit << 2) & (digit << 3);
    }
    (pieces, 0, unclear)
}
