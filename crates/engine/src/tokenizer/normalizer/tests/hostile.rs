//! Maps and patterns that no real file has, and long runs of one kind of character.

use tokenizers::normalizers::{self as reference, Precompiled as ReferencePrecompiled};
use tokenizers::{NormalizedString, Normalizer};

use super::super::*;
use super::texts::{Random, normalizers_of_models, random_texts};

/// Padded base64.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |chunk: &[u8]| {
        let bits = (0..3).fold(0_u32, |bits, at| bits << 8 | u32::from(chunk.get(at).copied().unwrap_or(0)));
        let digit = |at: usize| if at <= chunk.len() { DIGITS[(bits >> (18 - 6 * at) & 63) as usize] } else { b'=' };
        [digit(0), digit(1), digit(2), digit(3)].map(char::from)
    };
    bytes.chunks(3).flat_map(group).collect()
}

fn charsmap(units: &[u32], strings: &[u8]) -> Vec<u8> {
    let length = u32::try_from(units.len() * 4).unwrap();
    let words = [length].into_iter().chain(units.iter().copied());
    words.flat_map(u32::to_le_bytes).chain(strings.iter().copied()).collect()
}

#[test]
fn a_charsmap_that_the_reference_refuses_is_none() {
    let whole = charsmap(&[0; 4], b"a\0");
    for len in 0..20 {
        assert!(
            ReferencePrecompiled::from(&whole[..len]).is_err() && Precompiled::new(&base64(&whole[..len])).is_none()
        );
    }
    assert!(Precompiled::new(&base64(&whole)).is_some());
    assert!(Precompiled::new(&base64(&charsmap(&[0; 4], b"\xFF"))).is_none());
    assert!(Precompiled::new(&base64(&charsmap(&[], b"a\0"))).is_none());
    assert!(Precompiled::new(&base64(&charsmap(&[0; 4], b"")[..8])).is_none());
    let of_length = |length| Precompiled::new(&base64(&charsmap(&[0; 4], &[vec![b'a'; length], vec![0]].concat())));
    assert!(of_length(4096).is_some() && of_length(4097).is_none());
    for broken in ["", "A", "AA", "AAA", "====", "A===", "AAAAA===", "AA=A", "AA\nAA", "AA-_", "ÄAA", "AAAAAB=="] {
        assert!(Precompiled::new(broken).is_none(), "{broken:?}");
    }
}

/// The last string of a map may lack its zero byte, and a string may start within another one.
#[test]
fn strings_of_a_charsmap_are_those_of_the_reference() {
    const BYTE: u32 = b'b' as u32;
    let strings = "a\0xyé".as_bytes();
    for start in [0, 1, 2, 3, 4, 6] {
        let mut units = vec![0; 512];
        units[0] = 256 << 10;
        units[256 ^ BYTE as usize] = 1 << 10 | 1 << 8 | BYTE;
        units[256 ^ BYTE as usize ^ 1] = start;
        let bytes = charsmap(&units, strings);
        let mut found = String::new();
        Precompiled::new(&base64(&bytes)).unwrap().normalize("abcb\u{301}b", &mut found);
        let mut expected = NormalizedString::from("abcb\u{301}b");
        ReferencePrecompiled::from(&bytes).unwrap().normalize(&mut expected).unwrap();
        assert_eq!(found, expected.get(), "from byte {start} on");
    }
}

/// The reference ends the process where an index leads outside: such maps are only asked not to do
/// so here.
#[test]
fn a_charsmap_of_any_numbers_can_be_used() {
    let mut random = Random::new();
    let texts = random_texts(20);
    for _ in 0..200 {
        let number = |random: &mut Random| u32::try_from(random.below(1 << 32)).unwrap() >> random.below(32);
        let units: Vec<_> = (0..1 + random.below(400)).map(|_| number(&mut random)).collect();
        let strings: String = (0..random.below(40)).map(|_| ['a', 'é', '\0', '中'][random.below(4)]).collect();
        let map = Precompiled::new(&base64(&charsmap(&units, strings.as_bytes()))).unwrap();
        texts.iter().for_each(|text| map.normalize(text, &mut String::new()));
    }
}

#[test]
fn a_charsmap_with_a_changed_byte_can_be_used() {
    let mut random = Random::new();
    let texts = random_texts(20);
    let maps =
        normalizers_of_models().into_iter().filter_map(|json| Some(json["precompiled_charsmap"].as_str()?.to_owned()));
    for mut map in maps {
        for _ in 0..20 {
            let at = random.below(map.len());
            map.replace_range(at..at + 1, "z");
            if let Some(map) = Precompiled::new(&map) {
                texts.iter().for_each(|text| map.normalize(text, &mut String::new()));
            }
        }
    }
}

#[test]
fn patterns_of_other_kinds_are_left_to_the_reference() {
    let others = [
        "",
        "a*",
        "a?",
        "a{2}",
        "a{,2}",
        "a{0,}",
        "a{2,}?",
        "a++",
        "a+b",
        "^a",
        "a$",
        ".",
        "(a)",
        "a|b",
        r"\d",
        r"\w+",
        r"\S",
        r"\b",
        r"\<",
        r"\u0041",
        "[",
        "[]",
        "[^a]",
        "[a",
        "[[:alpha:]]",
        "[a&&b]",
        "[a--b]",
        "[a~~b]",
        "[a-c-e]",
        "[b-a]",
        "[--a]",
        r"[\d]",
        r"[\s-a]",
        "[à-é]",
        "[]a]",
        "a{1000,}",
        "a{+2,}",
        r"a\",
        r"\",
        "a\\.b",
    ];
    for regex in others {
        assert!(Replace::regex(regex, "x").is_none(), "{regex:?}");
    }
    assert!(Replace::string("", "x").is_none() && Prepend::new("").is_none());
    assert!(Replace::string(&"a".repeat(2000), "x").is_none() && Replace::regex(&"a".repeat(2000), "x").is_none());
}

#[test]
fn long_runs_come_out_as_the_reference_has_them() {
    let check = |normalize: &dyn Fn(&str, &mut String), reference: &dyn Normalizer, text: &str| {
        let mut expected = NormalizedString::from(text);
        reference.normalize(&mut expected).unwrap();
        let mut found = String::new();
        normalize(text, &mut found);
        assert!(found == expected.get(), "a run of {:?}", text.chars().take(3).collect::<String>());
    };
    for run in [
        "a",
        "\u{301}",
        "\u{316}\u{301}",
        "\u{1100}",
        "가\u{11A8}",
        "\u{FDFA}",
        "\u{1F1E6}",
        "क\u{94D}",
        "❤\u{200D}",
        "\u{600}",
        " ",
    ] {
        let text = run.repeat(2_000);
        check(&|text, out| UnicodeForm::Nfc.normalize(text, out), &reference::NFC, &text);
        check(&|text, out| UnicodeForm::Nfkd.normalize(text, out), &reference::NFKD, &text);
        for json in normalizers_of_models().iter().filter(|json| json["type"] == "Precompiled") {
            let map = Precompiled::new(json["precompiled_charsmap"].as_str().unwrap()).unwrap();
            let reference: ReferencePrecompiled = serde_json::from_str(&json.to_string()).unwrap();
            check(&|text, out| map.normalize(text, out), &reference, &text);
        }
    }
}
