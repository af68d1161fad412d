//! The normalizers against those of the `tokenizers` crate.

mod bert;
mod hostile;
mod texts;

use tokenizers::normalizers::{self as reference, NormalizerWrapper};
use tokenizers::{NormalizedString, Normalizer};
use unicode_segmentation::UnicodeSegmentation;

use super::*;
use texts::{Random, corpora, every_character, normalizers_of_models, random_texts};

type Normalize = Box<dyn Fn(&str, &mut String)>;

/// One of ours, and the reference's.
struct Pair {
    name: String,
    ours: Normalize,
    leaves: Box<dyn Fn(&str) -> bool>,
    reference: NormalizerWrapper,
}

macro_rules! pair {
    ($name:expr, $ours:expr, $reference:expr) => {{
        let (ours, other) = ($ours, $ours);
        Pair {
            name: $name.to_string(),
            ours: Box::new(move |text, out| ours.normalize(text, out)),
            leaves: Box::new(move |text| other.leaves(text)),
            reference: $reference.into(),
        }
    }};
}

impl Pair {
    fn check(&self, text: &str) {
        let mut expected = NormalizedString::from(text);
        self.reference.normalize(&mut expected).unwrap();
        let mut found = String::from("before ");
        (self.ours)(text, &mut found);
        assert_eq!(found.strip_prefix("before "), Some(expected.get()), "{} of {text:?}", self.name);
        if (self.leaves)(text) {
            assert_eq!(text, expected.get(), "{} says that it leaves {text:?}", self.name);
        }
    }

    fn check_all<'a>(&self, texts: impl IntoIterator<Item = &'a String>) {
        texts.into_iter().for_each(|text| self.check(text));
    }
}

fn plain_pairs() -> Vec<Pair> {
    let strip = |left, right| {
        let name = format!("Strip {left} {right}");
        pair!(name, Strip { left, right }, reference::Strip::new(left, right))
    };
    vec![
        pair!("NFC", UnicodeForm::Nfc, reference::NFC),
        pair!("NFD", UnicodeForm::Nfd, reference::NFD),
        pair!("NFKC", UnicodeForm::Nfkc, reference::NFKC),
        pair!("NFKD", UnicodeForm::Nfkd, reference::NFKD),
        pair!("Lowercase", Lowercase, reference::Lowercase),
        pair!("StripAccents", StripAccents, reference::StripAccents),
        pair!("Nmt", Nmt, reference::Nmt),
        pair!("ByteLevel", ByteLevel, reference::ByteLevel),
        pair!("Prepend", Prepend::new("▁a").unwrap(), reference::Prepend::new("▁a".into())),
        strip(true, true),
        strip(true, false),
        strip(false, true),
        strip(false, false),
    ]
}

fn replace_pair(pattern: &str, is_regex: bool, content: &str) -> Option<Pair> {
    let make = if is_regex { Replace::regex } else { Replace::string };
    make(pattern, content)?;
    let make = || make(pattern, content).unwrap();
    let kind =
        if is_regex { reference::replace::ReplacePattern::Regex } else { reference::replace::ReplacePattern::String };
    Some(pair!(
        format!("Replace {pattern:?} by {content:?}"),
        make(),
        reference::Replace::new(kind(pattern.to_owned()), content).unwrap()
    ))
}

fn replace_pairs() -> Vec<Pair> {
    let strings = [" ", "!", "``", "''", "é", "▁", "aa", "aba", "\u{301}", " ▁", "\r\n", "a.b*"];
    let regexes = [
        r"\s+",
        r"\s",
        r" {2,}",
        r" +",
        r"\n",
        r"\n+",
        r"\s{3,}",
        "ab",
        "  ",
        r"[!-/]",
        r"[\s]+",
        r"[\n\r\t]",
        r"[^\w]",
        r"\.",
        r"[ \u0041]",
        r"a*",
        r"[-a]+",
        r"[a-]{2,}",
        r"[é▁ ]+",
        r"(a)",
        "[a-cx-z]+",
        r"[\-\[\]]",
        "é",
        r"\-+",
        r##"[!"\#\$%\&'\(\)\*\+,\-\./:;<=>\?@\[\\\]\^_`\{\|\}\~]"##,
    ];
    let contents = [" ", "", "▁", " ! ", "aa"];
    let of = |pattern: &&str, is_regex| contents.map(|content| replace_pair(pattern, is_regex, content));
    let strings = strings.iter().flat_map(|pattern| of(pattern, false));
    strings.chain(regexes.iter().flat_map(|pattern| of(pattern, true))).flatten().collect()
}

fn precompiled_pairs() -> Vec<Pair> {
    let maps = normalizers_of_models().into_iter().filter(|json| json["type"] == "Precompiled");
    let pairs = maps.map(|json| {
        let map = || Precompiled::new(json["precompiled_charsmap"].as_str().unwrap()).unwrap();
        pair!("Precompiled", map(), serde_json::from_value::<NormalizerWrapper>(json.clone()).unwrap())
    });
    pairs.collect()
}

fn all_pairs() -> Vec<Pair> {
    [plain_pairs(), replace_pairs(), precompiled_pairs()].into_iter().flatten().collect()
}

#[test]
fn every_character_alone_and_among_letters_comes_out_as_the_reference_has_it() {
    let texts = every_character();
    [plain_pairs(), precompiled_pairs()].iter().flatten().for_each(|pair| pair.check_all(&texts));
    let whitespace = replace_pair(r"\s+", true, " ").unwrap();
    whitespace.check_all(&texts);
}

#[test]
fn a_character_alone_comes_out_as_the_reference_has_it() {
    let texts: Vec<_> = (0..0x3_0000).filter_map(char::from_u32).map(String::from).collect();
    [plain_pairs(), precompiled_pairs()].iter().flatten().for_each(|pair| pair.check_all(&texts));
}

#[test]
fn random_texts_come_out_as_the_reference_has_them() {
    let texts = random_texts(40_000);
    [plain_pairs(), precompiled_pairs()].iter().flatten().for_each(|pair| pair.check_all(&texts));
    replace_pairs().iter().for_each(|pair| pair.check_all(&texts[..2_000]));
}

#[test]
fn clusters_are_those_of_unicode_segmentation() {
    for text in random_texts(40_000).iter().chain(&every_character()).chain(&corpora()) {
        let mut rest = text.as_str();
        for expected in text.graphemes(true) {
            let (found, after) = rest.split_at(cluster::first_len(rest));
            assert_eq!(found, expected, "in {text:?}");
            rest = after;
        }
    }
}

/// In the reference, what a normalizer makes of a text could depend on the alignments that those
/// before it left.
#[test]
fn normalizers_in_sequence_come_out_as_the_reference_has_them() {
    let mut random = Random::new();
    let pairs = all_pairs();
    for text in random_texts(20_000) {
        let sequence: Vec<_> = (0..4).map(|_| &pairs[random.below(pairs.len())]).collect();
        let names: Vec<_> = sequence.iter().map(|pair| &pair.name).collect();
        let mut expected = NormalizedString::from(text.as_str());
        let mut found = text.clone();
        for pair in &sequence {
            pair.reference.normalize(&mut expected).unwrap();
            let mut out = String::new();
            (pair.ours)(&found, &mut out);
            found = out;
        }
        assert_eq!(found, expected.get(), "{names:?} of {text:?}");
    }
}

#[test]
fn every_normalizer_of_the_models_is_ours_or_berts() {
    for json in normalizers_of_models() {
        let text = |name: &str| json[name].as_str().unwrap_or_default();
        let pattern = &json["pattern"];
        let is_known = match text("type") {
            "BertNormalizer" | "NFC" | "NFKC" | "Lowercase" | "Strip" => true,
            "Prepend" => Prepend::new(text("prepend")).is_some(),
            "Precompiled" => Precompiled::new(text("precompiled_charsmap")).is_some(),
            "Replace" => match (pattern["String"].as_str(), pattern["Regex"].as_str()) {
                (Some(string), None) => Replace::string(string, text("content")).is_some(),
                (None, Some(regex)) => Replace::regex(regex, text("content")).is_some(),
                _ => false,
            },
            _ => false,
        };
        assert!(is_known, "{json}");
    }
}

#[test]
fn real_texts_come_out_as_the_reference_has_them() {
    let texts = corpora();
    all_pairs().iter().for_each(|pair| pair.check_all(&texts));
}
