//! WordLevel: a piece is one token, or unknown (tokenizers 0.23.2, models/wordlevel/mod.rs,
//! `tokenize`).

use super::piece_ids::PieceIds;
use crate::tokenizer::encode_error::EncodeError;
use crate::tokenizer::file::unsupported::Unsupported;
use crate::tokenizer::file::vocabulary::Vocabulary;

/// The model of one file.
#[derive(Debug)]
pub(in crate::tokenizer) struct WordLevel {
    ids: PieceIds,
    unknown: Option<u32>,
}

impl WordLevel {
    /// # Errors
    /// Why only the reference path runs this vocabulary.
    pub(in crate::tokenizer) fn new(vocabulary: Vocabulary, unknown_token: &str) -> Result<Self, Unsupported> {
        let ids = PieceIds::new(vocabulary)?;
        let unknown = ids.get(unknown_token.as_bytes());
        Ok(Self { ids, unknown })
    }

    pub(in crate::tokenizer) fn vocabulary(&self) -> &Vocabulary {
        self.ids.vocabulary()
    }

    /// The id of a whole string.
    pub(in crate::tokenizer) fn id(&self, token: &str) -> Option<u32> {
        self.ids.get(token.as_bytes())
    }

    /// The id of one piece.
    ///
    /// # Errors
    /// If the piece is unknown, and there is no unknown token.
    pub(in crate::tokenizer) fn tokenize(&self, piece: &str) -> Result<u32, EncodeError> {
        let missing = || EncodeError { reason: "WordLevel error: Missing [UNK] token from the vocabulary".to_owned() };
        self.id(piece).or(self.unknown).ok_or_else(missing)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;
    use tokenizers::Model;
    use tokenizers::models::wordlevel;

    use super::WordLevel;
    use crate::tokenizer::model::test_pieces::{Random, files, pieces, runs, vocabulary};

    #[derive(Deserialize)]
    struct File {
        vocab: BTreeMap<String, u32>,
        unk_token: String,
    }

    #[track_caller]
    fn compare(tokens: &[(String, u32)], unknown_token: &str, texts: &[String]) {
        let ours = WordLevel::new(vocabulary(tokens), unknown_token).unwrap();
        let reference = wordlevel::WordLevel::builder()
            .vocab(tokens.iter().cloned().collect())
            .unk_token(unknown_token.to_owned())
            .build()
            .unwrap();
        assert_eq!(ours.vocabulary().len(), reference.get_vocab_size());
        for text in texts {
            let expected =
                reference.tokenize(text).map(|tokens| tokens.iter().map(|token| token.id).collect::<Vec<_>>());
            match (ours.tokenize(text), expected) {
                (Ok(id), Ok(expected)) => assert_eq!([id], *expected, "{text:?}"),
                (Err(error), Err(expected)) => assert_eq!(error.to_string(), expected.to_string()),
                (ours, expected) => panic!("{text:?}: {ours:?}, the crate: {expected:?}"),
            }
        }
    }

    #[test]
    fn words_get_the_crates_ids() {
        let tokens = ["[UNK]", "", "word", "wor", "a word of more than sixteen bytes", "\u{e9}", "日本語"];
        let tokens: Vec<_> = tokens.iter().zip(5..).map(|(token, id)| ((*token).to_owned(), id)).collect();
        let mut texts: Vec<String> = tokens.iter().map(|(token, _)| token.clone()).collect();
        texts.extend(["words", "word\0", "\0", "日本", "a word of more than sixteen byteS"].map(str::to_owned));
        texts.extend(runs("w"));
        for unknown_token in ["[UNK]", "", "no token"] {
            compare(&tokens, unknown_token, &texts);
        }
    }

    #[test]
    fn every_file_gives_the_crates_ids() {
        for (name, json) in files("WordLevel") {
            let model: File = serde_json::from_str(&json).unwrap();
            let tokens: Vec<_> = model.vocab.into_iter().collect();
            let words: Vec<&str> = tokens.iter().map(|(token, _)| token.as_str()).collect();
            let texts = pieces(&words, &mut Random::new(1), 5000);
            println!("{name}: {} pieces", texts.len());
            compare(&tokens, &model.unk_token, &texts);
        }
    }
}
