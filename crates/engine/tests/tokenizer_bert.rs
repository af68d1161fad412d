//! The BERT pipeline against the `tokenizers` crate, over tokenizers made for the test: every
//! option, every code point, random texts, added tokens of all kinds.

use std::collections::BTreeMap;
use std::path::PathBuf;

use model2vec_engine::{Tokenizer, TokenizerScratch};
use serde_json::{Value, json};

/// Characters that cause trouble somewhere: several scripts, marks that are kept, dropped and
/// reordered, white space and punctuation of all kinds, control characters, characters that
/// lower-case or decompose in odd ways.
const ALPHABET: &str = "abcdeABCDE019  .,-'[]_$\t\n\r\0\u{7F}\u{1}\u{B}\u{85}\u{A0}\u{AD}éÉßİıſμΣςЁжй你好𠀀\u{F900}가각힣ひがカ\u{3099}\u{2028}\u{3000}\u{1680}—“”…·¿「\u{301}\u{327}\u{302E}\u{302F}\u{1B44}\u{200D}\u{FEFF}\u{FFFD}\u{E000}ﬁǅ𝔘😀\u{2260}\u{37E}\u{1FEF}ไทยकि\u{1D165}\u{10FFFF}";

struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }

    fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }
}

#[derive(Clone, Copy)]
struct Options {
    clean_text: bool,
    handle_chinese_chars: bool,
    strip_accents: Option<bool>,
    lowercase: bool,
}

const UNCASED: Options = Options { clean_text: true, handle_chinese_chars: true, strip_accents: None, lowercase: true };

fn option_sets() -> Vec<Options> {
    let mut sets = Vec::new();
    for bits in 0..8 {
        for strip_accents in [None, Some(false), Some(true)] {
            let (clean_text, handle_chinese_chars, lowercase) = (bits & 1 != 0, bits & 2 != 0, bits & 4 != 0);
            sets.push(Options { clean_text, handle_chinese_chars, strip_accents, lowercase });
        }
    }
    sets
}

/// Words and pieces of the alphabet, so that most differences between normalized texts show in the
/// ids.
fn vocabulary() -> BTreeMap<String, u32> {
    let mut random = Random(7);
    let alphabet: Vec<char> = ALPHABET.chars().collect();
    let mut pieces: Vec<String> = ["[PAD]", "[UNK]", "the", "##ing", "cafe", "café"].map(str::to_owned).into();
    for c in alphabet.iter().flat_map(|c| c.to_lowercase().chain([*c])).filter(|c| *c != '\0') {
        pieces.extend([c.to_string(), format!("##{c}")]);
    }
    for _ in 0..600 {
        let piece: String = (0..2 + random.below(7)).map(|_| *random.pick(&alphabet)).filter(|c| *c != '\0').collect();
        pieces.extend([piece.to_lowercase(), format!("##{piece}"), piece]);
    }
    for len in [7, 8, 9, 15, 16, 17, 47, 48, 49, 99, 100, 101] {
        pieces.extend(["x".repeat(len), format!("##{}", "y".repeat(len))]);
    }
    let mut vocabulary = BTreeMap::new();
    for piece in pieces {
        let next_id = vocabulary.len() as u32;
        vocabulary.entry(piece).or_insert(next_id);
    }
    vocabulary
}

fn file(options: Options, added_tokens: &Value, vocabulary: &BTreeMap<String, u32>) -> Value {
    let Options { clean_text, handle_chinese_chars, strip_accents, lowercase } = options;
    json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": added_tokens,
        "normalizer": {
            "type": "BertNormalizer", "clean_text": clean_text, "handle_chinese_chars": handle_chinese_chars,
            "strip_accents": strip_accents, "lowercase": lowercase,
        },
        "pre_tokenizer": {"type": "BertPreTokenizer"}, "post_processor": null, "decoder": null,
        "model": {
            "type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100, "vocab": vocabulary,
        },
    })
}

fn added_token(content: &str, flags: &str) -> Value {
    json!({
        "id": 0, "content": content, "special": flags.contains('s'), "normalized": flags.contains('n'),
        "single_word": flags.contains('w'), "lstrip": flags.contains('l'), "rstrip": flags.contains('r'),
    })
}

/// One file, read by the engine and by the crate.
struct Pair {
    name: String,
    ours: Tokenizer,
    scratch: TokenizerScratch,
    reference: tokenizers::Tokenizer,
}

impl Pair {
    fn new(name: &str, file: &Value) -> Self {
        let json = file.to_string();
        let ours = read(name, &json).unwrap();
        assert!(ours.is_native(), "{name}");
        let reference = tokenizers::Tokenizer::from_bytes(&json).unwrap();
        Self { name: name.to_owned(), scratch: ours.scratch(), ours, reference }
    }

    fn assert_equal(&mut self, text: &str) {
        let expected = self.reference.encode_fast(text, false).unwrap();
        let mut ids = Vec::new();
        self.ours.encode(text, usize::MAX, &mut self.scratch, &mut ids).unwrap();
        assert_eq!(ids, expected.get_ids(), "{}: {text:?}: {:?}", self.name, expected.get_tokens());
    }

    fn assert_equal_for_random_texts(&mut self, seed: u64, count: usize, extra: &[&str]) {
        let mut random = Random(seed);
        let alphabet: Vec<char> = ALPHABET.chars().collect();
        for _ in 0..count {
            let mut text = String::new();
            // Few characters or many, so that long words, repeated words and runs of one kind come
            // up.
            let letters: Vec<char> = (0..1 + random.below(12)).map(|_| *random.pick(&alphabet)).collect();
            for _ in 0..random.below(150) {
                match random.below(40) {
                    0 if !extra.is_empty() => text.push_str(random.pick::<&str>(extra)),
                    1 => text.push_str(&random.pick(&letters).to_string().repeat(random.below(70))),
                    2..7 => text.push(' '),
                    7..12 => text.push(*random.pick(&alphabet)),
                    _ => text.push(*random.pick(&letters)),
                }
            }
            self.assert_equal(&text);
        }
    }
}

fn read(name: &str, json: &str) -> Result<Tokenizer, model2vec_engine::LoadError> {
    let path: PathBuf = std::env::temp_dir().join(format!("model2vec-{}-{name}.json", std::process::id()));
    std::fs::write(&path, json).unwrap();
    let tokenizer = Tokenizer::read(&path);
    std::fs::remove_file(&path).unwrap();
    tokenizer
}

#[test]
fn random_texts_have_the_references_ids_with_every_option() {
    let vocabulary = vocabulary();
    for (index, options) in option_sets().into_iter().enumerate() {
        let name = format!("options-{index}");
        Pair::new(&name, &file(options, &json!([]), &vocabulary)).assert_equal_for_random_texts(
            index as u64,
            1500,
            &[],
        );
    }
}

#[test]
fn every_code_point_has_the_references_ids() {
    // A vocabulary in which every character that is kept has an id.
    let mut vocabulary = vocabulary();
    for c in (0x80..0x3_0000).chain(0xE_0000..0xE_0200).filter_map(char::from_u32) {
        for piece in [c.to_string(), format!("##{c}")] {
            let next_id = vocabulary.len() as u32;
            vocabulary.entry(piece).or_insert(next_id);
        }
    }
    let cased = Options { lowercase: false, ..UNCASED };
    for (name, options) in [("uncased", UNCASED), ("cased", cased)] {
        let mut pair = Pair::new(name, &file(options, &json!([]), &vocabulary));
        let mut text = String::new();
        let mut count = 0;
        for c in (0..0x11_0000).filter_map(char::from_u32) {
            text.extend(['a', c, 'B', ' ', c, ' ']);
            count += 1;
            if count % 64 == 0 {
                pair.assert_equal(&text);
                text.clear();
            }
        }
        pair.assert_equal(&text);
        assert_eq!(count, 1_112_064);
        println!("{name}: {count} code points equal");
    }
}

#[test]
fn words_of_every_length_have_the_references_ids() {
    let mut pair = Pair::new("lengths", &file(UNCASED, &json!([]), &vocabulary()));
    for len in 1..=260 {
        for letter in ["x", "a", "é", "你", "가", "q"] {
            let word = letter.repeat(len);
            let texts = [
                word.clone(),
                format!("{word} {word}yyyyyyy ing"),
                format!("{}{word}", " ".repeat(len % 64)),
                format!("x{}.{word}", "y".repeat(len)),
            ];
            texts.iter().for_each(|text| pair.assert_equal(text));
        }
    }
    for len in [4000, 4096, 5000, 16_384, 70_000] {
        pair.assert_equal(&"ab cde.".repeat(len / 7));
        pair.assert_equal(&"a".repeat(len));
        pair.assert_equal(&format!("{} {}", "x".repeat(len), "é.".repeat(len)));
        pair.assert_equal(&"中文x ".repeat(len / 5));
    }
}

#[test]
fn added_tokens_of_every_kind_are_found_as_in_the_reference() {
    let vocabulary = vocabulary();
    let contents =
        ["[PAD]", "ab", "abc", "b c", "É", "éa", "中a", "—x", " a", "a ", "[x]", "İ", "the", "\u{302E}b", "é"];
    let mut random = Random(3);
    let mut native = 0;
    for round in 0..160 {
        let options = *random.pick(&option_sets());
        let mut added_tokens = Vec::new();
        for content in contents.iter().filter(|_| round % 2 == 0).chain(&contents[..1 + round % contents.len()]) {
            let flags: String = "snwlr".chars().filter(|_| random.below(3) == 0).collect();
            if random.below(2) == 0 {
                added_tokens.push(added_token(content, &flags));
            }
        }
        let file = file(options, &Value::Array(added_tokens), &vocabulary);
        let name = format!("added-{round}");
        let json = file.to_string();
        let ours = read(&name, &json).unwrap();
        let reference = tokenizers::Tokenizer::from_bytes(&json).unwrap();
        native += usize::from(ours.is_native());
        assert_eq!(ours.token_count(), reference.get_vocab_size(true), "{name}");
        for (token, id) in reference.get_vocab(true) {
            assert!((id as usize) < ours.id_bound(), "{name}: {token:?}");
        }
        let mut pair = Pair { scratch: ours.scratch(), name, ours, reference };
        pair.assert_equal_for_random_texts(round as u64, 60, &contents);
    }
    println!("{native} of 160 files native");
    assert!(native > 100);
}

#[test]
fn a_limit_gives_the_first_ids() {
    let file = file(UNCASED, &json!([added_token("[PAD]", "s"), added_token("the", "n")]), &vocabulary());
    let mut pair = Pair::new("limit", &file);
    let text = "abcde [PAD] the é. ".repeat(3000);
    let mut all = Vec::new();
    pair.ours.encode(&text, usize::MAX, &mut pair.scratch, &mut all).unwrap();
    for limit in [0, 1, 2, 5, 6, 7, 511, 512, 513, 4096, all.len() - 1, all.len(), all.len() + 1] {
        let mut ids = vec![u32::MAX; 3];
        pair.ours.encode(&text, limit, &mut pair.scratch, &mut ids).unwrap();
        assert_eq!(&ids[..3], &[u32::MAX; 3]);
        assert_eq!(ids[3..], all[..limit.min(all.len())], "{limit}");
    }
}

#[test]
fn a_scratch_of_another_tokenizer_gives_the_right_ids() {
    let vocabulary = vocabulary();
    let shifted: BTreeMap<_, _> = vocabulary.iter().map(|(token, id)| (token.clone(), id + 1000)).collect();
    let mut first = Pair::new("first", &file(UNCASED, &json!([]), &vocabulary));
    let mut second = Pair::new("second", &file(UNCASED, &json!([]), &shifted));
    for _ in 0..2 {
        first.assert_equal("the abc xyz");
        second.assert_equal("the abc xyz");
        std::mem::swap(&mut first.scratch, &mut second.scratch);
    }
}

#[test]
fn a_word_without_an_answer_is_an_error_as_in_the_reference() {
    let mut file = file(UNCASED, &json!([]), &vocabulary());
    file["model"]["unk_token"] = json!("absent");
    let pair = Pair::new("no-unknown", &file);
    let expected = pair.reference.encode_fast("the qqq", false).unwrap_err();
    let mut ids = Vec::new();
    let error = pair.ours.encode("the qqq", usize::MAX, &mut pair.ours.scratch(), &mut ids).unwrap_err();
    assert_eq!(error.reason, expected.to_string());
    assert_eq!(pair.ours.unknown_id(), None);
}

#[test]
fn a_model_without_a_type_is_word_piece() {
    let mut file = file(UNCASED, &json!([]), &vocabulary());
    file["model"].as_object_mut().unwrap().remove("type");
    Pair::new("untyped", &file).assert_equal_for_random_texts(1, 200, &[]);
}

#[test]
fn a_file_without_a_normalizer_keeps_its_text() {
    let mut file = file(UNCASED, &json!([]), &vocabulary());
    file["normalizer"] = Value::Null;
    Pair::new("no-normalizer", &file).assert_equal_for_random_texts(2, 1000, &[]);
}

#[test]
fn what_is_unusual_goes_the_reference_path() {
    type Change = fn(&mut Value);
    let changes: [(&str, Change); 7] = [
        ("template", |file| {
            let text = json!({"Sequence": {"id": "A", "type_id": 0}});
            file["post_processor"] = json!({
                "type": "TemplateProcessing", "single": [text, text], "pair": [text, {"Sequence": {"id": "B", "type_id": 1}}],
                "special_tokens": {},
            });
        }),
        ("limit", |file| file["model"]["max_input_chars_per_word"] = json!(100_000)),
        ("nul", |file| file["model"]["vocab"]["a\0"] = json!(5)),
        ("id", |file| file["model"]["vocab"]["abc"] = json!(u32::MAX)),
        ("empty", |file| file["added_tokens"] = json!([added_token("\u{301}", "n")])),
        // Which of the two is found depends on the order of a hash map, so the text below has
        // neither.
        ("same", |file| file["added_tokens"] = json!([added_token("ÉX", "n"), added_token("éx", "n")])),
        ("ids", |file| file["added_tokens"] = json!([added_token("the", "s"), added_token("[PAD]", "s")])),
    ];
    for (name, change) in changes {
        let mut vocabulary = vocabulary();
        if name == "ids" {
            vocabulary.insert("the".to_owned(), 0);
        }
        let mut file = file(UNCASED, &json!([]), &vocabulary);
        change(&mut file);
        let json = file.to_string();
        let ours = read(name, &json).unwrap();
        assert!(!ours.is_native(), "{name}");
        let mut pair = Pair {
            name: name.to_owned(),
            scratch: ours.scratch(),
            ours,
            reference: tokenizers::Tokenizer::from_bytes(&json).unwrap(),
        };
        pair.assert_equal("the abc [PAD] x a\0b");
    }
}
