//! The committed tables against fresh ones.

#[path = "../../engine/src/tokenizer/unicode_table.rs"]
#[expect(dead_code, reason = "the engine uses the rest")]
mod committed;

use model2vec_unicode_table::{
    LOWERCASE_FOLLOWS, character_table_source, class_table_source, lowercase_by_std, std_version, table_source,
};

/// Lower case as the committed table has it.
fn lowercase_by_table(c: char) -> Vec<char> {
    if c == '\u{130}' {
        return vec!['i', '\u{307}'];
    }
    let code = c as usize;
    let block = usize::from(committed::BLOCK_OF[code >> committed::BLOCK_SHIFT]);
    let property = committed::BLOCKS[(block << committed::BLOCK_SHIFT) + code % (1 << committed::BLOCK_SHIFT)];
    let lower = c as i32 + committed::LOWERCASE_DELTA[usize::from(property)];
    vec![u32::try_from(lower).ok().and_then(char::from_u32).unwrap()]
}

/// A compiler of another Unicode version lower-cases other characters: then only the rest is compared.
#[test]
fn the_committed_table_is_what_the_generator_writes() {
    let committed_source = include_str!("../../engine/src/tokenizer/unicode_table.rs");
    let (_, version) = committed_source.split_once(LOWERCASE_FOLLOWS).unwrap();
    let version = version.lines().next().unwrap();
    let lowercase = if version == std_version() { lowercase_by_std } else { lowercase_by_table };
    let fresh = table_source(lowercase, version);
    assert!(fresh == committed_source, "unicode_table.rs is out of date: run `cargo run -p model2vec-unicode-table`");
}

#[test]
fn the_committed_character_table_is_what_the_generator_writes() {
    let committed_source = include_str!("../../engine/src/tokenizer/normalizer/character_table.rs");
    let is_fresh = character_table_source() == committed_source;
    assert!(is_fresh, "character_table.rs is out of date: run `cargo run -p model2vec-unicode-table`");
}

#[test]
fn the_committed_class_table_is_what_the_generator_writes() {
    let committed_source = include_str!("../../engine/src/tokenizer/pre_tokenizer/class_table.rs");
    let is_fresh = class_table_source() == committed_source;
    assert!(is_fresh, "class_table.rs is out of date: run `cargo run -p model2vec-unicode-table`");
}
