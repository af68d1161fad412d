//! Places in a text that are good for a cut.
//!
//! Sentences end where Unicode's default rules say (UAX #29, by the crate `unicode-segmentation`),
//! which also break after each line. The rules need a few characters around a place only, so they
//! are asked only near the characters that may end a sentence. A mark of ASCII needs white space
//! after it, too.

use std::ops::Range;

use unicode_segmentation::{GraphemeCursor, UnicodeSegmentation};

use crate::tokenizer::{is_punctuation, is_space};

/// How many bytes before and after a character that may end a sentence the rules look at: before it
/// a letter, after it quotes, spaces, and a letter that may be lower case.
const BEFORE: usize = 16;
const AFTER: usize = 64;
/// How far before a range a grapheme cluster is followed.
const CLUSTER_BYTES: usize = 256;

/// The last end of a sentence or a line in `range`, its end included and its start not.
pub(super) fn last_sentence_end(text: &str, range: Range<usize>) -> Option<usize> {
    // Quotes and spaces may come between the mark and the end.
    let from = floor(text, range.start.saturating_sub(BEFORE));
    let mut below = range.end;
    loop {
        let mark = from + text[from..below].char_indices().rev().find(|&(_, c)| may_end_sentence(c))?.0;
        if let Some(end) = sentence_end(text, mark).filter(|&end| end > range.start && end <= range.end) {
            return Some(end);
        }
        below = mark;
    }
}

/// The first start of a sentence or a line that is not empty in `range`, both ends included.
pub(super) fn first_sentence_start(text: &str, range: Range<usize>) -> Option<usize> {
    let mut from = floor(text, range.start.saturating_sub(BEFORE));
    loop {
        let (offset, mark) = text[from..range.end].char_indices().find(|&(_, c)| may_end_sentence(c))?;
        let is_in_range = |end: &usize| (range.start..=range.end).contains(end);
        if let Some(start) = sentence_end(text, from + offset).filter(is_in_range)
            && !text[start..].starts_with(['\n', '\r'])
        {
            return Some(start);
        }
        from += offset + mark.len_utf8();
    }
}

/// Whether a sentence or a line may end after the character. All marks that end sentences are
/// punctuation.
fn may_end_sentence(c: char) -> bool {
    match c {
        '.' | '!' | '?' | '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => true,
        _ => !c.is_ascii() && is_punctuation(c),
    }
}

/// Where the sentence ends that may end with the character at `mark`; `None` if it does not end
/// there, or where the text ends.
fn sentence_end(text: &str, mark: usize) -> Option<usize> {
    if let Some(certain) = plain_sentence_end(text, mark) {
        return certain;
    }
    let (from, to) = (floor(text, mark.saturating_sub(BEFORE)), ceil(text, mark + AFTER));
    let mut bounds = text[from..to].split_sentence_bound_indices().map(|(offset, _)| from + offset);
    // The rules also break after the marks in `a!=b` and `?q=1`.
    bounds.find(|&bound| bound > mark).filter(|&bound| !text.as_bytes()[bound - 1].is_ascii_graphic())
}

/// [`sentence_end`] where ASCII decides it: after a line feed, and after a mark with spaces and a
/// letter behind it (rules SB4, SB8 and SB11). `None` = all rules must be asked, which takes
/// microseconds.
fn plain_sentence_end(text: &str, mark: usize) -> Option<Option<usize>> {
    let bytes = text.as_bytes();
    if bytes[mark] == b'\n' {
        return Some(Some(mark + 1).filter(|&end| end < text.len()));
    }
    if !matches!(bytes[mark], b'.' | b'!' | b'?') {
        return None;
    }
    match bytes.get(mark + 1)? {
        // Without white space no sentence ends.
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => return Some(None),
        b' ' | b'\n' => {}
        _ => return None,
    }
    let next = mark + 1 + bytes[mark + 1..].iter().take(AFTER / 2).position(|&byte| byte != b' ')?;
    match bytes[next] {
        b'A'..=b'Z' => Some(Some(next)),
        b'\n' => plain_sentence_end(text, next),
        b'a'..=b'z' => Some(Some(next).filter(|_| bytes[mark] != b'.')),
        _ => None,
    }
}

/// The last place in `range`, its end included and its start not, where white space begins, or
/// where the text ends.
pub(super) fn last_word_end(text: &str, range: Range<usize>) -> Option<usize> {
    if range.end == text.len() && !range.is_empty() {
        return Some(range.end);
    }
    let mut is_after_space = text[range.end..].chars().next().is_some_and(is_space);
    let mut at = range.end;
    for (offset, c) in text[range.clone()].char_indices().rev() {
        let is_space = is_space(c);
        if is_after_space && !is_space {
            return Some(at);
        }
        (is_after_space, at) = (is_space, range.start + offset);
    }
    None
}

/// The first place in `range`, its end included and its start not, where white space begins, or
/// where the text ends.
pub(super) fn first_word_end(text: &str, range: Range<usize>) -> Option<usize> {
    let mut is_in_word = false;
    for (offset, c) in text[range.start..].char_indices() {
        let at = range.start + offset;
        if at > range.end {
            return None;
        }
        let is_space = is_space(c);
        if is_in_word && is_space {
            return Some(at);
        }
        is_in_word = !is_space;
    }
    (range.end == text.len() && !range.is_empty()).then_some(range.end)
}

/// The end of the white space from `at` on, at most `most`.
pub(super) fn space_end(text: &str, at: usize, most: usize) -> usize {
    text[at..most].char_indices().find(|&(_, c)| !is_space(c)).map_or(most, |(offset, _)| at + offset)
}

/// The last bound of grapheme clusters in `range`, its end included and its start not; where a
/// cluster is longer than the range, that of code points.
pub(super) fn last_character_end(text: &str, range: Range<usize>) -> usize {
    let end = floor(text, range.end);
    // What the rules have to know may be before the range, but not without end: the time that a
    // text takes would grow by the square of its longest cluster.
    let from = floor(text, range.start.saturating_sub(CLUSTER_BYTES));
    let context = &text[from..];
    let mut cursor = GraphemeCursor::new(end, text.len(), true);
    if cursor.is_boundary(context, from).unwrap_or(true) {
        return end;
    }
    cursor.prev_boundary(context, from).ok().flatten().filter(|&bound| bound > range.start).unwrap_or(end)
}

/// The start of the character that `at` is in.
pub(super) fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

/// The end of the character that `at` is in.
pub(super) fn ceil(text: &str, at: usize) -> usize {
    (at.min(text.len())..=text.len()).find(|&at| text.is_char_boundary(at)).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "He said \"No!\" to Mr. x. at 3.14 p.m. Then!=x\nshe left?  Yes。はい！終わり\r\n\r\nEnd";

    fn places() -> Vec<usize> {
        TEXT.char_indices().map(|(at, _)| at).chain([TEXT.len()]).collect()
    }

    #[test]
    fn sentences_end_where_the_rules_of_unicode_say_wherever_one_looks_from() {
        let bounds = TEXT.split_sentence_bound_indices().map(|(start, _)| start).skip(1);
        let ends: Vec<usize> = bounds.filter(|&at| !TEXT.as_bytes()[at - 1].is_ascii_graphic()).collect();
        assert!(ends.len() > 5);
        for &start in &places() {
            for end in places().into_iter().filter(|&end| end > start) {
                let last = ends.iter().rev().find(|&&at| at > start && at <= end).copied();
                assert_eq!(last_sentence_end(TEXT, start..end), last, "{start}..{end}");
                let starts = |at: &&usize| **at >= start && **at <= end && !TEXT[**at..].starts_with('\r');
                let first = ends.iter().find(starts).copied();
                assert_eq!(first_sentence_start(TEXT, start..end), first, "{start}..{end}");
            }
        }
    }

    #[test]
    fn a_cluster_that_never_ends_is_cut_between_code_points_after_a_look_at_its_last_bytes_only() {
        let family = "👩\u{200d}";
        let text = format!("ab{}", family.repeat(100_000));
        // Followed to its start each time, it would take hours.
        for at in (1000..text.len()).step_by(200) {
            let range = floor(&text, at - 500)..at;
            assert_eq!(last_character_end(&text, range), floor(&text, at));
        }
        assert_eq!(last_character_end(&text, 0..2 + family.len() + 4), 2);
    }

    #[test]
    fn words_end_where_white_space_begins() {
        let is_end = |at: usize| {
            let space_follows = TEXT[at..].chars().next().is_none_or(is_space);
            space_follows && TEXT[..at].chars().next_back().is_some_and(|c| !is_space(c))
        };
        for &start in &places() {
            for end in places().into_iter().filter(|&end| end > start) {
                let inside: Vec<usize> =
                    places().into_iter().filter(|&at| at > start && at <= end && is_end(at)).collect();
                assert_eq!(last_word_end(TEXT, start..end), inside.last().copied(), "{start}..{end}");
                assert_eq!(first_word_end(TEXT, start..end), inside.first().copied(), "{start}..{end}");
            }
        }
    }
}
