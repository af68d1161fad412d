//! Chunks keep their limits, have the ids that they have alone, and make the text again.

mod test_data;

use std::ops::ControlFlow;
use std::path::Path;

use model2vec_engine::{Chunk, ChunkOptions, LoadOptions, Scratch, StaticModel};
use test_data::{Model, corpus, model_directory, models};
use unicode_segmentation::UnicodeSegmentation;

/// The models of one tokenizer each: those that differ in their table alone would repeat the work.
fn distinct_models() -> impl Iterator<Item = Model> {
    models().into_iter().filter(|model| !model.name.starts_with("m8k-") || ["m8k-f32"].contains(&model.name.as_str()))
}

/// Documents as they come, and what tries a splitter.
fn documents(root: &Path) -> Vec<String> {
    let texts: Vec<String> = ["docs_en_300", "multilingual_300", "edge"]
        .iter()
        .flat_map(|name| corpus(root, name).unwrap_or_default())
        .collect();
    let join = |from: usize, count: usize, with: &str| {
        texts[from..].iter().take(count).cloned().collect::<Vec<_>>().join(with)
    };
    let mut documents: Vec<String> =
        ["", " ", "\n\n", "a", "é", "😀", "A sentence. And another one!", "\u{301}"].map(String::from).into();
    documents.extend([
        join(0, 60, " "),
        join(100, 30, "\n"),
        join(300, 60, "\n\n"),
        join(400, 80, " "),
        join(600, 40, "\r\n"),
    ]);
    documents.extend([
        "x".repeat(3_000),
        "word ".repeat(2_000),
        " ".repeat(5_000) + "end",
        "\t\n".repeat(700),
        "的".repeat(1_500),
        "春は曙。やうやう白くなりゆく山ぎは、".repeat(60),
        "e\u{301}\u{302}".repeat(400) + " " + &"\u{301}".repeat(900),
        "👩‍👩‍👧‍👦🇩🇪".repeat(150),
        "[UNK][CLS] [MASK]</s> <pad>".repeat(60),
        "a\u{85}b\u{b}c\u{c}d\u{a0}e\u{2028}f\u{3000}g".repeat(120),
        "https://example.org/".to_owned() + &"path/to-a_thing?x=1&".repeat(200) + " then prose. And more of it.",
        "ﷺ".repeat(200),
        "antidisestablishmentarianism".repeat(300),
        "1,234.5 ".repeat(500),
    ]);
    documents
}

fn chunks_of(model: &StaticModel, text: &str, options: ChunkOptions, scratch: &mut Scratch) -> Vec<(Chunk, Vec<u32>)> {
    let mut chunks = Vec::new();
    let units: Vec<u16> = text.encode_utf16().collect();
    let each = |chunk, ids: &[u32]| {
        chunks.push((chunk, ids.to_vec()));
        assert!(chunks.len() <= 2 * text.len() + 2, "chunks must end");
        ControlFlow::Continue(())
    };
    model.chunks_utf16(&units, options, scratch, each).unwrap();
    chunks
}

#[test]
fn chunks_keep_both_limits_and_have_the_ids_that_they_have_alone() {
    for Model { name, root, .. } in distinct_models() {
        let model = StaticModel::load(&model_directory(&name), &LoadOptions::default()).expect(&name);
        let mut scratch = model.take_scratch();
        // The reference path is a hundred times slower.
        let most = if model.tokenizer().is_native() { usize::MAX } else { 6_000 };
        for text in documents(&root).iter().filter(|text| text.len() <= most) {
            let units: Vec<u16> = text.encode_utf16().collect();
            for (size, overlap, max_length) in
                [(256, 0, None), (256, 32, None), (32, 0, Some(32)), (40, 20, Some(512)), (5, 4, Some(5)), (1, 0, None)]
            {
                let found = chunks_of(&model, text, ChunkOptions { size, overlap, max_length }, &mut scratch);
                let place =
                    |chunk: &Chunk| format!("{name}, {size}/{overlap}/{max_length:?}: {:?} of {:.40?}", chunk, text);
                let mut before = (0, 0);
                for (index, (chunk, ids)) in found.iter().enumerate() {
                    let (start, end) = chunk.bytes;
                    let part = &text[start..end];
                    assert_eq!(
                        String::from_utf16(&units[chunk.units.0..chunk.units.1]).ok().as_deref(),
                        Some(part),
                        "{}",
                        place(chunk)
                    );
                    let (alone, stats) = model.token_ids(part, None, &mut scratch).unwrap();
                    assert_eq!((ids.as_slice(), chunk.tokens), (alone, stats.found as usize), "{}", place(chunk));
                    let is_one_char = part.chars().count() == 1;
                    assert!(chunk.tokens <= size || is_one_char, "{}", place(chunk));
                    if max_length.is_some() && !is_one_char {
                        let (_, stats) = model.token_ids(part, max_length, &mut scratch).unwrap();
                        assert!(!stats.truncated, "{}", place(chunk));
                    }
                    if index == 0 || overlap == 0 {
                        assert_eq!(start, before.1, "{}", place(chunk));
                    } else {
                        assert!(
                            start > before.0 && start <= before.1 && end > before.1,
                            "{} after {before:?}",
                            place(chunk)
                        );
                        let (_, stats) = model.token_ids(&text[start..before.1], None, &mut scratch).unwrap();
                        assert!(stats.found as usize <= overlap, "{}", place(chunk));
                    }
                    before = (start, end);
                }
                assert_eq!(before.1, text.len(), "{name}");
                assert_eq!(found.is_empty(), text.is_empty());
            }
        }
    }
}

/// The rule in its plainest form: a chunk ends at the last end of a word with which it fits, or at
/// the last end of a sentence in its second half.
#[test]
fn chunks_end_with_the_last_sentence_for_which_there_is_room() {
    let model = StaticModel::load(&model_directory("potion-base-8M"), &LoadOptions::default()).unwrap();
    let mut scratch = model.take_scratch();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../test/fixtures/unpacked");
    let text = corpus(&root, "docs_en_300").unwrap()[..40].join("\n");
    let size = 64;
    let count = |part: &str, scratch: &mut Scratch| model.token_ids(part, None, scratch).unwrap().1.found as usize;
    let sentence_ends: Vec<usize> = text
        .split_sentence_bound_indices()
        .map(|(at, _)| at)
        .skip(1)
        .filter(|&at| !text.as_bytes()[at - 1].is_ascii_graphic())
        .collect();
    // The white space after a word belongs to it.
    let word_ends: Vec<usize> = text
        .char_indices()
        .filter(|&(at, c)| !c.is_whitespace() && text[..at].ends_with(char::is_whitespace))
        .map(|(at, _)| at)
        .chain([text.len()])
        .collect();
    let options = ChunkOptions { size, overlap: 0, max_length: None };
    let found = chunks_of(&model, &text, options, &mut scratch);
    assert!(found.len() > 50);
    for (Chunk { bytes: (start, end), .. }, _) in found {
        let after = word_ends.partition_point(|&at| at <= start);
        let mut fits =
            word_ends[after..].iter().copied().take_while(|&at| count(&text[start..at], &mut scratch) <= size);
        let limit = fits.by_ref().last().unwrap();
        let half = start.midpoint(limit);
        let sentence = sentence_ends.iter().copied().rfind(|&at| at > half && at <= limit);
        let expected = if limit == text.len() { limit } else { sentence.unwrap_or(limit) };
        assert_eq!(end, expected, "{:?}", &text[start..end]);
    }
}
