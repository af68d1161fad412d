//! Random small files: settings and vocabularies that no known model has, over few letters, so that all of them
//! occur together.

use serde_json::{Value, json};

use crate::texts::Random;

/// The letters of texts and tokens.
const LETTERS: [&str; 30] = [
    "a",
    "a",
    "b",
    "c",
    "s",
    "t",
    "A",
    "1",
    "2",
    "-",
    "-",
    ".",
    "'",
    "_",
    "\n",
    " ",
    " ",
    "\u{2581}",
    "\u{2581}",
    "\u{E9}",
    "\u{4E2D}",
    "\u{2013}",
    "\u{D7}",
    "\u{301}",
    "\u{A0}",
    "\u{1F600}",
    "<",
    ">",
    "\t",
    "\0",
];

/// Replacements of a space.
const REPLACEMENTS: [&str; 6] = ["\u{2581}", "\u{2581}", "\u{2581}", "_", "\u{E9}", "-"];

/// A file, and the letters that its texts are made of.
pub(crate) struct Variant {
    pub(crate) file: Value,
    letters: Vec<String>,
}

pub(crate) fn variant(random: &mut Random) -> Variant {
    let count = 2 + random.below(9);
    let mut letters: Vec<String> = (0..count).map(|_| (*random.pick(&LETTERS)).to_owned()).collect();
    if random.below(4) > 0 {
        letters.push(" ".to_owned());
    }
    let space = (*random.pick(&REPLACEMENTS)).to_owned();
    let (normalizer, pre_tokenizer, is_byte_level) = pipeline(random, &space);
    let alphabet: Vec<String> = if is_byte_level {
        letters.iter().flat_map(|letter| letter.bytes()).map(|byte| byte_char(byte).to_string()).collect()
    } else {
        let mut alphabet: Vec<_> = letters.iter().map(|letter| letter.replace(' ', &space)).collect();
        alphabet.push(space.clone());
        alphabet
    };
    let model = match random.below(7) {
        0..3 if !is_byte_level => unigram(random, &alphabet),
        0..6 => bpe(random, &alphabet),
        _ => word_level(random, &alphabet),
    };
    let added: Vec<Value> = (0..random.below(3))
        .map(|index| {
            let is_normalized = random.below(3) == 0;
            let is_odd = !is_normalized && random.below(2) == 0;
            let content = if is_odd { random.concat(&letters, 3) } else { format!("<add{index}>") };
            // With `single_word`, spaces stripped, or nothing left once they are normalized, the crate panics on some texts.
            json!({
                "id": 1000 + index, "content": content, "single_word": false, "lstrip": false, "rstrip": false,
                "normalized": is_normalized, "special": random.below(2) == 0,
            })
        })
        .filter(|token| token["content"] != "")
        .collect();
    letters.extend(added.iter().map(|token| token["content"].as_str().unwrap().to_owned()));
    let file = json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": added, "normalizer": normalizer,
        "pre_tokenizer": pre_tokenizer, "post_processor": null, "decoder": null, "model": model,
    });
    Variant { file, letters }
}

/// The normalizer, the pre-tokenizer, and whether the last one writes bytes.
fn pipeline(random: &mut Random, space: &str) -> (Value, Value, bool) {
    const LLAMA_3: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    const QWEN_2: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    let replace = json!({"type": "Replace", "pattern": {"String": " "}, "content": space});
    let prepend = json!({"type": "Prepend", "prepend": space});
    let normalizer = match random.below(12) {
        0..2 => replace.clone(),
        2 => json!({"type": "Sequence", "normalizers": [prepend, replace]}),
        3 => json!({"type": "NFC"}),
        4 => json!({"type": "NFKC"}),
        5 => json!({"type": "Sequence", "normalizers": [
            {"type": "Strip", "strip_left": true, "strip_right": true},
            {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": space},
        ]}),
        6 => json!({"type": "Sequence", "normalizers": [{"type": "Lowercase"}, replace]}),
        _ => Value::Null,
    };
    let metaspace = |random: &mut Random| {
        let scheme = *random.pick(&["always", "first", "never", "never"]);
        json!({"type": "Metaspace", "replacement": space, "prepend_scheme": scheme, "split": random.below(3) > 0})
    };
    let behavior = *random.pick(&["Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"]);
    let byte_level = |prefix: bool, regex: bool| json!({"type": "ByteLevel", "add_prefix_space": prefix, "trim_offsets": true, "use_regex": regex});
    let mut is_byte_level = false;
    let pre_tokenizer = match random.below(16) {
        0..5 => metaspace(random),
        5 => {
            let metaspace = metaspace(random);
            json!({"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"}, metaspace]})
        }
        6..8 => {
            json!({"type": "Split", "pattern": {"String": " "}, "behavior": behavior, "invert": random.below(4) == 0})
        }
        8 => json!({"type": "Whitespace"}),
        9 => json!({"type": "WhitespaceSplit"}),
        10 => json!({"type": "Punctuation", "behavior": behavior}),
        11 => {
            is_byte_level = true;
            byte_level(random.below(2) == 0, true)
        }
        12 => {
            is_byte_level = true;
            let regex = if random.below(2) == 0 { LLAMA_3 } else { QWEN_2 };
            let behavior = if random.below(2) == 0 { "Isolated" } else { behavior };
            let invert = behavior == "Removed";
            json!({"type": "Sequence", "pretokenizers": [
                {"type": "Split", "pattern": {"Regex": regex}, "behavior": behavior, "invert": invert},
                byte_level(random.below(2) == 0, false),
            ]})
        }
        13 => {
            let metaspace = metaspace(random);
            json!({"type": "Sequence", "pretokenizers": [metaspace, {"type": "Digits", "individual_digits": true}]})
        }
        _ => Value::Null,
    };
    (normalizer, pre_tokenizer, is_byte_level)
}

fn unigram(random: &mut Random, alphabet: &[String]) -> Value {
    let scores =
        [&[-1.0, -2.0, -3.0][..], &[-0.1, -0.3, -0.7, -1.1, -2.2, -3.3], &[0.0], &[-1e308, -1.0, -1e307, 1e308]];
    let scores = scores[if random.below(8) == 0 { 3 } else { random.below(3) }];
    let mut vocab = vec![("<unk>".to_owned(), *random.pick(scores))];
    for letter in alphabet {
        if random.below(8) > 0 {
            vocab.push((letter.clone(), *random.pick(scores)));
        }
    }
    for _ in 0..random.below(16) {
        vocab.push((random.concat(alphabet, 4), *random.pick(scores)));
    }
    vocab.retain(|(token, _)| !token.is_empty());
    push_bytes(random, |token| vocab.push((token, -1.0)));
    let most = *random.pick(&[1, 9]);
    let unk_id = if random.below(8) == 0 { Value::Null } else { json!(random.below(vocab.len().min(most))) };
    json!({"type": "Unigram", "vocab": vocab, "unk_id": unk_id, "byte_fallback": random.below(2) == 0})
}

fn bpe(random: &mut Random, alphabet: &[String]) -> Value {
    let mut tokens = vec!["<unk>".to_owned()];
    let mut push = |token: String| {
        let is_new = !tokens.contains(&token);
        if is_new {
            tokens.push(token);
        }
    };
    for letter in alphabet {
        if random.below(8) > 0 {
            push(letter.clone());
        }
    }
    push_bytes(random, &mut push);
    let mut merges: Vec<[String; 2]> = Vec::new();
    // Mostly letters, sometimes the tokens of bytes and the unknown one.
    for _ in 0..random.below(20) {
        let most = if random.below(4) == 0 { tokens.len() } else { tokens.len().min(alphabet.len() + 1) };
        let pick = |random: &mut Random| {
            let near_end = random.below(3) == 0;
            tokens[if near_end { tokens.len() - 1 - random.below(tokens.len().min(8)) } else { random.below(most) }]
                .clone()
        };
        let pair = [pick(random), pick(random)];
        let merged = pair.concat();
        if merged.len() < 24 && !merges.contains(&pair) {
            if !tokens.contains(&merged) {
                tokens.push(merged);
            }
            merges.push(pair);
        }
    }
    let unk_token = match random.below(6) {
        0..3 => json!("<unk>"),
        3 => json!(tokens[random.below(tokens.len())]),
        4 => json!("<missing>"),
        _ => Value::Null,
    };
    let vocab: serde_json::Map<_, _> = tokens.into_iter().zip(0..).map(|(token, id)| (token, json!(id))).collect();
    let suffix = if random.below(8) == 0 { json!("</w>") } else { Value::Null };
    json!({
        "type": "BPE", "dropout": null, "unk_token": unk_token, "continuing_subword_prefix": null, "end_of_word_suffix": suffix,
        "fuse_unk": random.below(2) == 0, "byte_fallback": random.below(2) == 0, "ignore_merges": random.below(8) == 0,
        "vocab": vocab, "merges": merges,
    })
}

fn word_level(random: &mut Random, alphabet: &[String]) -> Value {
    let mut tokens = vec!["<unk>".to_owned()];
    for _ in 0..30 {
        let token = random.concat(alphabet, 3);
        if !tokens.contains(&token) && !token.is_empty() {
            tokens.push(token);
        }
    }
    let vocab: serde_json::Map<_, _> = tokens.into_iter().zip(0..).map(|(token, id)| (token, json!(id))).collect();
    json!({"type": "WordLevel", "vocab": vocab, "unk_token": "<unk>"})
}

/// The tokens of all bytes, or of some.
fn push_bytes(random: &mut Random, mut push: impl FnMut(String)) {
    let most = *random.pick(&[0, 7, 8]);
    (0..=255_u8).filter(|_| random.below(8) < most).for_each(|byte| push(format!("<0x{byte:02X}>")));
}

/// The character of the byte-level alphabet.
fn byte_char(byte: u8) -> char {
    let is_printable = |byte: u8| matches!(byte, b'!'..=b'~' | 0xA1..=0xAC | 0xAE..=0xFF);
    if is_printable(byte) {
        return byte.into();
    }
    let rank = (0..byte).filter(|byte| !is_printable(*byte)).count();
    char::from_u32(0x100 + rank as u32).unwrap()
}

impl Variant {
    /// A text: words that come again, runs around the sizes at which something may change.
    pub(crate) fn text(&self, random: &mut Random) -> String {
        let few: Vec<String> = (0..1 + random.below(4)).map(|_| random.pick(&self.letters).clone()).collect();
        let mut text = String::new();
        let count = *random.pick(&[1, 3, 8, 30, 100]);
        for _ in 0..1 + random.below(count) {
            let letters = if random.below(4) == 0 { &self.letters } else { &few };
            match random.below(60) {
                0 => {
                    let letter = random.pick(letters).clone();
                    let size = *random.pick(&[16, 48, 62, 64, 128, 200, 256, 300]);
                    text.push_str(&letter.repeat(size / letter.len() + random.below(5)));
                }
                1 => text.push_str(&random.concat(letters, 4).repeat(random.below(80))),
                _ => text.push_str(&random.concat(letters, 5)),
            }
        }
        text
    }
}
