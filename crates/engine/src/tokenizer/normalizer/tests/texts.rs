//! The texts that the normalizers are tested with.

#[path = "../../../../tests/test_data/mod.rs"]
mod test_data;

use std::path::PathBuf;

use serde_json::Value;

/// Every character of planes 0 and 1, the compatibility ideographs of plane 2 (U+2F800 to U+2FA1F),
/// the first 4,096 of plane 14, and every 61st of all planes. So the other ideographs of planes 2
/// and 3 are only sampled.
///
/// Each character is alone in a line, among letters, between combining marks, and doubled before a
/// zero-width joiner. One text has these four lines for each of 64 characters.
pub(super) fn every_character() -> Vec<String> {
    const LINES: usize = 64;
    const SAMPLE: usize = 61;
    let assigned = (0..0x2_0000).chain(0x2_F800..0x2_FA20).chain(0xE_0000..0xE_1000);
    let characters: Vec<_> = assigned.chain((0..0x11_0000).step_by(SAMPLE)).filter_map(char::from_u32).collect();
    let line = |c: &char| format!("{c}\na{c}B {c}\ne\u{316}{c}\u{301}{c}\u{323}\n{c}{c}\u{200D}{c}\n");
    characters.chunks(LINES).map(|chunk| chunk.iter().map(line).collect()).collect()
}

/// The characters of random texts. Each string has a few characters of one script, or of one kind,
/// that act on each other: they compose, reorder or join.
const SCRIPTS: [&str; 16] = [
    "abc XYZ !.,-'\"``",
    "aeiouAEIOU\u{300}\u{301}\u{302}\u{323}\u{316}\u{31B}\u{345}\u{34F}\u{315}",
    "éÉåÅñộỆ\u{212B}\u{2126}ſ\u{1E9B}\u{323}",
    "\u{1100}\u{1112}\u{1161}\u{1175}\u{11A7}\u{11A8}\u{11C2}가각힣\u{A960}\u{D7B0}\u{D7CB}",
    "中文ｱﾊﾟﾞﾟがか\u{3099}\u{309A}㍿①Ａ！\u{3000}\u{F900}\u{2F800}豈",
    "ابةلا\u{64B}\u{651}\u{654}\u{655}ﷺﻼ\u{200F}\u{600}\u{6DD}",
    "שלום\u{5B0}\u{5BC}\u{5C1}\u{FB2A}\u{FB1D}",
    "क़कष\u{93C}\u{94D}\u{93F}\u{200C}\u{200D}\u{903}কো\u{9BE}\u{9C7}ஔ\u{B94}\u{BD7}",
    "ไทย\u{E33}\u{E38}\u{E48}ລາວ\u{EB3}\u{EB8}ཀ\u{F71}\u{F72}\u{F73}\u{F75}\u{F81}\u{F39}",
    "👩🔬❤\u{FE0F}\u{200D}🏽🇦🇧🇨👨\u{E0067}\u{E007F}\u{20E3}1",
    "\r\n\t\u{B}\u{C}\u{85}\u{A0}\u{1680}\u{2003}\u{2028}\u{200B}\u{FEFF}\u{0}\u{1}\u{7F}\u{8F}\u{AD}",
    "ﬁﬂ…™½²ⅷ㎏ǆ\u{1D400}\u{2581}\u{FFFD}\u{2047}",
    "Привет ΑΩάς\u{390}\u{344}\u{340}\u{343}\u{37E}İiıẞßԱ",
    "\u{1D15E}\u{1D165}\u{1D16E}\u{110AB}\u{11099}\u{110BA}\u{11131}\u{11127}\u{11EF6}\u{113C2}\u{105D2}\u{307}\u{16D67}",
    "\u{1039}\u{1000}\u{1025}\u{102E}\u{1B05}\u{1B35}\u{1B44}\u{A9C0}\u{1BAB}\u{17D2}\u{DD9}\u{DCF}\u{DCA}\u{CC6}\u{CC2}\u{CD5}",
    "  \r\n\r\r\n\u{301}\u{200D}\u{94D}\u{E33}",
];

/// Texts from a fixed seed, of 1 to 60 characters each. Most characters of a text are from one to
/// three of [`SCRIPTS`]; a few are arbitrary characters or U+0301.
pub(super) fn random_texts(count: usize) -> Vec<String> {
    let mut random = Random::new();
    let scripts: Vec<Vec<char>> = SCRIPTS.iter().map(|script| script.chars().collect()).collect();
    let text = |_| {
        let few: Vec<_> = (0..=random.below(3)).map(|_| random.below(scripts.len())).collect();
        let len = 1 + random.below(60);
        let one = |_| match random.below(40) {
            0 => char::from_u32(u32::try_from(random.below(0x11_0000)).unwrap()).unwrap_or('\u{D7A3}'),
            1 => char::from_u32(u32::try_from(random.below(0x3000)).unwrap()).unwrap_or(' '),
            2 => '\u{301}',
            _ => {
                let script = &scripts[few[random.below(few.len())]];
                script[random.below(script.len())]
            }
        };
        (0..len).map(one).collect()
    };
    (0..count).map(text).collect()
}

/// Random choices from a fixed seed.
pub(super) struct Random(fastrand::Rng);

impl Random {
    pub(super) fn new() -> Self {
        Self(fastrand::Rng::with_seed(1))
    }

    /// A number below `bound`, which is not 0.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        self.0.usize(..bound)
    }
}

/// The texts of the small corpora, from the first test data folder that has any.
pub(super) fn corpora() -> Vec<String> {
    let mut roots: Vec<PathBuf> = test_data::models().into_iter().map(|model| model.root).collect();
    roots.dedup();
    let of = |root: &PathBuf| {
        ["edge", "multilingual_300", "docs_en_300"]
            .into_iter()
            .filter_map(|name| test_data::corpus(root, name))
            .flatten()
            .collect()
    };
    roots
        .iter()
        .map(of)
        .find(|texts: &Vec<String>| !texts.is_empty())
        .expect("no test data: run `node scripts/unpack-fixtures.mjs`")
}

/// The normalizers of all models of the test data, each once. A sequence is not in the list itself,
/// but its members are.
pub(super) fn normalizers_of_models() -> Vec<Value> {
    let mut found = Vec::new();
    for model in test_data::models() {
        let json: Value = serde_json::from_slice(&std::fs::read(&model.tokenizer).unwrap()).unwrap();
        collect(&json["normalizer"], &mut found);
    }
    assert!(!found.is_empty(), "no test data: run `node scripts/unpack-fixtures.mjs`");
    found
}

fn collect(normalizer: &Value, found: &mut Vec<Value>) {
    if let Some(members) = normalizer["normalizers"].as_array() {
        members.iter().for_each(|member| collect(member, found));
    } else if !normalizer.is_null() && !found.contains(normalizer) {
        found.push(normalizer.clone());
    }
}
