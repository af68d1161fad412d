//! The table of the normalizers as Rust source.

use unicode_normalization_alignments::char::{canonical_combining_class, is_combining_mark};

use crate::clusters::{PARTS, Parts};
use crate::forms::{Forms, characters, compatible_only};
use crate::source::{CODE_POINTS, GENERATED, TableSource};

const FLAGS: [(&str, &str); 7] = [
    ("KEPT_BY_NFC", "NFC leaves the character alone among such characters in canonical order."),
    ("KEPT_BY_NFD", "The same for NFD."),
    ("KEPT_BY_NFKC", "The same for NFKC."),
    ("KEPT_BY_NFKD", "The same for NFKD."),
    ("COMBINING_MARK", "Category M."),
    (
        "BREAKS_CANONICAL",
        "In NFC and NFD, the text before the character and the text from it on are normalized independently.",
    ),
    ("BREAKS_COMPATIBLE", "The same for NFKC and NFKD."),
];

/// The source of `character_table.rs`.
#[must_use]
pub fn character_table_source() -> String {
    let forms = Forms::new();
    let properties = properties(&forms);
    let mut table = TableSource::new(&format!("What the normalizers need to know of each code point. {GENERATED}"));
    table.flags("u8", &FLAGS);
    table.line("\n/// Parts of a grapheme cluster (UAX #29, table 2, and rule GB9c).\npub(crate) mod part {");
    for (number, (name, _)) in PARTS.iter().enumerate() {
        table.line(&format!("    pub(crate) const {name}: u8 = {number};"));
    }
    table.line(&format!("    pub(crate) const COUNT: usize = {};\n}}", PARTS.len()));
    let rows = table.two_stage("Row numbers by code point.", &properties);
    let column = |get: fn(&Property) -> u8| rows.iter().map(get).collect::<Vec<_>>();
    table.array("Flags by row number.", "FLAGS", "u8", &column(|row| row.flags));
    let classes = column(|row| row.combining_class);
    table.array("Canonical combining class by row number.", "COMBINING_CLASS", "u8", &classes);
    let parts = column(|row| row.cluster_part);
    table.array("Part of a grapheme cluster by row number.", "CLUSTER_PART", "u8", &parts);
    let doc = "The flags of all characters whose UTF-8 starts with a byte, none if one of them has another combining class \
               than 0; all flags for a byte that only continues characters.";
    table.array(doc, "FLAGS_BY_BYTE", "u8", &flags_by_byte(&properties));
    write_compositions(&mut table, &forms);
    write_decompositions(&mut table);
    table.finish()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
struct Property {
    flags: u8,
    combining_class: u8,
    cluster_part: u8,
}

fn properties(forms: &Forms) -> Vec<Property> {
    let parts = Parts::new();
    let property = |c| {
        let [nfc, nfd, nfkc, nfkd] = forms.kept(c);
        let [canonical, compatible] = forms.breaks(c);
        let flags = [nfc, nfd, nfkc, nfkd, is_combining_mark(c), canonical, compatible];
        let flags = flags.iter().enumerate().fold(0, |bits, (bit, &is_set)| bits | (u8::from(is_set) << bit));
        Property { flags, combining_class: canonical_combining_class(c), cluster_part: parts.of(c) }
    };
    // Surrogates are no characters: their slots are never read.
    (0..CODE_POINTS).map(|code| char::from_u32(code).map_or(Property::default(), property)).collect()
}

fn flags_by_byte(properties: &[Property]) -> Vec<u8> {
    let mut common: Vec<Option<u8>> = vec![None; 256];
    common[0x80..0xC0].fill(Some(u8::MAX));
    for c in characters() {
        let property = properties[c as usize];
        let flags = if property.combining_class == 0 { property.flags } else { 0 };
        let common = &mut common[usize::from(c.encode_utf8(&mut [0; 4]).as_bytes()[0])];
        *common = Some(common.unwrap_or(flags) & flags);
    }
    common.into_iter().map(Option::unwrap_or_default).collect()
}

/// Pairs that compose, rising, and what they compose to.
fn write_compositions(table: &mut TableSource, forms: &Forms) {
    let pairs: Vec<_> =
        forms.compositions.keys().map(|(first, second)| (*first as u64) << 32 | *second as u64).collect();
    let composed: Vec<_> = forms.compositions.values().map(|composed| *composed as u32).collect();
    let doc = "Pairs that compose, except for Hangul, rising: the first character in the upper half, the second in the lower.";
    table.array(doc, "COMPOSABLE", "u64", &pairs);
    table.array("What the nth pair composes to.", "COMPOSED", "u32", &composed);
}

/// Compatibility decompositions by rising code point: those of the nth are
/// `DECOMPOSED[START[n]..START[n + 1]]`.
fn write_decompositions(table: &mut TableSource) {
    let (mut codes, mut starts, mut parts) = (Vec::new(), vec![0], Vec::new());
    for c in characters() {
        if let Some(decomposed) = compatible_only(c) {
            codes.push(c as u32);
            parts.extend(decomposed.into_iter().map(|part| part as u32));
            starts.push(parts.len());
        }
    }
    let doc = "The code points whose compatibility decomposition differs from the canonical one, rising.";
    table.array(doc, "COMPATIBLE", "u32", &codes);
    let doc = "Where the nth such decomposition starts in `COMPATIBLE_DECOMPOSED`, and where the last ends.";
    table.array(doc, "COMPATIBLE_START", "u16", &starts);
    table.array("The characters of these decompositions.", "COMPATIBLE_DECOMPOSED", "u32", &parts);
}
