//! Texts that are tokenized together get the same ids as each text alone.

mod test_data;

use std::ops::ControlFlow;

use model2vec_engine::{LoadOptions, StaticModel, Texts};
use test_data::{model_directory, models};

/// Texts of every kind that has code of its own: plain, beyond ASCII, with control characters, with
/// combining marks, with added tokens, cut, long, and empty.
fn texts() -> Vec<Vec<u16>> {
    let mut random = fastrand::Rng::with_seed(0x9E37_79B9);
    let snippets = [
        "the ",
        "Quick ",
        "brown-fox, ",
        "unbelievably ",
        "antidisestablishmentarianism ",
        "x",
        " ",
        "\n",
        "\t",
        "[",
        "[UNK]",
        "[PAD] ",
        "[CLS]",
        "é",
        "naïve ",
        "日本語",
        "Привет ",
        "\u{0}",
        "\u{7f}",
        "😀",
        "ﷺ",
        "qzxjkvw ",
        "12345 ",
        "a.b.c ",
        "\u{a0}",
        "…",
        "pneumonoultramicroscopicsilicovolcanoconiosis ",
    ];
    let mut texts: Vec<Vec<u16>> = vec![Vec::new(), vec![0xD800], vec![0x61; 64], vec![0x20; 128], vec![0x61; 20_000]];
    for index in 0..6_000 {
        let plain = index % 3 != 0;
        let count = if index % 500 == 0 { 3_000 } else { random.u32(..30) };
        let mut text = Vec::new();
        for _ in 0..count {
            let snippet = random.usize(..if plain { 5 } else { snippets.len() });
            text.extend(snippets[snippet].encode_utf16());
        }
        if index % 41 == 0 {
            text.push(0xDC00);
        }
        texts.push(text);
    }
    texts
}

#[test]
fn texts_together_have_the_ids_that_each_has_alone() {
    let texts = texts();
    // Cased and uncased, with and without accents, with various added tokens: the single pass
    // differs.
    let names: Vec<String> =
        models().into_iter().map(|model| model.name).filter(|name| name.starts_with("wp-")).collect();
    assert!(!names.is_empty(), "no WordPiece model is present");
    for name in names.iter().map(String::as_str).chain(["potion-base-8M"]) {
        let model = StaticModel::load(&model_directory(name), &LoadOptions::default()).expect(name);
        have_the_ids_that_each_has_alone(name, &model, &texts);
    }
}

fn have_the_ids_that_each_has_alone(name: &str, model: &StaticModel, texts: &[Vec<u16>]) {
    let together: Texts = texts.iter().collect();
    let mut scratch = model.take_scratch();
    for max_length in [None, Some(0), Some(1), Some(3), Some(20), Some(512)] {
        let (mut ids, mut stats) = (Vec::new(), Vec::new());
        let each = |found: &[u32], of_each: &[_]| {
            ids.extend_from_slice(found);
            stats.extend_from_slice(of_each);
            ControlFlow::Continue(())
        };
        let read = model.token_ids_of(&together, max_length, &mut scratch, each);
        read.map_err(|(_, error)| error).expect("all texts have ids");
        assert_eq!(stats.len(), texts.len());
        let mut start = 0;
        for (text, found) in texts.iter().zip(stats) {
            let (expected, alone) = model.token_ids_utf16(text, max_length, &mut scratch).expect("each text has ids");
            let end = start + found.pooled as usize;
            assert_eq!(
                (&ids[start..end], found),
                (expected, alone),
                "{name}, at most {max_length:?}: {}",
                String::from_utf16_lossy(text)
            );
            start = end;
        }
        assert_eq!(start, ids.len());
    }
}
