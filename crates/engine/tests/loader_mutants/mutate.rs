//! One random change to a model directory: to bits, lengths, JSON, or the structure of a
//! safetensors file.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::json_tokens::{Kind, tokens};
use crate::random::Random;

/// The files of a model, by their paths.
pub(crate) type Directory = BTreeMap<String, Content>;

#[derive(Clone)]
pub(crate) enum Content {
    Bytes(Vec<u8>),
    Directory,
}

/// Changes one file, and describes the change.
pub(crate) fn mutate(directory: &mut Directory, random: &mut Random) -> String {
    // The most can go wrong in the tokenizer, the least in the configuration, unless it describes a
    // head.
    let part = if directory.contains_key("head.safetensors") {
        *random.pick(&["head.safetensors", "head.safetensors", "config", "config", "tokenizer", "model.safetensors"])
    } else {
        let table = "model.safetensors";
        *random.pick(&["tokenizer", "tokenizer", "tokenizer", table, table, "config"])
    };
    let Some(name) = directory.keys().find(|name| name.contains(part)).cloned() else {
        return format!("no {part}");
    };
    if random.below(40) == 0 {
        return format!("{name}: {}", replace_file(directory, &name, random));
    }
    let Some(Content::Bytes(bytes)) = directory.get_mut(&name) else {
        return format!("{name}: a directory already");
    };
    let change = match (part.ends_with("safetensors"), random.below(6)) {
        (true, 0..2) => mutate_container(bytes, random),
        (true, 2..4) => mutate_header(bytes, random),
        (true, _) | (_, 0) => mutate_bytes(bytes, random),
        _ => mutate_json(bytes, random),
    };
    format!("{name}: {change}")
}

fn replace_file(directory: &mut Directory, name: &str, random: &mut Random) -> &'static str {
    match random.below(4) {
        0 => {
            directory.remove(name);
            "removed"
        }
        1 => {
            directory.insert(name.to_owned(), Content::Directory);
            "became a directory"
        }
        2 => {
            directory.insert(name.to_owned(), Content::Bytes(Vec::new()));
            "emptied"
        }
        _ => {
            let all: Vec<_> = directory.values().cloned().collect();
            directory.insert(name.to_owned(), random.pick(&all).clone());
            "got the content of a file of the directory"
        }
    }
}

fn mutate_bytes(bytes: &mut Vec<u8>, random: &mut Random) -> String {
    if bytes.is_empty() {
        return "empty already".to_owned();
    }
    let position = random.position(bytes.len() - 1);
    let length = random.below((bytes.len() - position).min(64)) + 1;
    let range = position..position + length;
    match random.below(6) {
        0 => {
            for _ in 0..=random.below(8) {
                let position = random.position(bytes.len() - 1);
                bytes[position] ^= 1 << random.below(8);
            }
            "bits flipped".to_owned()
        }
        1 => {
            bytes.truncate(position);
            format!("cut to {position} bytes")
        }
        2 => {
            bytes[range.clone()].fill_with(|| random.byte());
            format!("random bytes at {range:?}")
        }
        3 => {
            let repeated = bytes[range.clone()].repeat(random.below(20) + 1);
            bytes.splice(position..position, repeated);
            format!("{range:?} repeated")
        }
        4 => {
            bytes.drain(range.clone());
            format!("{range:?} removed")
        }
        _ => {
            let more = random.below(100);
            bytes.extend((0..more).map(|_| random.byte()));
            format!("{more} bytes appended")
        }
    }
}

/// Values that a JSON value can be replaced by.
#[rustfmt::skip]
const VALUES: [&str; 36] = [
    "-1", "0", "-0", "1", "2", "7", "8", "255", "65536", "2147483647", "2147483648", "4294967295", "4294967296",
    "4611686018427387904", "9223372036854775807", "9223372036854775808", "18446744073709551615", "18446744073709551616",
    "0.5", "1e3", "-1e308", "1e999", "1e-400", "NaN", "Infinity", "null", "true", "false", "[]", "{}", "[0]", r#""""#,
    r#""\ud800""#, r#""\u0000""#, r#""Ġ""#, r#""(a+)+$""#,
];

/// Strings with a meaning in some component of a tokenizer.
#[rustfmt::skip]
const STRINGS: [&str; 20] = [
    "Ġ", "▁", " ", "##", "a", "hello world", "[UNK]", "<0xFF>", "always", "never", "first", "Removed", "Isolated", "Contiguous",
    "MergedWithPrevious", "ByteLevel", "Lowercase", "NFKD", "(a+)+$|(?=b)", "(((((((((a{99}){99}){99}){99}){99}){99}){99}){99}){99})",
];

fn mutate_json(json: &mut Vec<u8>, random: &mut Random) -> String {
    let tokens = tokens(json);
    let pick = |random: &mut Random, wanted: &[Kind]| -> Option<Range<usize>> {
        let ranges: Vec<_> = tokens.iter().filter(|(kind, _)| wanted.contains(kind)).map(|(_, range)| range).collect();
        (!ranges.is_empty()).then(|| ranges[random.position(ranges.len() - 1)].clone())
    };
    let (kinds, replacement): (&[Kind], Vec<u8>) = match random.below(14) {
        0 | 1 => (&[Kind::Word], random.pick(&VALUES).as_bytes().to_vec()),
        2 => (&[Kind::String, Kind::Word], random.pick(&VALUES).as_bytes().to_vec()),
        3 => {
            let Some(other) = pick(random, &[Kind::String]) else { return "no string".to_owned() };
            (&[Kind::String], json[other].to_vec())
        }
        4 => (
            &[Kind::Punctuation],
            random.pick(&["", "{", "}", "[", "]", ",", ":", "[[", "]]", ",,"]).as_bytes().to_vec(),
        ),
        5 => (&[Kind::Word, Kind::String], nested(random)),
        6 => (&[Kind::String], format!("\"{}\"", "long ".repeat(random.below(200_000))).into_bytes()),
        7 => {
            let Some(range) = pick(random, &[Kind::String]) else { return "no name".to_owned() };
            return repeat_name(json, range, random);
        }
        8 => (&[Kind::String], format!("\"{}\"", random.pick(&STRINGS)).into_bytes()),
        _ => {
            let Some(range) = pick(random, &[Kind::Word]) else { return "no word".to_owned() };
            return change_word(json, range, random);
        }
    };
    let Some(range) = pick(random, kinds) else { return "no such token".to_owned() };
    let shown = String::from_utf8_lossy(&replacement[..replacement.len().min(30)]).into_owned();
    let change = format!("{:?} replaced by {shown:?} ({} bytes)", range, replacement.len());
    json.splice(range, replacement);
    change
}

/// Changes a value into a similar one: most of these files still load.
fn change_word(json: &mut Vec<u8>, range: Range<usize>, random: &mut Random) -> String {
    let word = String::from_utf8_lossy(&json[range.clone()]).into_owned();
    let changed = match (word.as_str(), word.parse::<i64>()) {
        ("true", _) => "false".to_owned(),
        ("false", _) => "true".to_owned(),
        ("null", _) => random.pick(&["0", "true", "\"a\""]).to_string(),
        (_, Ok(number)) => number.wrapping_add(random.below(5) as i64 - 2).to_string(),
        (_, Err(_)) => format!("{}.5", random.below(20)),
    };
    let change = format!("{word} at {} became {changed}", range.start);
    json.splice(range, changed.into_bytes());
    change
}

/// A deeply nested value.
fn nested(random: &mut Random) -> Vec<u8> {
    let depth = *random.pick(&[2, 64, 120, 127, 128, 129, 1000, 100_000, 1_000_000]);
    if random.below(2) == 0 {
        [b"[".repeat(depth), b"]".repeat(depth)].concat()
    } else {
        [b"{\"type\":".repeat(depth), b"0".to_vec(), b"}".repeat(depth)].concat()
    }
}

/// Repeats a name of the text, with another value, in the object that opens last before it.
fn repeat_name(json: &mut Vec<u8>, name: Range<usize>, random: &mut Random) -> String {
    let Some(brace) = json[..name.start].iter().rposition(|&byte| byte == b'{') else { return "no object".to_owned() };
    let member = [&json[name.clone()], b":", random.pick(&VALUES).as_bytes(), b","].concat();
    let change = format!("{} added at {brace}", String::from_utf8_lossy(&member[..member.len().min(60)]));
    json.splice(brace + 1..brace + 1, member);
    change
}

/// Changes the JSON header of a safetensors file, and corrects its length.
fn mutate_header(bytes: &mut Vec<u8>, random: &mut Random) -> String {
    let Some(end) = header_end(bytes) else { return "no header".to_owned() };
    let mut header = bytes[8..end].to_vec();
    let change = match random.below(4) {
        0 => change_type(&mut header, random),
        _ => mutate_json(&mut header, random),
    };
    let length = header.len() as u64;
    bytes.splice(8..end, header);
    bytes[..8].copy_from_slice(&length.to_le_bytes());
    change
}

fn header_end(bytes: &[u8]) -> Option<usize> {
    let length = u64::from_le_bytes(bytes.first_chunk().copied()?);
    let end = usize::try_from(length).ok()?.checked_add(8)?;
    (end <= bytes.len()).then_some(end)
}

/// Replaces one element type by another, half of the time with a shape that fits the number of
/// bytes.
fn change_type(header: &mut Vec<u8>, random: &mut Random) -> String {
    const TYPES: [&str; 10] = ["F64", "F32", "F16", "BF16", "I8", "I16", "I32", "I64", "U8", "F9"];
    let text = String::from_utf8_lossy(header).into_owned();
    let present: Vec<_> = TYPES.iter().filter(|dtype| text.contains(&format!("\"{dtype}\""))).collect();
    if present.is_empty() {
        return "no type".to_owned();
    }
    let (from, to) = (*random.pick(&present), random.pick(&TYPES));
    let mut changed = text.replacen(&format!("\"{from}\""), &format!("\"{to}\""), 1);
    if random.below(2) == 0 {
        for (shape, fitting) in
            [("[4,2]", "[4,4]"), ("[8000,32]", "[8000,64]"), ("[256,32]", "[256,64]"), ("[8]", "[16]")]
        {
            changed = changed.replacen(shape, fitting, 1);
        }
    }
    *header = changed.into_bytes();
    format!("`{from}` became `{to}`")
}

/// Changes the length of the header, or numbers in the data.
fn mutate_container(bytes: &mut [u8], random: &mut Random) -> String {
    let (Some(end), length) = (header_end(bytes), bytes.len() as u64) else { return "no header".to_owned() };
    if random.below(2) == 0 {
        let header_length = end as u64 - 8;
        let claims = [
            0,
            1,
            header_length.saturating_sub(1),
            header_length + 1,
            header_length + 8,
            length,
            length - 8,
            length - 7,
            100_000_000,
            100_000_001,
            1 << 31,
            1 << 32,
            1 << 63,
            u64::MAX - 8,
            u64::MAX,
        ];
        let claim = *random.pick(&claims);
        bytes[..8].copy_from_slice(&claim.to_le_bytes());
        return format!("a header length of {claim}");
    }
    let data = &mut bytes[end..];
    if data.len() < 8 {
        return "no data".to_owned();
    }
    for _ in 0..=random.below(4) {
        let numbers =
            [-1, 3, 4, 255, 256, 8000, i64::from(i32::MIN), i64::MIN, i64::MAX, 0x7fc0_0000, 0x7ff8_0000_0000_0000];
        let number = *random.pick(&numbers);
        let position = random.position(data.len() - 8) / 8 * 8;
        data[position..position + 8].copy_from_slice(&number.to_le_bytes());
    }
    "extreme numbers in the data".to_owned()
}
