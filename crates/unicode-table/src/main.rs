//! Writes the engine's Unicode tables: `cargo run -p model2vec-unicode-table`.

use std::path::Path;

use model2vec_unicode_table::{
    character_table_source, class_table_source, lowercase_by_std, std_version, table_source,
};

fn main() -> std::io::Result<()> {
    let tokenizer = Path::new(env!("CARGO_MANIFEST_DIR")).join("../engine/src/tokenizer");
    std::fs::write(tokenizer.join("unicode_table.rs"), table_source(lowercase_by_std, &std_version()))?;
    std::fs::write(tokenizer.join("normalizer/character_table.rs"), character_table_source())?;
    std::fs::write(tokenizer.join("pre_tokenizer/class_table.rs"), class_table_source())
}
