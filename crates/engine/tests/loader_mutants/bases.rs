//! The models that are mutated: real ones of every layout and element type, and a tiny one for each
//! kind of tokenizer, in which every byte matters.

use std::fs;
use std::path::Path;

use crate::mutate::{Content, Directory};
use crate::{tensors, test_data};

pub(crate) struct Base {
    pub(crate) name: &'static str,
    pub(crate) subfolder: Option<&'static str>,
    pub(crate) files: Directory,
}

pub(crate) fn all() -> Vec<Base> {
    let real = [
        "m8k-dim3",
        "m8k-int8",
        "m8k-mapping-only-f16",
        "m8k-vq",
        "m8k-vq-f16-wf16",
        "m8k-vq-wf64-mi64",
        "m8k-st",
        "m8k-st-nested",
        "m8k-subfolder",
    ];
    let real = real.map(|name| {
        let mut files = Directory::new();
        read_directory(&test_data::model_directory(name), "", &mut files);
        Base { name, subfolder: (name == "m8k-subfolder").then_some("sub"), files }
    });
    // The tiny ones twice, because they give more outcomes per time.
    let tiny = TOKENIZERS.iter().chain(&TOKENIZERS);
    let tiny = tiny.map(|(name, tokenizer)| Base { name, subfolder: None, files: tiny_model(tokenizer) });
    let with_head = [("tiny classifier", "F32", "softmax"), ("tiny multi-label classifier", "F16", "sigmoid")];
    let with_head = with_head.map(|(name, dtype, activation)| {
        let mut files = tiny_model(TOKENIZERS[4].1);
        add_head(&mut files, dtype, activation);
        Base { name, subfolder: None, files }
    });
    real.into_iter().chain(tiny).chain(with_head).collect()
}

/// A head of two layers, 2 → 3 → 2.
fn add_head(files: &mut Directory, dtype: &str, activation: &str) {
    let size = if dtype == "F16" { 2 } else { 4 };
    // Numbers around 0.5 and 1 in both types.
    let bytes = |count: usize| {
        let byte = |at: usize| if at % size == size - 1 { 0x3c + (at % 3) as u8 } else { at as u8 };
        (0..count * size).map(byte).collect::<Vec<u8>>()
    };
    let file = tensors::file_of([
        ("head.0.weight", dtype, &[3, 2][..], bytes(6)),
        ("head.0.bias", dtype, &[3], bytes(3)),
        ("head.1.weight", dtype, &[2, 3], bytes(6)),
        ("head.1.bias", dtype, &[2], bytes(2)),
    ]);
    let config = format!(
        r#"{{"normalize":true,"head_config":{{"n_layers":2,"activation":"{activation}","classes":["a","b"]}},"max_length":512}}"#
    );
    files.insert("head.safetensors".to_owned(), Content::Bytes(file));
    files.insert("config.json".to_owned(), Content::Bytes(config.into_bytes()));
}

fn read_directory(path: &Path, prefix: &str, files: &mut Directory) {
    for entry in fs::read_dir(path).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("{prefix}{}", path.file_name().unwrap().to_str().unwrap());
        if path.is_dir() {
            read_directory(&path, &format!("{name}/"), files);
        } else {
            files.insert(name, Content::Bytes(fs::read(path).unwrap()));
        }
    }
}

/// A model of 8 tokens: float32 rows of 2, float32 weights, an int64 mapping to 4 rows.
fn tiny_model(tokenizer: &str) -> Directory {
    let header = concat!(
        r#"{"__metadata__":{"format":"pt"},"embeddings":{"dtype":"F32","shape":[4,2],"data_offsets":[0,32]},"#,
        r#""mapping":{"dtype":"I64","shape":[8],"data_offsets":[32,96]},"#,
        r#""weights":{"dtype":"F32","shape":[8],"data_offsets":[96,128]}}"#
    );
    let mut table = (header.len() as u64).to_le_bytes().to_vec();
    table.extend(header.as_bytes());
    table.extend((0..8).flat_map(|element| (element as f32 - 3.5).to_le_bytes()));
    table.extend((0..8_i64).flat_map(|id| (id % 4).to_le_bytes()));
    table.extend((0..8).flat_map(|id| (id as f32 * 0.25).to_le_bytes()));
    let config = r#"{"model_type":"model2vec","normalize":true,"max_length":512,"seq_length":1000000}"#;
    Directory::from([
        ("config.json".to_owned(), Content::Bytes(config.as_bytes().to_vec())),
        ("tokenizer.json".to_owned(), Content::Bytes(tokenizer.as_bytes().to_vec())),
        ("model.safetensors".to_owned(), Content::Bytes(table)),
    ])
}

/// Files that Python's `tokenizers` 0.23.3 saved, cut down to 8 tokens each.
const TOKENIZERS: [(&str, &str); 5] = [
    ("tiny WordPiece", include_str!("tiny/word-piece.json")),
    ("tiny Unigram", include_str!("tiny/unigram.json")),
    ("tiny byte-level BPE", include_str!("tiny/byte-level-bpe.json")),
    ("tiny SentencePiece BPE", include_str!("tiny/sentence-piece-bpe.json")),
    ("tiny WordLevel", include_str!("tiny/word-level.json")),
];
