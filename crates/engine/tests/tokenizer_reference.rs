//! Token ids of every model of the test data, compared with recorded digests of
//! Python model2vec 0.10.0.

mod test_data;

use std::path::Path;

use model2vec_engine::{Tokenizer, TokenizerScratch};
use serde::Deserialize;
use test_data::{Model, corpus, models, read_gzip};

#[derive(Deserialize)]
struct Meta {
    vocab: usize,
    unk_token_id: Option<u32>,
    median_token_length: usize,
    runs: std::collections::BTreeMap<String, Run>,
}

#[derive(Deserialize)]
struct Run {
    max_length: Option<usize>,
}

#[derive(Deserialize)]
struct Digests {
    runs: std::collections::BTreeMap<String, RunDigests>,
}

#[derive(Deserialize)]
struct RunDigests {
    /// Absent if another run has the same ids.
    ids_crc32: Option<Vec<u32>>,
}

/// The ids that model2vec 0.10.0 pools (model.py, `_encode_dispatch`, `tokenize`): the text is cut to code
/// points, the ids are cut, and the unknown id is dropped.
fn pooled_ids(
    tokenizer: &Tokenizer,
    scratch: &mut TokenizerScratch,
    text: &str,
    max_length: Option<usize>,
) -> Vec<u32> {
    let text = match max_length.map(|max| text.char_indices().nth(max * tokenizer.median_token_length())) {
        Some(Some((cut, _))) => &text[..cut],
        _ => text,
    };
    let mut ids = Vec::new();
    tokenizer.encode(text, max_length.unwrap_or(usize::MAX), scratch, &mut ids).unwrap();
    ids.retain(|id| Some(*id) != tokenizer.unknown_id());
    ids
}

fn crc32(ids: &[u32]) -> u32 {
    let mut digest = crc32fast::Hasher::new();
    ids.iter().for_each(|id| digest.update(&id.to_le_bytes()));
    digest.finalize()
}

/// Compares one corpus; the index and text of the first difference is the error.
fn compare(tokenizer: &Tokenizer, texts: &[String], max_length: Option<usize>, expected: &[u32], name: &str) {
    assert!(texts.len() >= expected.len(), "{name}: {} texts, {} digests", texts.len(), expected.len());
    let mut scratch = tokenizer.scratch();
    for (index, (text, &digest)) in texts.iter().zip(expected).enumerate() {
        let ids = pooled_ids(tokenizer, &mut scratch, text, max_length);
        assert_eq!(crc32(&ids), digest, "{name}: text {index}: {text:?}: {ids:?}");
    }
    println!("{name}: {} texts equal", expected.len());
}

fn compare_model(model: &Model) {
    let tokenizer = Tokenizer::read(&model.tokenizer).unwrap();
    let name = model.name.as_str();
    assert!(tokenizer.is_native(), "{name}");
    let meta: Meta = serde_json::from_slice(&std::fs::read(model.reference.join("meta.json")).unwrap()).unwrap();
    assert_eq!(tokenizer.unknown_id(), meta.unk_token_id, "{name}: unknown id");
    assert_eq!(tokenizer.median_token_length(), meta.median_token_length, "{name}: median token length");
    assert_eq!(tokenizer.token_count(), meta.vocab, "{name}: vocabulary");
    assert_eq!(tokenizer.vocabulary().len(), meta.vocab, "{name}: vocabulary");
    let highest = tokenizer.vocabulary().last().map_or(0, |(_, id)| *id as usize);
    assert_eq!(tokenizer.id_bound(), highest + 1, "{name}: id bound");

    let digests: Digests = serde_json::from_slice(&read_gzip(&model.reference.join("digests.json.gz"))).unwrap();
    for (run, digests) in &digests.runs {
        let Some(expected) = &digests.ids_crc32 else { continue };
        let corpus_name = run.split('.').next().unwrap();
        let texts = corpus(&model.root, corpus_name).unwrap_or_else(|| panic!("no corpus {corpus_name}"));
        compare(&tokenizer, &texts, meta.runs[run].max_length, expected, &format!("{name} {run}"));
    }
    for (corpus_name, file) in [
        ("sweep", "sweep.nomax.idcrc.u32"),
        ("multilingual", "multilingual.nomax.idcrc.u32"),
        ("docs_en", "docs_en_first4000.nomax.idcrc.u32"),
    ] {
        let (Some(expected), Some(texts)) = (read_u32s(&model.reference.join(file)), corpus(&model.root, corpus_name))
        else {
            println!("{name} {file}: not present");
            continue;
        };
        compare(&tokenizer, &texts, None, &expected, &format!("{name} {file}"));
    }
}

fn read_u32s(path: &Path) -> Option<Vec<u32>> {
    let bytes = std::fs::read(path).ok()?;
    Some(bytes.as_chunks().0.iter().map(|chunk| u32::from_le_bytes(*chunk)).collect())
}

#[test]
fn ids_equal_pythons_for_every_model_and_text() {
    // One kind of models while working on it: `M2V_MODEL=wp-`.
    let filter = std::env::var("M2V_MODEL").unwrap_or_default();
    let models: Vec<_> = models().into_iter().filter(|model| model.name.starts_with(&filter)).collect();
    assert!(!models.is_empty(), "no model is present, `node scripts/unpack-fixtures.mjs` unpacks the committed ones");
    models.iter().for_each(compare_model);
}
