//! Reads the two values that make up nearly all of a tokenizer file, the model's vocabulary and its
//! merges, several times as fast as serde can.
//!
//! What is read here is only what serde reads too, to the same values. Whatever is unusual is left
//! to serde, which also makes the error of a broken file: it then reads the whole file.

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::ops::Range;

use super::json_cursor::{JsonCursor, RawString};
use super::model_spec::VocabularySpec;
use super::spec::TokenizerSpec;
use super::vocabulary::Vocabulary;
use crate::tokenizer::index::piece_trie::PieceTrie;
use crate::tokenizer::model::bpe::MergeList;

/// Stands for a value that was read here, in the text that serde reads.
pub(super) const PLACEHOLDER: &[u8] = b"[]";

/// The most digits of a score that is read here: an integer of this many can't overflow.
const MAX_DIGITS: usize = 18;

/// The powers of ten by which a score is divided.
const POWERS: [f64; MAX_DIGITS + 1] =
    [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18];

/// The file as our own modules see it.
///
/// # Errors
/// Those of serde for the whole file.
pub(in crate::tokenizer) fn parse(json: &[u8]) -> serde_json::Result<TokenizerSpec> {
    match parse_quickly(json) {
        Some(found) => Ok(found.value),
        None => serde_json::from_slice(json),
    }
}

/// A value with its place in the file.
struct Found<T> {
    place: Range<usize>,
    value: T,
}

/// The file, with the place of its vocabulary. `None` if anything in it is unusual or wrong.
///
/// Serde reads the file with placeholders in place of the large values. If it accepts that, the
/// file is valid as well: up to a placeholder the text is the start of a valid one, in which the
/// cursor is never wrong, and each large value is a valid value. Serde also refuses fields that
/// come twice, so that no other value was meant.
fn parse_quickly(json: &[u8]) -> Option<Found<TokenizerSpec>> {
    let (mut vocabulary, mut merges) = (None, None);
    JsonCursor::new(json).take_object(|cursor, key| {
        if key.plain() != Some(b"model") {
            return cursor.skip_value();
        }
        cursor.take_object(|cursor, key| match key.plain() {
            Some(b"vocab") => {
                vocabulary = Some(found(cursor, read_vocabulary)?);
                Some(())
            }
            Some(b"merges") => {
                merges = Some(found(cursor, read_merges)?);
                Some(())
            }
            _ => cursor.skip_value(),
        })
    })?;
    let vocabulary: Found<VocabularySpec> = vocabulary?;
    let mut places: Vec<&Range<usize>> = vec![&vocabulary.place];
    places.extend(merges.as_ref().map(|merges: &Found<MergeList>| &merges.place));
    places.sort_unstable_by_key(|place| place.start);
    let mut rest = Vec::new();
    let mut start = 0;
    for place in places {
        rest.extend_from_slice(&json[start..place.start]);
        rest.extend_from_slice(PLACEHOLDER);
        start = place.end;
    }
    rest.extend_from_slice(&json[start..]);
    let mut spec: TokenizerSpec = serde_json::from_slice(&rest).ok()?;
    spec.model.fill_large(vocabulary.value, merges.map(|merges| merges.value));
    Some(Found { place: vocabulary.place, value: spec })
}

/// A file with a placeholder where its vocabulary is, and these pieces instead. `None` if serde
/// refuses it.
pub(in crate::tokenizer) fn parse_around(rest: &[u8], pieces: PieceTrie) -> Option<TokenizerSpec> {
    let mut spec: TokenizerSpec = serde_json::from_slice(rest).ok()?;
    spec.model.fill_large(VocabularySpec::Pieces(pieces), None);
    Some(spec)
}

/// Where the model's vocabulary is in a file. `None` if [`parse`] leaves the file to serde.
pub(in crate::tokenizer) fn vocabulary_place(json: &[u8]) -> Option<Range<usize>> {
    parse_quickly(json).map(|found| found.place)
}

fn found<'a, T>(cursor: &mut JsonCursor<'a>, read: impl Fn(&mut JsonCursor<'a>) -> Option<T>) -> Option<Found<T>> {
    cursor.peek()?;
    let start = cursor.at();
    let value = read(cursor)?;
    Some(Found { place: start..cursor.at(), value })
}

fn read_vocabulary(cursor: &mut JsonCursor<'_>) -> Option<VocabularySpec> {
    if cursor.peek()? == b'{' { read_ids(cursor) } else { read_scores(cursor) }
}

/// An object of tokens and ids.
fn read_ids(cursor: &mut JsonCursor<'_>) -> Option<VocabularySpec> {
    let mut vocabulary = Strings::default();
    let mut ids = Vec::new();
    cursor.take_object(|cursor, token| {
        vocabulary.push(token)?;
        ids.push(cursor.take_integer()?);
        Some(())
    })?;
    Some(VocabularySpec::Ids(Vocabulary::of(vocabulary.into_text()?, ids)?))
}

/// A list of pairs: a token and its score.
fn read_scores(cursor: &mut JsonCursor<'_>) -> Option<VocabularySpec> {
    let mut vocabulary = Strings::default();
    let mut scores = Vec::new();
    cursor.take_list(|cursor| {
        let begins = cursor.take(b'[');
        vocabulary.push(cursor.take_string().filter(|_| begins)?)?;
        let separated = cursor.take(b',');
        scores.push(read_score(cursor.take_word()).filter(|_| separated)?);
        cursor.take(b']').then_some(())
    })?;
    let ids = (0..u32::try_from(scores.len()).ok()?).collect();
    Some(VocabularySpec::Scores(Vocabulary::of(vocabulary.into_text()?, ids)?, scores))
}

/// A list of lines with two strings each, or of pairs of strings.
fn read_merges(cursor: &mut JsonCursor<'_>) -> Option<MergeList> {
    let mut merges = MergeList::default();
    let (mut lines, mut pairs) = (0, 0);
    cursor.take_list(|cursor| {
        if cursor.peek()? == b'"' {
            lines += 1;
            return merges.push_line(&text_of(cursor.take_string()?)?).ok();
        }
        pairs += 1;
        let begins = cursor.take(b'[');
        let left = text_of(cursor.take_string().filter(|_| begins)?)?;
        let separated = cursor.take(b',');
        let right = text_of(cursor.take_string().filter(|_| separated)?)?;
        merges.push_pair(&left, &right)?;
        cursor.take(b']').then_some(())
    })?;
    (lines == 0 || pairs == 0).then_some(merges)
}

/// The text of a string.
fn text_of(string: RawString<'_>) -> Option<Cow<'_, str>> {
    match string.plain() {
        Some(plain) => std::str::from_utf8(plain).ok().map(Cow::Borrowed),
        None => serde_json::from_slice(string.quoted).ok().map(Cow::Owned),
    }
}

/// A number with a decimal point as serde_json reads it (1.0.154, de.rs, `parse_decimal`,
/// `f64_from_parts`): all digits as an integer, divided by a power of ten. That is not the nearest
/// double-precision number in all cases. Serde itself reads numbers of other forms.
#[inline]
fn read_score(word: &[u8]) -> Option<f64> {
    let (is_negative, digits) = word.strip_prefix(b"-").map_or((false, word), |digits| (true, digits));
    let is_usual = matches!(digits, [b'0', b'.', ..] | [b'1'..=b'9', ..]) && digits.len() <= MAX_DIGITS + 1;
    let (mut integer, mut point) = (0_u64, None);
    for (index, &byte) in digits.iter().enumerate().filter(|_| is_usual) {
        let digit = byte.wrapping_sub(b'0');
        if digit <= 9 {
            integer = 10 * integer + u64::from(digit);
        } else if byte == b'.' && point.is_none() {
            point = Some(index);
        } else {
            return serde_json::from_slice(word).ok();
        }
    }
    match point.map(|point| digits.len() - point - 1) {
        Some(decimals @ 1..) => {
            let number = integer as f64 / POWERS[decimals];
            Some(if is_negative { -number } else { number })
        }
        _ => serde_json::from_slice(word).ok(),
    }
}

/// The strings of a vocabulary, one after the other.
#[derive(Default)]
struct Strings {
    text: Vec<u8>,
    ends: Vec<u32>,
}

impl Strings {
    #[inline]
    fn push(&mut self, string: RawString<'_>) -> Option<()> {
        match string.plain() {
            Some(plain) => self.text.extend_from_slice(plain),
            None => self.text.extend(serde_json::from_slice::<String>(string.quoted).ok()?.into_bytes()),
        }
        self.ends.push(u32::try_from(self.text.len()).ok()?);
        Some(())
    }

    /// The text and where its strings end, if each of them is valid UTF-8.
    fn into_text(self) -> Option<(String, Vec<u32>)> {
        // All are if the whole is, and if none ends within a character.
        let text = String::from_utf8(self.text).ok()?;
        let is_valid = self.ends.iter().all(|&end| text.is_char_boundary(end as usize));
        is_valid.then_some((text, self.ends))
    }
}
