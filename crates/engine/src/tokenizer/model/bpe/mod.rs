//! BPE: the characters of a piece, merged pair by pair (tokenizers 0.23.2, models/bpe/model.rs,
//! `merge_word`, `tokenize_with_cache`).

mod joining_chars;
mod merge_list;
mod merge_table;
mod merge_word;
mod pair_table;
#[cfg(test)]
mod tests;

use super::byte_fallback::ByteFallback;
use super::piece_ids::PieceIds;
use crate::error::excerpt;
use crate::growth::{Growth, let_go_if_large};
use crate::interrupt::Pace;
use crate::tokenizer::encode_error::EncodeError;
use crate::tokenizer::file::unsupported::Unsupported;
use crate::tokenizer::file::vocabulary::Vocabulary;
use joining_chars::JoiningChars;
pub(in crate::tokenizer) use merge_list::MergeList;
use merge_table::{Merge, MergeTable};
use merge_word::{KEPT_SYMBOLS, MAX_SCANNED_SYMBOLS, WordScratch, merge_queued, merge_scanned};

/// Characters below this have their ids in an array. All characters of the byte-level alphabet are
/// below.
const DIRECT_CHARS: usize = 0x180;

/// The model's settings, as the file has them.
#[derive(Debug, Clone, Default)]
pub(in crate::tokenizer) struct BpeOptions {
    pub(in crate::tokenizer) unknown_token: Option<String>,
    pub(in crate::tokenizer) fuse_unknown: bool,
    pub(in crate::tokenizer) byte_fallback: bool,
    pub(in crate::tokenizer) ignore_merges: bool,
    /// The string put before every character except the first.
    pub(in crate::tokenizer) continuing_prefix: String,
    /// The string put after the last character.
    pub(in crate::tokenizer) end_of_word_suffix: String,
    /// A probability, in single precision: a number too small for it is 0.
    pub(in crate::tokenizer) dropout: Option<f32>,
}

/// The model of one file.
#[derive(Debug)]
pub(in crate::tokenizer) struct Bpe {
    pieces: PieceIds,
    direct_chars: Box<[Option<u32>; DIRECT_CHARS]>,
    merges: MergeTable,
    options: BpeOptions,
    unknown: Unknown,
    byte_fallback: Option<ByteFallback>,
    /// `Some` if short words may be merged by [`merge_scanned`].
    joining_chars: Option<JoiningChars>,
}

/// What happens to an unknown character.
#[derive(Debug, Clone, Copy)]
enum Unknown {
    /// The file names no unknown token.
    Dropped,
    Id(u32),
    /// The vocabulary doesn't have the unknown token.
    Missing,
}

/// The buffers of one thread.
#[derive(Debug, Default)]
pub(in crate::tokenizer) struct BpeScratch {
    word: WordScratch,
    affixed: String,
    /// Where a long word is cut, followed by where it ends.
    cuts: Vec<usize>,
}

impl Bpe {
    /// # Errors
    /// Why only the reference path runs the file. It may refuse the file.
    pub(in crate::tokenizer) fn new(
        vocabulary: Vocabulary,
        merges: &MergeList,
        options: BpeOptions,
    ) -> Result<Self, Unsupported> {
        if options.dropout.is_some_and(|dropout| dropout != 0.0) {
            return Err(Unsupported::new("the BPE model has `dropout`"));
        }
        let no_table = || Unsupported::new("the merges of the BPE model were chosen against the hash of their table");
        let pieces = PieceIds::new(vocabulary)?;
        let has_plain_merges = options.continuing_prefix.is_empty() && every_id_has_one_string(&pieces);
        let joining_chars =
            if has_plain_merges { Some(JoiningChars::build(merges).ok_or_else(no_table)?) } else { None };
        let resolved = resolve(merges, &pieces, options.continuing_prefix.len())
            .ok_or_else(|| Unsupported::new("a merge of the BPE model, or its result, is not in the vocabulary"))?;
        let merges = MergeTable::build(&resolved).ok_or_else(no_table)?;
        let direct_chars = std::array::from_fn(|code_point| char_id(&pieces, char::from_u32(code_point as u32)?));
        let unknown = match &options.unknown_token {
            None => Unknown::Dropped,
            Some(token) => pieces.get(token.as_bytes()).map_or(Unknown::Missing, Unknown::Id),
        };
        let byte_fallback = options.byte_fallback.then(|| ByteFallback::new(|piece| pieces.get(piece.as_bytes())));
        let direct_chars = Box::new(direct_chars);
        Ok(Self { pieces, direct_chars, merges, options, unknown, byte_fallback, joining_chars })
    }

    pub(in crate::tokenizer) fn vocabulary(&self) -> &Vocabulary {
        self.pieces.vocabulary()
    }

    /// The id of a whole string.
    pub(in crate::tokenizer) fn id(&self, token: &str) -> Option<u32> {
        self.pieces.get(token.as_bytes())
    }

    /// Appends the ids of one piece.
    ///
    /// # Errors
    /// If a character is unknown, and the vocabulary doesn't have the unknown token.
    pub(in crate::tokenizer) fn tokenize(
        &self,
        piece: &str,
        scratch: &mut BpeScratch,
        ids: &mut Vec<u32>,
    ) -> Result<(), EncodeError> {
        if self.options.ignore_merges
            && !piece.is_empty()
            && let Some(id) = self.id(piece)
        {
            ids.push(id);
            return Ok(());
        }
        let first = ids.len();
        let BpeScratch { word, affixed, cuts } = scratch;
        // An error may have left some.
        cuts.clear();
        self.push_characters(piece, affixed, ids, cuts)?;
        cuts.make_room(1);
        cuts.push(ids.len());
        let mut pace = Pace::new();
        let (mut start, mut end) = (first, first);
        for &cut in cuts.iter() {
            let symbols = &mut ids[start..cut];
            pace.step(symbols.len());
            let count = if self.joining_chars.is_some() && symbols.len() <= MAX_SCANNED_SYMBOLS {
                merge_scanned(&self.merges, symbols)
            } else {
                merge_queued(&self.merges, symbols, word)?
            };
            ids.copy_within(start..start + count, end);
            end += count;
            start = cut;
        }
        ids.truncate(end);
        let_go_if_large(cuts, KEPT_SYMBOLS);
        Ok(())
    }

    /// Whether cutting a piece between these neighbors may change its ids.
    pub(in crate::tokenizer) fn can_join(&self, left: char, right: char) -> bool {
        let BpeOptions { continuing_prefix: prefix, end_of_word_suffix: suffix, ignore_merges, .. } = &self.options;
        let has_plain_merges = !*ignore_merges && prefix.is_empty() && suffix.is_empty();
        let Some(joining_chars) = self.joining_chars.as_ref().filter(|_| has_plain_merges) else { return true };
        let is_known = |character: char| char_id(&self.pieces, character).is_some();
        // An unknown character may become the tokens of its bytes: `<0x0A>`. An unknown token that
        // was pending before them comes after them; a known character leaves none pending.
        let is_bytes = |character: char| {
            let bytes = |bytes: &ByteFallback| bytes.get(character.encode_utf8(&mut [0; 4]).as_bytes()).is_some();
            self.byte_fallback.as_ref().is_some_and(bytes)
        };
        match (is_known(left), is_known(right)) {
            (true, true) => joining_chars.contains(left, right),
            (true, false) => !is_bytes(right) || joining_chars.contains(left, '<'),
            (false, true) => {
                let unknown = self.options.unknown_token.as_ref().and_then(|token| token.chars().next_back());
                let mut before = std::iter::once('>').chain(unknown);
                !is_bytes(left) || before.any(|before| joining_chars.contains(before, right))
            }
            (false, false) => true,
        }
    }

    /// Appends the ids of the characters of `piece`. If it is long, `cuts` gets the places in `ids`
    /// across which nothing is ever merged.
    fn push_characters(
        &self,
        piece: &str,
        affixed: &mut String,
        ids: &mut Vec<u32>,
        cuts: &mut Vec<usize>,
    ) -> Result<(), EncodeError> {
        let joining_chars = self.joining_chars.as_ref().filter(|_| piece.len() > MAX_SCANNED_SYMBOLS);
        // The character of the last symbol, unless that is a byte or unknown.
        let mut last = None;
        let BpeOptions { continuing_prefix: prefix, end_of_word_suffix: suffix, .. } = &self.options;
        // Written once it is known that the next one is not fused with it.
        let mut unknown = None;
        // A character becomes an id, or one for each byte, and one is left at the end. Where a prefix
        // becomes bytes, too, there are more.
        ids.make_room(piece.len() + 1);
        let mut pace = Pace::new();
        for (start, character) in piece.char_indices() {
            let end = start + character.len_utf8();
            pace.step(end - start);
            let prefix = if start > 0 { prefix.as_str() } else { "" };
            let suffix = if end == piece.len() { suffix.as_str() } else { "" };
            let (text, id) = if prefix.is_empty() && suffix.is_empty() {
                let id = match self.direct_chars.get(character as usize) {
                    Some(id) => *id,
                    None => self.id(&piece[start..end]),
                };
                (&piece[start..end], id)
            } else {
                affixed.clear();
                affixed.extend([prefix, &piece[start..end], suffix]);
                (affixed.as_str(), self.id(affixed))
            };
            let before = last.take();
            if let Some(id) = id {
                ids.extend(unknown.take());
                if let (Some(joining_chars), Some(before)) = (joining_chars, before)
                    && !joining_chars.contains(before, character)
                {
                    cuts.make_room(1);
                    cuts.push(ids.len());
                }
                ids.push(id);
                last = Some(character);
            } else if let Some(bytes) = self.byte_fallback.as_ref().and_then(|bytes| bytes.get(text.as_bytes())) {
                // A pending unknown token comes after the bytes, as in the crate.
                ids.make_room(text.len());
                ids.extend(bytes);
            } else {
                match self.unknown {
                    Unknown::Dropped => {}
                    Unknown::Missing => return Err(self.missing_unknown()),
                    Unknown::Id(id) if self.options.fuse_unknown => unknown = Some(id),
                    Unknown::Id(id) => ids.extend(unknown.replace(id)),
                }
            }
        }
        ids.extend(unknown);
        Ok(())
    }

    #[cold]
    fn missing_unknown(&self) -> EncodeError {
        let token = excerpt(self.options.unknown_token.as_deref().unwrap_or_default());
        EncodeError { reason: format!("Unk token `{token}` not found in the vocabulary") }
    }
}

fn char_id(pieces: &PieceIds, character: char) -> Option<u32> {
    pieces.get(character.encode_utf8(&mut [0; 4]).as_bytes())
}

/// The merges by their ids; `None` if a pair, or its result, is not in the vocabulary
/// (models/bpe/model.rs, `BpeBuilder::build`).
fn resolve(merges: &MergeList, pieces: &PieceIds, prefix_len: usize) -> Option<Vec<Merge>> {
    let mut merged = Vec::new();
    let resolve = |(left, right): (&str, &str)| {
        merged.clear();
        merged.extend_from_slice(left.as_bytes());
        merged.extend_from_slice(right.as_bytes().get(prefix_len..)?);
        let id = |piece: &str| pieces.get(piece.as_bytes());
        Some(Merge { left: id(left)?, right: id(right)?, merged: pieces.get(&merged)? })
    };
    merges.iter().map(resolve).collect()
}

/// Whether no id has two strings, and no string is empty. See [`merge_scanned`].
fn every_id_has_one_string(pieces: &PieceIds) -> bool {
    let mut ids: Vec<u32> = pieces.vocabulary().spans().map(|(_, _, id)| id).collect();
    ids.sort_unstable();
    pieces.get(b"").is_none() && ids.windows(2).all(|pair| pair[0] != pair[1])
}
