//! The committed tables against fresh ones.

/// The table as the engine reads it.
#[path = "../../engine/src/tokenizer/unicode"]
mod committed {
    #[expect(dead_code, reason = "the engine uses the rest")]
    pub(crate) mod property_table;
    mod two_stage;
}

use committed::property_table;
use model2vec_unicode_table::{
    LOWERCASE_FOLLOWS, character_table_source, class_table_source, lowercase_by_std, property_table_source, std_version,
};

/// Lower case according to the committed table.
fn lowercase_by_table(c: char) -> Vec<char> {
    if c == '\u{130}' {
        return vec!['i', '\u{307}'];
    }
    let lower = c as i32 + property_table::LOWERCASE_DELTA[property_table::NUMBERS.get(c)];
    vec![u32::try_from(lower).ok().and_then(char::from_u32).unwrap()]
}

/// A compiler of another Unicode version lower-cases other characters: then only the rest is compared.
#[test]
fn the_committed_property_table_is_what_the_generator_writes() {
    let committed_source = include_str!("../../engine/src/tokenizer/unicode/property_table.rs");
    let (_, version) = committed_source.split_once(LOWERCASE_FOLLOWS).unwrap();
    let version = version.lines().next().unwrap();
    let lowercase = if version == std_version() { lowercase_by_std } else { lowercase_by_table };
    let is_fresh = property_table_source(lowercase, version) == committed_source;
    assert!(is_fresh, "property_table.rs is out of date: run `cargo run -p model2vec-unicode-table`");
}

#[test]
fn the_committed_character_table_is_what_the_generator_writes() {
    let committed_source = include_str!("../../engine/src/tokenizer/unicode/character_table.rs");
    let is_fresh = character_table_source() == committed_source;
    assert!(is_fresh, "character_table.rs is out of date: run `cargo run -p model2vec-unicode-table`");
}

#[test]
fn the_committed_class_table_is_what_the_generator_writes() {
    let committed_source = include_str!("../../engine/src/tokenizer/unicode/class_table.rs");
    let is_fresh = class_table_source() == committed_source;
    assert!(is_fresh, "class_table.rs is out of date: run `cargo run -p model2vec-unicode-table`");
}
