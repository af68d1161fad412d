//! Tokenizing alone: `tokenizing LIBRARY`, one of the three below. Each is called in its fastest
//! way for many texts that gives the ids of each text; the input that it wants is made before the
//! clock starts where its interface lets it.

use std::path::Path;

use model2vec_benchmarks::{Error, Peer, serve};
use tokenizers_next::pipeline::{EncodeOptions, Encoding as NextEncoding, PipelineTokenizer};

/// The `tokenizers` crate, `encode_batch_fast`: no offsets.
struct Tokenizers(tokenizers::Tokenizer);

impl Peer for Tokenizers {
    type Output = Vec<tokenizers::Encoding>;

    fn pass(&self, texts: &[String]) -> Self::Output {
        let texts = texts.iter().map(String::as_str).collect();
        self.0.encode_batch_fast(texts, false).expect("the texts are tokenized")
    }

    fn ids(&self, texts: &[String]) -> Result<Vec<Vec<u32>>, Error> {
        Ok(self.pass(texts).iter().map(|encoding| encoding.get_ids().to_vec()).collect())
    }
}

/// `tokenizers` 1.0.0-rc.3, `PipelineTokenizer::encode`. It takes owned texts, so that a copy of
/// each is in its time.
struct TokenizersNext(PipelineTokenizer);

impl Peer for TokenizersNext {
    type Output = Vec<NextEncoding>;

    fn pass(&self, texts: &[String]) -> Self::Output {
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let options = EncodeOptions {
            truncation: tokenizers_next::pipeline::Override::Off,
            padding: tokenizers_next::pipeline::Override::Off,
            ..EncodeOptions::no_specials()
        };
        self.0.encode(texts, &options).wait().expect("the texts are tokenized")
    }

    fn ids(&self, texts: &[String]) -> Result<Vec<Vec<u32>>, Error> {
        Ok(self.pass(texts).iter().map(|encoding| encoding.ids().iter().map(|token| token.id()).collect()).collect())
    }
}

/// tokie, `encode_batch_flat`: one buffer of ids. It starts as many threads as the process may use
/// cores; on one core it leaves its word cache aside, so that its time there is more than it could
/// be.
struct Tokie(tokie::Tokenizer);

impl Peer for Tokie {
    type Output = (Vec<u32>, Vec<u64>);

    fn pass(&self, texts: &[String]) -> Self::Output {
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        self.0.encode_batch_flat(&texts, false)
    }

    fn ids(&self, texts: &[String]) -> Result<Vec<Vec<u32>>, Error> {
        let (ids, lengths) = self.pass(texts);
        let mut rest = ids.as_slice();
        Ok(lengths
            .iter()
            .map(|&length| {
                let (first, after) = rest.split_at(length as usize);
                rest = after;
                first.to_vec()
            })
            .collect())
    }
}

fn main() {
    let library = std::env::args().nth(1).unwrap_or_default();
    let file = |directory: &str| Path::new(directory).join("tokenizer.json");
    match library.as_str() {
        "tokenizers" => serve(|directory| {
            let mut tokenizer = tokenizers::Tokenizer::from_file(file(directory)).map_err(|error| error.to_string())?;
            tokenizer.with_truncation(None).map_err(|error| error.to_string())?;
            tokenizer.with_padding(None);
            Ok(Tokenizers(tokenizer))
        }),
        "tokenizers-next" => serve(|directory| {
            let canonical = tokenizers_next::canonicalize_file(file(directory)).map_err(|error| error.to_string())?;
            let tokenizer = tokenizers_next::from_json(&canonical).map_err(|error| error.to_string())?;
            Ok(TokenizersNext(tokenizer))
        }),
        "tokie" => serve(|directory| {
            let mut tokenizer = tokie::Tokenizer::from_json(file(directory)).map_err(|error| error.to_string())?;
            tokenizer.no_truncation().no_padding();
            Ok(Tokie(tokenizer))
        }),
        other => panic!("usage: tokenizing tokenizers|tokenizers-next|tokie, not {other:?}"),
    }
}
