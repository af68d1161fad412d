//! The strings of a vocabulary in the order of their bytes, as a trie is built from.

use crate::tokenizer::file::vocabulary::Vocabulary;

/// The distinct strings of a vocabulary without the empty one, sorted.
#[derive(Debug)]
pub(in crate::tokenizer) struct SortedStrings<'a> {
    text: &'a [u8],
    spans: Vec<Span>,
    /// How many bytes each string has in common with the one before it.
    pub(super) shared: Vec<u32>,
    is_distinct: bool,
}

/// A string in the text, with its id.
#[derive(Debug, Clone, Copy)]
struct Span {
    start: u32,
    len: u32,
    id: u32,
}

impl Span {
    fn bytes(self, text: &[u8]) -> &[u8] {
        &text[self.start as usize..][..self.len as usize]
    }
}

impl<'a> SortedStrings<'a> {
    /// Sorts the strings of a vocabulary with these ids. Of the ids of a string that comes twice,
    /// the highest counts.
    pub(in crate::tokenizer) fn of(vocabulary: &'a Vocabulary, ids: impl Iterator<Item = u32>) -> Self {
        let span = |((start, end, _), id): ((usize, usize, u32), u32)| {
            // Offsets in the text of a vocabulary have 32 bits.
            Span { start: start as u32, len: (end - start) as u32, id }
        };
        Self::sort(vocabulary.text().as_bytes(), vocabulary.spans().zip(ids).map(span).collect())
    }

    /// Sorts bytes that need not be text; the ids are their places.
    #[cfg(test)]
    pub(super) fn of_bytes(text: &'a [u8], strings: &[&[u8]]) -> Self {
        let mut start = 0;
        let span = |(id, string): (u32, &&[u8])| {
            let len = string.len() as u32;
            start += len;
            Span { start: start - len, len, id }
        };
        Self::sort(text, (0..).zip(strings).map(span).collect())
    }

    fn sort(text: &'a [u8], unsorted: Vec<Span>) -> Self {
        // Most comparisons are decided by the first bytes, which are sorted as one number.
        let mut order: Vec<(u64, u32)> =
            unsorted.iter().zip(0..).map(|(span, index)| (first_bytes(span.bytes(text)), index)).collect();
        order.sort_unstable();
        for equal in order.chunk_by_mut(|(a, _), (b, _)| a == b).filter(|equal| equal.len() > 1) {
            equal.sort_unstable_by(|(_, a), (_, b)| {
                let (a, b) = (unsorted[*a as usize], unsorted[*b as usize]);
                a.bytes(text).cmp(b.bytes(text)).then(b.id.cmp(&a.id))
            });
        }
        let mut spans: Vec<Span> = Vec::with_capacity(order.len());
        let mut shared = Vec::with_capacity(order.len());
        let mut before: Option<&[u8]> = None;
        for (_, index) in order {
            let span = unsorted[index as usize];
            let string = span.bytes(text);
            let common = before.map_or(0, |before| common_bytes(before, string));
            if before.replace(string).is_some_and(|before| before.len() == common && string.len() == common) {
                continue;
            }
            spans.push(span);
            shared.push(common as u32);
        }
        let is_distinct = spans.len() == unsorted.len();
        if spans.first().is_some_and(|span| span.len == 0) {
            spans.remove(0);
            shared.remove(0);
        }
        Self { text, spans, shared, is_distinct }
    }

    pub(super) fn len(&self) -> usize {
        self.spans.len()
    }

    /// Whether no string came twice.
    pub(in crate::tokenizer) fn is_distinct(&self) -> bool {
        self.is_distinct
    }

    /// The length of the longest string.
    pub(in crate::tokenizer) fn longest(&self) -> u32 {
        self.spans.iter().map(|span| span.len).max().unwrap_or(0)
    }

    /// The length of a string in bytes.
    #[inline]
    pub(super) fn length(&self, index: u32) -> u32 {
        self.spans[index as usize].len
    }

    #[inline]
    pub(super) fn id(&self, index: u32) -> u32 {
        self.spans[index as usize].id
    }

    /// A byte of a string.
    #[inline]
    pub(super) fn byte(&self, index: u32, place: u32) -> u8 {
        self.text[(self.spans[index as usize].start + place) as usize]
    }
}

/// The first eight bytes as a number that is ordered as they are; zeros come after a shorter
/// string.
fn first_bytes(string: &[u8]) -> u64 {
    let mut bytes = [0; 8];
    let len = string.len().min(8);
    bytes[..len].copy_from_slice(&string[..len]);
    u64::from_be_bytes(bytes)
}

fn common_bytes(a: &[u8], b: &[u8]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokenizer::model::test_pieces::vocabulary;

    #[test]
    fn strings_are_in_the_order_of_their_bytes_with_what_they_share() {
        let tokens =
            ["ab", "", "a", "a\0", "日本", "日本語", "a\0b", "abcdefghij", "abcdefgh", "abcdefghia", "b", "\u{7f}"];
        let numbered: Vec<(&str, u32)> = tokens.iter().copied().zip(10..).collect();
        let vocabulary = vocabulary(&numbered);
        let sorted = SortedStrings::of(&vocabulary, 10..);
        let mut expected: Vec<_> = numbered.into_iter().filter(|(token, _)| !token.is_empty()).collect();
        expected.sort_unstable();
        let found: Vec<_> = sorted.spans.iter().map(|span| (span.bytes(sorted.text), span.id)).collect();
        assert_eq!(found, expected.iter().map(|(token, id)| (token.as_bytes(), *id)).collect::<Vec<_>>());
        let shared = expected.windows(2).map(|pair| common_bytes(pair[0].0.as_bytes(), pair[1].0.as_bytes()) as u32);
        assert_eq!(sorted.shared, std::iter::once(0).chain(shared).collect::<Vec<_>>());
        assert!(sorted.is_distinct());
        assert_eq!(sorted.longest(), 10);
    }

    #[test]
    fn of_a_string_that_comes_twice_the_highest_id_counts() {
        let vocabulary =
            vocabulary(&[("b", 0), ("a long string", 1), ("b", 2), ("a long string", 3), ("", 4), ("", 5)]);
        let sorted = SortedStrings::of(&vocabulary, 0..);
        assert!(!sorted.is_distinct());
        assert_eq!(sorted.spans.iter().map(|span| span.id).collect::<Vec<_>>(), [3, 2]);
    }
}
