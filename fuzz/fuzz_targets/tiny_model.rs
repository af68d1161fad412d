//! A model of 8 tokens in a folder of this process. One of its files is the fuzzer's input.

use std::fs;
use std::panic;
use std::path::PathBuf;
use std::sync::LazyLock;

use model2vec_engine::{EncodeOptions, HeadOutput, LoadOptions, MemoryMode, StaticModel};

const TOKENIZER: &[u8] = include_bytes!("../../crates/engine/tests/loader_mutants/tiny/word-level.json");
const CONFIG: &[u8] = br#"{"model_type":"model2vec","normalize":true,"max_length":512}"#;
/// The header and the elements, without the length of the header that comes first in a file.
const TABLE: &[u8] = include_bytes!("../seeds/table/weights-and-mapping");

static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = std::env::temp_dir().join(format!("model2vec-fuzz-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let header = TABLE.iter().rposition(|&byte| byte == b'}').unwrap() as u64 + 1;
    for (name, bytes) in [
        ("tokenizer.json", TOKENIZER),
        ("config.json", CONFIG),
        ("model.safetensors", &[&header.to_le_bytes(), TABLE].concat()),
    ] {
        fs::write(folder.join(name), bytes).unwrap();
    }
    StaticModel::load(&folder, &LoadOptions::default()).expect("the unchanged model loads");
    folder
});

/// The engine catches a panic of the `tokenizers` crate and returns an error. But libFuzzer stops at every
/// panic. So here only a panic in the engine's own code stops at once; one that is not caught still ends the
/// process.
pub fn allow_caught_panics() {
    let end = panic::take_hook();
    panic::set_hook(Box::new(move |information| {
        if information.location().is_some_and(|location| location.file().contains("crates/engine/")) {
            end(information);
        }
    }));
}

/// Loads the model with `head_config` and `file` as its head, and uses it.
#[allow(dead_code, reason = "only the target of heads calls it")]
pub fn load_with_head(head_config: &[u8], file: &[u8]) {
    let config = [&br#"{"normalize":true,"head_config":"#[..], head_config, b"}"].concat();
    fs::write(FOLDER.join("config.json"), config).unwrap();
    fs::write(FOLDER.join("head.safetensors"), file).unwrap();
    let model = StaticModel::load(&FOLDER, &LoadOptions::default()).and_then(|model| model.with_head());
    let Ok(model) = model else { return };
    for output in [HeadOutput::Scores, HeadOutput::Activated] {
        let model = model.through_head(output, true).expect("it was loaded with its head");
        let (mut scratch, mut vector) = (model.take_scratch(), vec![0.0; model.dim()]);
        for text in ["", "hello the world"] {
            let _ = model.encode(text, model.defaults(), &mut scratch, &mut vector);
        }
    }
}

/// Writes a file of the model, and returns its path.
#[allow(dead_code, reason = "only the target of prepared tokenizers calls it")]
pub fn write(name: &str, bytes: &[u8]) -> PathBuf {
    let path = FOLDER.join(name);
    fs::write(&path, bytes).unwrap();
    path
}

/// Loads the model with `bytes` as the file `name`, once copied and once mapped, and uses it.
#[allow(dead_code, reason = "the target of heads does not call it")]
pub fn load_with(name: &str, bytes: &[u8]) {
    fs::write(FOLDER.join(name), bytes).unwrap();
    for memory in [MemoryMode::Copy, MemoryMode::Map] {
        if let Ok(model) = StaticModel::load(&FOLDER, &LoadOptions { memory, ..LoadOptions::default() }) {
            use_model(&model);
        }
    }
}

fn use_model(model: &StaticModel) {
    let options = model.defaults();
    let mut vector = vec![0.0; model.dim()];
    for id in 0..model.table().id_count() {
        model.row(id as u32, options, &mut vector);
    }
    std::hint::black_box(model.tokenizer().vocabulary());
    let mut scratch = model.take_scratch();
    for text in ["", "hello the world", "Ünïcödé 日本語 😀\u{0}\u{301} [UNK] <unk> ab"] {
        // A tokenizer may refuse a text with an error.
        let _ = model.encode(text, options, &mut scratch, &mut vector);
        let _ = model.encode(text, EncodeOptions { max_length: None, ..options }, &mut scratch, &mut vector);
    }
}
