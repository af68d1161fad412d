//! The table of the pre-tokenizers as Rust source: the classes that their patterns name, as
//! `regex-syntax` has them.

use regex_syntax::hir::{Class, HirKind};

use crate::source::{CODE_POINTS, GENERATED, TableSource};

/// Names, and the regexes of the classes.
const CLASSES: [(&str, &str); 9] = [
    ("LETTER", r"\p{L}"),
    ("NUMBER", r"\p{N}"),
    ("SPACE", r"\s"),
    ("WORD", r"\w"),
    ("UPPER", r"[\p{Lu}\p{Lt}]"),
    ("LOWER", r"\p{Ll}"),
    ("MARK", r"\p{M}"),
    ("PUNCTUATION", r"\p{P}"),
    ("SYMBOL", r"\p{S}"),
];

/// The source of `class_table.rs`.
///
/// # Panics
/// If `regex-syntax` doesn't know a class.
#[must_use]
pub fn class_table_source() -> String {
    let mut flags = vec![0_u16; CODE_POINTS as usize];
    for (bit, (_, regex)) in CLASSES.iter().enumerate() {
        let hir = regex_syntax::parse(regex).map(regex_syntax::hir::Hir::into_kind);
        let Ok(HirKind::Class(Class::Unicode(class))) = hir else {
            panic!("expected `{regex}` to be a class of code points, found {hir:?}")
        };
        for range in class.ranges() {
            let members = &mut flags[range.start() as usize..=range.end() as usize];
            members.iter_mut().for_each(|flags| *flags |= 1 << bit);
        }
    }
    let mut table = TableSource::new(&format!(
        "The classes of each code point that the patterns of pre-tokenizers name. {GENERATED}"
    ));
    let docs = CLASSES.map(|(name, regex)| (name, format!("`{regex}`.")));
    table.flags("u16", &docs.each_ref().map(|(name, doc)| (*name, doc.as_str())));
    let rows = table.two_stage("Row numbers by code point.", &flags);
    table.array("The classes by row number.", "CLASSES", "u16", &rows);
    table.array("The classes of ASCII.", "ASCII", "u16", &flags[..128]);
    table.finish()
}
