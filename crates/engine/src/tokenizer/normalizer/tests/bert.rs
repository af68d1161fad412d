//! BERT's normalizer against that of the `tokenizers` crate.

use std::fmt::Write;

use tokenizers::{NormalizedString, Normalizer};

use super::super::{BertNormalizer, BertOptions};
use crate::tokenizer::scan::Scanner;

fn option_sets() -> impl Iterator<Item = BertOptions> {
    (0..16).map(|bits| BertOptions {
        clean_text: bits & 1 != 0,
        handle_chinese_chars: bits & 2 != 0,
        strip_accents: bits & 4 != 0,
        lowercase: bits & 8 != 0,
    })
}

struct Pair {
    options: BertOptions,
    ours: BertNormalizer,
    reference: tokenizers::normalizers::BertNormalizer,
    scanner: Scanner,
}

impl Pair {
    fn new(options: BertOptions) -> Self {
        let BertOptions { clean_text, handle_chinese_chars, strip_accents, lowercase } = options;
        Self {
            options,
            ours: BertNormalizer::new(options),
            reference: tokenizers::normalizers::BertNormalizer::new(
                clean_text,
                handle_chinese_chars,
                Some(strip_accents),
                lowercase,
            ),
            scanner: Scanner::detect(),
        }
    }

    fn assert_equal(&self, text: &str) {
        let mut expected = NormalizedString::from(text);
        self.reference.normalize(&mut expected).unwrap();
        let mut out = Vec::new();
        let len = self.ours.normalize(text, self.scanner, &mut out, 0);
        let got = str::from_utf8(&out[..len]).unwrap();
        assert_eq!(got, expected.get(), "{text:?} with {:?}", self.options);
    }
}

/// Every code point: alone between letters, at the start of a word, and twice after marks of two
/// classes that are not dropped.
fn assert_equal_for(codes: impl Iterator<Item = u32>, pair: &Pair) -> usize {
    let mut count = 0;
    let mut text = String::new();
    for c in codes.filter_map(char::from_u32) {
        write!(text, "a{c}B {c} \u{302E}{c}\u{1B44}{c}").unwrap();
        count += 1;
        if count % 64 == 0 {
            pair.assert_equal(&text);
            text.clear();
        }
    }
    pair.assert_equal(&text);
    count
}

#[test]
fn every_code_point_normalizes_as_in_the_tokenizers_crate() {
    for options in option_sets() {
        // What BERT's cased and uncased models have, over everything; the rest of the options where
        // anything happens.
        let is_common =
            options.clean_text && options.handle_chinese_chars && options.strip_accents == options.lowercase;
        let pair = Pair::new(options);
        let count = if is_common {
            assert_equal_for(0..0x11_0000, &pair)
        } else {
            assert_equal_for((0..0x3_1000).chain(0xE_0000..0xE_1000), &pair)
        };
        println!("{options:?}: {count} code points equal");
    }
}

#[test]
fn combining_characters_that_stay_are_sorted_as_in_the_tokenizers_crate() {
    // Marks of several classes, dropped ones and kept ones, starters that are dropped, what
    // decomposes, and what is removed.
    let alphabet = "a\u{302E}\u{302F}\u{1B44}\u{A953}\u{111C0}\u{16FF0}\u{0301}\u{0327}\u{0CBF}\u{1D165}\u{1D16D}é가각\u{200D} \u{AD}\u{0F73}\u{0344}中\u{F900}";
    let alphabet: Vec<_> = alphabet.chars().collect();
    let mut state = 1_u64;
    for options in option_sets() {
        let pair = Pair::new(options);
        for _ in 0..4000 {
            let text: String = (0..12)
                .map(|_| {
                    state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    alphabet[(state >> 33) as usize % alphabet.len()]
                })
                .collect();
            pair.assert_equal(&text);
        }
    }
}
