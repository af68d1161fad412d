//! The patterns of tiktoken and its followers: Llama 3 (cl100k), Qwen 2, GPT-4o (o200k), Tekken.
//! Every character belongs to a match.

use super::contraction;
use super::white_space::WhiteSpace;
use crate::interrupt::Pace;
use crate::tokenizer::unicode::class::{
    LETTER, LOWER, MARK, NUMBER, SPACE, UPPER, class_at, is_at, numbers_end, run_end,
};

const LLAMA_3: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const QWEN_2: &str =
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const GPT_4O: &str = r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const TEKKEN: &str = r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";

/// How the patterns differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::tokenizer) struct Tiktoken {
    words: Words,
    /// The most digits of one match.
    max_digits: usize,
    /// Whether slashes, like line ends, belong to the punctuation before them.
    takes_slashes: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Words {
    /// Letters of any case; contractions are matches of their own.
    Uncased,
    /// Upper case before lower case, and possibly a contraction.
    Cased { with_contraction: bool },
}

impl Tiktoken {
    /// The pattern with this regex.
    pub(in crate::tokenizer) fn recognize(regex: &str) -> Option<Self> {
        let cased = |with_contraction| Words::Cased { with_contraction };
        let (words, max_digits, takes_slashes) = match regex {
            LLAMA_3 => (Words::Uncased, 3, false),
            QWEN_2 => (Words::Uncased, 1, false),
            GPT_4O => (cased(true), 3, true),
            TEKKEN => (cased(false), 1, true),
            _ => return None,
        };
        Some(Self { words, max_digits, takes_slashes })
    }

    /// The most digits of one match, if the pattern ignores case and only line ends belong to
    /// punctuation.
    pub(super) fn max_digits_without_case(self) -> Option<usize> {
        (self.words == Words::Uncased && !self.takes_slashes).then_some(self.max_digits)
    }

    /// The end of the match at `at`, which is before the end of the text.
    #[inline(always)]
    pub(super) fn match_end(self, text: &str, at: usize) -> usize {
        const WORDS: u16 = LETTER | NUMBER | SPACE;
        let Some((class, len)) = class_at(text, at) else { return at };
        let word_end = match self.words {
            Words::Uncased => contraction::end_of_any_case(text, at).or_else(|| uncased_word_end(text, at, class, len)),
            Words::Cased { with_contraction } => cased_word_end(text, at, class, len, with_contraction),
        };
        if let Some(end) = word_end {
            return end;
        }
        if class & NUMBER != 0 {
            return numbers_end(text, at, self.max_digits);
        }
        let start = at + usize::from(text.as_bytes()[at] == b' ');
        match class_at(text, start) {
            Some((class, _)) if class & WORDS == 0 => {
                let end = run_end(text, start, |class| class & WORDS == 0);
                let is_taken = |byte: &u8| matches!(byte, b'\r' | b'\n') || (self.takes_slashes && *byte == b'/');
                end + text.as_bytes()[end..].iter().take_while(|byte| is_taken(byte)).count()
            }
            _ => WhiteSpace::at(text, at).match_end_by_line(text, at),
        }
    }
}

/// `[^\r\n\p{L}\p{N}]`, which may come before a word.
fn is_lead(text: &str, at: usize, class: u16) -> bool {
    class & (LETTER | NUMBER) == 0 && !matches!(text.as_bytes()[at], b'\r' | b'\n')
}

/// `[^\r\n\p{L}\p{N}]?\p{L}+`.
#[inline(always)]
fn uncased_word_end(text: &str, at: usize, class: u16, len: usize) -> Option<usize> {
    let is_word = class & LETTER != 0 || (is_lead(text, at, class) && is_at(text, at + len, LETTER));
    is_word.then(|| run_end(text, at + len, |class| class & LETTER != 0))
}

/// The end of a word for the patterns that distinguish case: two alternatives, each with an
/// optional character before the word.
fn cased_word_end(text: &str, at: usize, class: u16, len: usize, with_contraction: bool) -> Option<usize> {
    let after_lead = is_lead(text, at, class).then_some(at + len);
    // A mark may be the character before the word, or part of the word.
    let starts = || after_lead.into_iter().chain([at]);
    let end = starts()
        .find_map(|start| lower_end(text, start))
        .or_else(|| starts().find_map(|start| upper_end(text, start)))?;
    let contraction = if with_contraction { contraction::end_of_any_case(text, end) } else { None };
    Some(contraction.unwrap_or(end))
}

/// `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]`.
fn is_upper(class: u16) -> bool {
    class & MARK != 0 || (class & LETTER != 0 && class & LOWER == 0)
}

/// `[\p{Ll}\p{Lm}\p{Lo}\p{M}]`.
fn is_lower(class: u16) -> bool {
    class & MARK != 0 || (class & LETTER != 0 && class & UPPER == 0)
}

/// `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+`.
fn lower_end(text: &str, start: usize) -> Option<usize> {
    let (mut end, mut pace) = (start, Pace::new());
    let mut last_lower_end = None;
    while let Some((class, len)) = class_at(text, end)
        && is_upper(class)
    {
        end += len;
        pace.step(len);
        if is_lower(class) {
            last_lower_end = Some(end);
        }
    }
    let lower_end = run_end(text, end, is_lower);
    // If no lower case follows, the first class backtracks to its last character that is in both
    // classes.
    if lower_end > end { Some(lower_end) } else { last_lower_end }
}

/// `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*`.
fn upper_end(text: &str, start: usize) -> Option<usize> {
    let end = run_end(text, start, is_upper);
    (end > start).then(|| run_end(text, end, is_lower))
}
