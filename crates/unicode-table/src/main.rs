//! Writes the engine's Unicode tables: `cargo run -p model2vec-unicode-table`.

use std::path::Path;

use model2vec_unicode_table::{
    character_table_source, class_table_source, lowercase_by_std, property_table_source, std_version,
};

fn main() -> std::io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../engine/src/tokenizer/unicode");
    std::fs::write(folder.join("property_table.rs"), property_table_source(lowercase_by_std, &std_version()))?;
    std::fs::write(folder.join("character_table.rs"), character_table_source())?;
    std::fs::write(folder.join("class_table.rs"), class_table_source())
}
