//! Writes the engine's Unicode table: `cargo run -p model2vec-unicode-table`.

use std::path::Path;

use model2vec_unicode_table::{lowercase_by_std, std_version, table_source};

fn main() -> std::io::Result<()> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../engine/src/tokenizer/unicode_table.rs");
    std::fs::write(path, table_source(lowercase_by_std, &std_version()))
}
