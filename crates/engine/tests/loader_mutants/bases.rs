//! The models that mutants are made of: real ones of every layout and element type, and one of a few tokens for each kind of
//! tokenizer, where every byte matters.

use std::fs;
use std::path::Path;

use crate::mutate::{Content, Directory};
use crate::test_data;

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
    // The tiny ones twice: they give more outcomes for their time.
    let tiny = TOKENIZERS.iter().chain(&TOKENIZERS);
    let tiny = tiny.map(|(name, tokenizer)| Base { name, subfolder: None, files: tiny_model(tokenizer) });
    real.into_iter().chain(tiny).collect()
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

/// Cut down from files that Python's `tokenizers` 0.23.3 saved, to 8 tokens each.
const TOKENIZERS: [(&str, &str); 5] = [
    (
        "tiny WordPiece",
        r###"{"version":"1.0","truncation":{"direction":"Right","max_length":512,"strategy":"LongestFirst","stride":0},
"padding":{"strategy":{"Fixed":512},"direction":"Right","pad_to_multiple_of":null,"pad_id":0,"pad_type_id":0,"pad_token":"[PAD]"},
"added_tokens":[{"id":1,"content":"[UNK]","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true},
{"id":7,"content":"brown fox","single_word":true,"lstrip":true,"rstrip":true,"normalized":true,"special":false}],
"normalizer":{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":null,"lowercase":true},
"pre_tokenizer":{"type":"BertPreTokenizer"},
"post_processor":{"type":"TemplateProcessing","single":[{"Sequence":{"id":"A","type_id":0}}],"pair":[{"Sequence":{"id":"A","type_id":0}},
{"Sequence":{"id":"B","type_id":1}}],"special_tokens":{}},"decoder":{"type":"WordPiece","prefix":"##","cleanup":true},
"model":{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##","max_input_chars_per_word":100,
"vocab":{"[PAD]":0,"[UNK]":1,"hello":2,"world":3,"the":4,"a":5,"##b":6}}}"###,
    ),
    (
        "tiny Unigram",
        r#"{"version":"1.0","truncation":null,"padding":null,
"added_tokens":[{"id":0,"content":"<s>","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true}],
"normalizer":{"type":"Sequence","normalizers":[{"type":"NFKC"},{"type":"Strip","strip_left":false,"strip_right":true},
{"type":"Replace","pattern":{"Regex":" {2,}"},"content":"▁"}]},
"pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"WhitespaceSplit"},
{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true}]},"post_processor":null,
"decoder":{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true},
"model":{"type":"Unigram","unk_id":1,"vocab":[["<s>",0.0],["<unk>",0.0],["▁hello",-2.5],["▁w",-3.0],["orld",-3.5],["▁",-4.0],
["the",-4.5],["o",-8.75]],"byte_fallback":false}}"#,
    ),
    (
        "tiny byte-level BPE",
        r#"{"version":"1.0","truncation":null,"padding":null,"added_tokens":[],"normalizer":{"type":"NFC"},
"pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"\\p{N}{1,3}|[^\\s\\p{L}]+"},"behavior":"Isolated",
"invert":false},{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":true}]},"post_processor":null,
"decoder":{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":true},
"model":{"type":"BPE","dropout":null,"unk_token":null,"continuing_subword_prefix":"","end_of_word_suffix":"","fuse_unk":false,
"byte_fallback":false,"ignore_merges":false,"vocab":{"h":0,"e":1,"l":2,"o":3,"Ġ":4,"he":5,"ll":6,"hell":7},
"merges":[["h","e"],["l","l"],["he","ll"]]}}"#,
    ),
    (
        "tiny SentencePiece BPE",
        r#"{"version":"1.0","truncation":null,"padding":null,
"added_tokens":[{"id":0,"content":"<unk>","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true}],
"normalizer":{"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"▁"},{"type":"Replace","pattern":{"String":" "},"content":"▁"}]},
"pre_tokenizer":null,"post_processor":null,"decoder":{"type":"Sequence","decoders":[{"type":"ByteFallback"},{"type":"Fuse"}]},
"model":{"type":"BPE","dropout":null,"unk_token":"<unk>","continuing_subword_prefix":null,"end_of_word_suffix":null,"fuse_unk":true,
"byte_fallback":true,"ignore_merges":true,"vocab":{"<unk>":0,"<0x0A>":1,"▁":2,"t":3,"h":4,"e":5,"th":6,"▁th":7},
"merges":["t h","▁ th"]}}"#,
    ),
    (
        "tiny WordLevel",
        r#"{"version":"1.0","truncation":null,"padding":null,"added_tokens":[],
"normalizer":{"type":"Sequence","normalizers":[{"type":"NFKC"},{"type":"Lowercase"}]},"pre_tokenizer":{"type":"Whitespace"},
"post_processor":null,"decoder":null,
"model":{"type":"WordLevel","vocab":{"[PAD]":0,"[UNK]":1,"hello":2,"the":3,"fox":4,"42":5,"!":6,",":7},"unk_token":"[UNK]"}}"#,
    ),
];
