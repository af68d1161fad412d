//! The splitters against the pre-tokenizers of the `tokenizers` crate.

use tokenizers::pre_tokenizers::PreTokenizerWrapper;
use tokenizers::pre_tokenizers::bert::BertPreTokenizer;
use tokenizers::pre_tokenizers::delimiter::CharDelimiterSplit;
use tokenizers::pre_tokenizers::digits::Digits;
use tokenizers::pre_tokenizers::punctuation::Punctuation;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::pre_tokenizers::whitespace::{Whitespace, WhitespaceSplit};
use tokenizers::{OffsetReferential, OffsetType, PreTokenizedString, PreTokenizer, SplitDelimiterBehavior};

use super::{Behavior, Pattern, Splitter, Starts};
use crate::tokenizer::scan::block::Block;

const BEHAVIORS: [(Behavior, SplitDelimiterBehavior); 5] = [
    (Behavior::Removed, SplitDelimiterBehavior::Removed),
    (Behavior::Isolated, SplitDelimiterBehavior::Isolated),
    (Behavior::MergedWithPrevious, SplitDelimiterBehavior::MergedWithPrevious),
    (Behavior::MergedWithNext, SplitDelimiterBehavior::MergedWithNext),
    (Behavior::Contiguous, SplitDelimiterBehavior::Contiguous),
];

/// Those of real files. GPT-2, Llama 3, Qwen 2, GPT-4o, Tekken, CLIP, OpenCLIP, BLOOM, Falcon,
/// DeepSeek V3 (three).
const REGEXES: [&str; 12] = [
    r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+",
    r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+",
    r" ?[^(\s|[.,!?…。，、।۔،])]+",
    "[0-9][0-9][0-9]",
    r"\p{N}{1,3}",
    "[一-龥぀-ゟ゠-ヿ]+",
    "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\r\n]*|\\s*[\r\n]+|\\s+(?!\\S)|\\s+",
];

/// Splitters, each working on the pieces of the one before it, and the reference.
struct Pair {
    name: String,
    ours: Vec<Splitter>,
    reference: PreTokenizerWrapper,
}

fn pair(name: &str, ours: Vec<Splitter>, reference: impl Into<PreTokenizerWrapper>) -> Pair {
    Pair { name: name.to_owned(), ours, reference: reference.into() }
}

fn pairs() -> Vec<Pair> {
    let splitter = |pattern, behavior| Splitter::new(pattern, behavior, false);
    let mut pairs = vec![
        pair("Whitespace", vec![Splitter::new(Pattern::Words, Behavior::Removed, true)], Whitespace),
        pair("WhitespaceSplit", vec![splitter(Pattern::WhiteSpace, Behavior::Removed)], WhitespaceSplit),
        pair("CharDelimiterSplit", vec![splitter(Pattern::Char('é'), Behavior::Removed)], CharDelimiterSplit::new('é')),
        pair("digits", vec![splitter(Pattern::Numeric, Behavior::Contiguous)], Digits::new(false)),
        pair("single digits", vec![splitter(Pattern::Numeric, Behavior::Isolated)], Digits::new(true)),
        pair(
            "BertPreTokenizer",
            vec![splitter(Pattern::WhiteSpace, Behavior::Removed), splitter(Pattern::Punctuation, Behavior::Isolated)],
            BertPreTokenizer,
        ),
    ];
    for (behavior, reference) in BEHAVIORS {
        let ours = vec![splitter(Pattern::Punctuation, behavior)];
        pairs.push(pair(&format!("Punctuation {behavior:?}"), ours, Punctuation::new(reference)));
        let texts = ["a", " ", "\u{2581}", "ab", "aba"].map(|text| SplitPattern::String(text.to_owned()));
        let patterns = REGEXES.map(|regex| SplitPattern::Regex(regex.to_owned()));
        for pattern in texts.into_iter().chain(patterns) {
            for is_inverted in [false, true] {
                let ours = match &pattern {
                    SplitPattern::String(text) => Pattern::Text(text.clone()),
                    SplitPattern::Regex(regex) => Pattern::recognize(regex).unwrap(),
                };
                let name = format!("{pattern:?} {behavior:?} {is_inverted}");
                let reference = Split::new(pattern.clone(), reference, is_inverted).unwrap();
                pairs.push(pair(&name, vec![Splitter::new(ours, behavior, is_inverted)], reference));
            }
        }
    }
    pairs
}

impl Pair {
    fn assert_equal(&self, text: &str) {
        let mut pieces = vec![text];
        for splitter in &self.ours {
            let mut next = Vec::new();
            for piece in pieces {
                let mut start = 0;
                while start < piece.len() {
                    let split = splitter.split_at(piece, start);
                    assert!(split.end > start, "{}: {text:?}", self.name);
                    next.extend(split.is_kept.then(|| &piece[start..split.end]));
                    start = split.end;
                }
            }
            pieces = next;
        }
        let mut expected = PreTokenizedString::from(text);
        self.reference.pre_tokenize(&mut expected).unwrap();
        let expected = expected.get_splits(OffsetReferential::Original, OffsetType::Byte);
        let expected: Vec<&str> = expected.into_iter().map(|(piece, ..)| piece).collect();
        assert_eq!(pieces, expected, "{}: {text:?}", self.name);
    }
}

#[test]
fn every_code_point_is_split_as_in_the_crate() {
    let mut pairs = pairs();
    // What becomes of a match doesn't depend on the code point.
    let others = ["true", "Removed", "Merged", "Contiguous"];
    pairs.retain(|pair| !others.iter().any(|other| pair.name.contains(other)));
    assert_eq!(pairs.len(), 24);
    let mut text = String::new();
    // Nothing is assigned beyond them, except for private use.
    let assigned = (0..0x4_0000).chain(0xE_0000..0xE_0200).chain(0x10_FFF0..0x11_0000);
    for (index, c) in assigned.filter_map(char::from_u32).enumerate() {
        text.extend(['a', c, 'B', ' ', c, c, '\n', c, '1', c, '!', c, ' ']);
        if index % 128 == 127 {
            pairs.iter().for_each(|pair| pair.assert_equal(&text));
            text.clear();
        }
    }
    pairs.iter().for_each(|pair| pair.assert_equal(&text));
}

#[test]
fn random_texts_are_split_as_in_the_crate() {
    const ALPHABET: &str = "aaabcABСдÉéßſʰǅªـ 中ひガ가٣12345½Ⅷ   \t\n\r\u{A0}\u{3000}\u{85}'''srelvmdtSTRLDM.,!?-/<|>()_…。،$€+\u{301}\u{94D}\u{20DD}\u{200D}\u{AD}\u{FEFF}😀\u{2581}\u{E000}";
    let alphabet: Vec<char> = ALPHABET.chars().collect();
    let pairs = pairs();
    let mut state = 1_u64;
    let mut below = |bound: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % bound
    };
    for _ in 0..3000 {
        let letters: Vec<char> = (0..1 + below(8)).map(|_| alphabet[below(alphabet.len())]).collect();
        let mut text = String::new();
        for _ in 0..below(30) {
            let from = if below(3) == 0 { &alphabet } else { &letters };
            text.push(from[below(from.len())]);
            if below(40) == 0 {
                text.push_str("<|endoftext|>");
            }
        }
        pairs.iter().for_each(|pair| pair.assert_equal(&text));
    }
}

/// The pieces that are kept, found by blocks as far as these know them.
fn pieces_by_blocks(splitter: &Splitter, text: &str) -> Vec<(usize, usize)> {
    let blocks = splitter.by_blocks().unwrap();
    // Bytes after the text change nothing.
    let padded = format!("{text}a'1 -\n\u{E9}{}", "x".repeat(64));
    let (mut at, mut found) = (0, Vec::new());
    while at < text.len() {
        let block = Block::load(padded.as_bytes()[at..].first_chunk().unwrap());
        let Starts { pieces, dropped } = blocks.starts(&block, text.len() - at);
        assert!(pieces & 1 == 1, "{text:?}");
        let starts: Vec<usize> = (0..64).filter(|place| pieces >> place & 1 == 1).collect();
        let is_kept = |start: usize| dropped >> start & 1 == 0;
        let pairs = starts.windows(2).filter(|pair| is_kept(pair[0]));
        found.extend(pairs.map(|pair| (at + pair[0], at + pair[1])));
        at = match starts.last() {
            Some(last) if *last > 0 => at + last,
            _ => {
                let split = splitter.split_at(text, at);
                found.extend(split.is_kept.then_some((at, split.end)));
                split.end
            }
        };
    }
    found
}

fn pieces_one_by_one(splitter: &Splitter, text: &str) -> Vec<(usize, usize)> {
    let (mut at, mut found) = (0, Vec::new());
    while at < text.len() {
        let split = splitter.split_at(text, at);
        found.extend(split.is_kept.then_some((at, split.end)));
        at = split.end;
    }
    found
}

#[test]
fn blocks_have_the_pieces_of_their_splitters_at_every_length() {
    const ALPHABET: &str = "aaabcAB12345   \t\n\n\r''srelvmdtSTRD.,!?-(_é中\u{A0}\u{85}\u{3000}\u{2581}\u{17F}";
    let alphabet: Vec<char> = ALPHABET.chars().collect();
    let mut splitters: Vec<Splitter> = pairs().into_iter().flat_map(|pair| pair.ours).collect();
    let metaspace = |replacement| Splitter::new(Pattern::Metaspace(replacement), Behavior::MergedWithNext, false);
    splitters.extend(['\u{2581}', '_'].map(metaspace));
    splitters.retain(|splitter| splitter.by_blocks().is_some());
    assert!(splitters.len() > 10);
    let mut state = 1_u64;
    let mut below = |bound: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % bound
    };
    for _ in 0..40_000 {
        // Half of the texts are ASCII.
        let alphabet = &alphabet[..alphabet.len() - 7 * below(2)];
        let letters: Vec<char> = (0..1 + below(8)).map(|_| alphabet[below(alphabet.len())]).collect();
        let mut text = String::new();
        for _ in 0..below(150) {
            let from = if below(3) == 0 { alphabet } else { &letters };
            let c = from[below(from.len())];
            text.extend(std::iter::repeat_n(c, if below(20) == 0 { 70 } else { 1 }));
        }
        for splitter in &splitters {
            assert_eq!(pieces_by_blocks(splitter, &text), pieces_one_by_one(splitter, &text), "{splitter:?}: {text:?}");
        }
    }
}
