//! The reference path: the `tokenizers` crate itself. Apart from tests, no other file names it.
//!
//! It equals Python's `tokenizers` 0.23.3 by construction, and is slow. A panic of that crate
//! becomes an error here: no file and no text may end the process.

mod longest_strings;
#[cfg(test)]
mod tests;

use std::any::Any;
use std::collections::HashMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use serde::Deserialize;
use tokenizers::ModelWrapper;

use crate::error::LoadError;
use crate::growth::put_all;
use crate::tokenizer::encode_error::EncodeError;
use crate::tokenizer::file::insertion::{LONGEST_INSERTION, MOST_ADDED};
use crate::tokenizer::file::read::explain;
use crate::tokenizer::file::vocabulary::{VocabularyFacts, sort_tokens};
use longest_strings::{Longest, longest_strings};

/// The longest Unigram piece, in bytes, that the crate may read: dropping it takes about 160 KB of
/// stack. Real pieces have dozens of bytes.
const LONGEST_PIECE: usize = 2048;
/// The longest pattern, in bytes, that the crate may compile. Real patterns have some hundred.
const LONGEST_PATTERN: usize = 1 << 16;
/// The most pieces of a post-processor, each of which may be a copy of the text with all its tokens.
/// Real ones have up to a handful.
const MOST_PIECES: usize = 64;

/// A tokenizer that the `tokenizers` crate runs.
pub(in crate::tokenizer) struct ReferenceTokenizer {
    tokenizer: tokenizers::Tokenizer,
    unknown_id: Option<u32>,
}

impl fmt::Debug for ReferenceTokenizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReferenceTokenizer").field("unknown_id", &self.unknown_id).finish_non_exhaustive()
    }
}

impl ReferenceTokenizer {
    /// Builds the tokenizer of the file `path`, whose bytes are `json`.
    ///
    /// # Errors
    /// [`LoadError::BadTokenizer`] with the crate's reason, or [`LoadError::UnsupportedTokenizer`]
    /// if the crate doesn't know a part of the file.
    pub(in crate::tokenizer) fn parse(path: &Path, json: &[u8]) -> Result<Self, LoadError> {
        let explained = |reason: String| explain(path, json, &reason);
        let longest = catch(|| longest_strings(json).map_err(|error| error.to_string()))
            .and_then(|outcome| outcome)
            .map_err(explained)?;
        if let Some(reason) = too_long(longest) {
            return Err(LoadError::UnsupportedTokenizer { path: path.to_owned(), reason });
        }
        catch(|| Self::build(json).map_err(|error| error.to_string())).and_then(|outcome| outcome).map_err(explained)
    }

    fn build(json: &[u8]) -> tokenizers::Result<Self> {
        let mut tokenizer = tokenizers::Tokenizer::from_bytes(json)?;
        // model2vec sets both itself, whatever the file says (model2vec 0.10.0, model.py,
        // `_disable_padding`, `_set_max_length_in_tokenizer`).
        tokenizer.with_padding(None).with_truncation(None)?;
        let unknown_id = unknown_id(&tokenizer, json)?;
        Ok(Self { tokenizer, unknown_id })
    }

    /// The ids of `text`, at most `limit`.
    ///
    /// # Errors
    /// Those of the crate.
    pub(in crate::tokenizer) fn encode(&self, text: &str, limit: usize, ids: &mut Vec<u32>) -> Result<(), EncodeError> {
        let encoding = catch(|| self.tokenizer.encode_fast(text, false).map_err(|error| error.to_string()))
            .and_then(|outcome| outcome)
            .map_err(|reason| EncodeError { reason })?;
        let found = encoding.get_ids();
        put_all(ids, &found[..found.len().min(limit)]);
        Ok(())
    }

    /// The vocabulary, added tokens included, by rising id.
    pub(in crate::tokenizer) fn vocabulary(&self) -> Vec<(String, u32)> {
        let mut tokens: Vec<_> = self.merged_vocabulary().into_iter().collect();
        sort_tokens(&mut tokens);
        tokens
    }

    /// What model2vec needs to know of the vocabulary.
    pub(in crate::tokenizer) fn facts(&self) -> VocabularyFacts {
        let vocabulary = self.merged_vocabulary();
        VocabularyFacts::count(vocabulary.iter().map(|(token, &id)| (token.as_str(), id)), self.unknown_id)
    }

    fn merged_vocabulary(&self) -> HashMap<String, u32> {
        self.tokenizer.get_vocab(true)
    }
}

/// Why the crate must not read a file.
fn too_long(longest: Longest) -> Option<String> {
    let of_strings = [
        ("vocabulary pieces", longest.piece, LONGEST_PIECE),
        ("patterns", longest.pattern, LONGEST_PATTERN),
        ("strings that are put into texts", longest.insertion, LONGEST_INSERTION),
    ];
    if let Some((what, found, most)) = of_strings.into_iter().find(|(_, found, most)| found > most) {
        return Some(format!("expected {what} of at most {most} bytes, found one of {found}"));
    }
    if longest.pieces > MOST_PIECES {
        return Some(format!("expected a post-processor of at most {MOST_PIECES} pieces, found {}", longest.pieces));
    }
    let added = longest.added.saturating_mul(longest.insertion);
    (added > MOST_ADDED).then(|| format!("expected added tokens that become {MOST_ADDED} bytes, found up to {added}"))
}

/// model2vec 0.10.0, model.py, `_get_unk_token_id`.
fn unknown_id(tokenizer: &tokenizers::Tokenizer, json: &[u8]) -> tokenizers::Result<Option<u32>> {
    let unknown_token = match tokenizer.get_model() {
        ModelWrapper::BPE(model) => model.unk_token.as_deref(),
        ModelWrapper::WordPiece(model) => Some(model.unk_token.as_str()),
        ModelWrapper::WordLevel(model) => Some(model.unk_token.as_str()),
        // The number in the file counts, whatever token has it. The crate's field is private.
        ModelWrapper::Unigram(_) => return Ok(serde_json::from_slice::<UnigramFile>(json)?.model.unk_id),
    };
    Ok(unknown_token.and_then(|token| tokenizer.token_to_id(token)))
}

#[derive(Deserialize)]
struct UnigramFile {
    model: UnigramModel,
}

#[derive(Deserialize)]
struct UnigramModel {
    unk_id: Option<u32>,
}

/// Runs `call`, and returns a panic as an error. The crate's state is safe to use afterwards: it is
/// only read, except for caches with locks, which the crate no longer uses once they are poisoned.
fn catch<T>(call: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(call))
        .map_err(|payload| format!("the `tokenizers` crate panicked: {}", panic_message(payload.as_ref())))
}

fn panic_message(payload: &(dyn Any + Send)) -> &str {
    let message = payload.downcast_ref::<String>().map(String::as_str);
    message.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("no message")
}
