//! A vocabulary: its strings in one allocation, and what model2vec needs to know of it besides ids.

/// Strings and their ids, in the order of the file.
#[derive(Debug, Default, PartialEq)]
pub(in crate::tokenizer) struct Vocabulary {
    text: String,
    /// Where each string ends in `text`.
    ends: Vec<u32>,
    ids: Vec<u32>,
}

impl Vocabulary {
    /// The vocabulary of the strings that end at `ends` in a text. `None` unless there are as many
    /// ids.
    pub(super) fn of((text, ends): (String, Vec<u32>), ids: Vec<u32>) -> Option<Self> {
        (ends.len() == ids.len()).then_some(Self { text, ends, ids })
    }

    /// Adds a string; its id must follow. `None` if the text outgrows 32-bit offsets.
    pub(in crate::tokenizer) fn push_token(&mut self, token: &str) -> Option<()> {
        self.text.push_str(token);
        self.ends.push(u32::try_from(self.text.len()).ok()?);
        Some(())
    }

    /// Adds the id of the last string.
    pub(in crate::tokenizer) fn push_id(&mut self, id: u32) {
        self.ids.push(id);
    }

    pub(in crate::tokenizer) fn len(&self) -> usize {
        self.ids.len()
    }

    pub(in crate::tokenizer) fn text(&self) -> &str {
        &self.text
    }

    /// `(start, end, id)` of every string in [`Self::text`].
    pub(in crate::tokenizer) fn spans(&self) -> impl Iterator<Item = (usize, usize, u32)> {
        let mut start = 0;
        self.ends.iter().zip(&self.ids).map(move |(&end, &id)| {
            let end = end as usize;
            (std::mem::replace(&mut start, end), end, id)
        })
    }

    /// Every string with its id.
    pub(in crate::tokenizer) fn tokens(&self) -> impl Iterator<Item = (&str, u32)> {
        self.spans().map(|(start, end, id)| (&self.text[start..end], id))
    }
}

/// The tokens of an iterator as owned strings, by rising id.
pub(in crate::tokenizer) fn sorted_tokens<'a>(tokens: impl Iterator<Item = (&'a str, u32)>) -> Vec<(String, u32)> {
    let mut tokens: Vec<_> = tokens.map(|(token, id)| (token.to_owned(), id)).collect();
    sort_tokens(&mut tokens);
    tokens
}

/// Sorts by rising id, and two strings of one id by their text (Python has no order for them).
pub(in crate::tokenizer) fn sort_tokens(tokens: &mut [(String, u32)]) {
    tokens.sort_unstable_by(|(a, a_id), (b, b_id)| (a_id, a).cmp(&(b_id, b)));
}

/// Numbers that follow from the vocabulary, added tokens included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::tokenizer) struct VocabularyFacts {
    /// How many distinct strings it has.
    pub(in crate::tokenizer) token_count: usize,
    /// One more than the highest id.
    pub(in crate::tokenizer) id_bound: usize,
    /// `int(np.median(len(token)))`, in code points.
    pub(in crate::tokenizer) median_token_length: usize,
    /// The id that pooling drops.
    pub(in crate::tokenizer) unknown_id: Option<u32>,
}

impl VocabularyFacts {
    /// Counts `vocabulary`, whose strings are distinct. `unknown_id` also counts for the highest
    /// id.
    pub(in crate::tokenizer) fn count<'a>(
        vocabulary: impl Iterator<Item = (&'a str, u32)>,
        unknown_id: Option<u32>,
    ) -> Self {
        let mut lengths = Vec::with_capacity(vocabulary.size_hint().0);
        let mut id_bound = unknown_id.map_or(0, |id| id as usize + 1);
        for (token, id) in vocabulary {
            lengths.push(code_point_count(token));
            id_bound = id_bound.max(id as usize + 1);
        }
        let token_count = lengths.len();
        Self { token_count, id_bound, median_token_length: median(&mut lengths), unknown_id }
    }

    /// The same with this many more tokens, whose ids are below `id_bound`, where the median of all
    /// is known.
    pub(in crate::tokenizer) fn with(self, tokens: usize, id_bound: usize, median_token_length: usize) -> Self {
        let (token_count, id_bound) = (self.token_count + tokens, self.id_bound.max(id_bound));
        Self { token_count, id_bound, median_token_length, ..self }
    }
}

fn code_point_count(token: &str) -> u32 {
    // No token is longer than its file, and the file is bounded far below this.
    let count = if token.is_ascii() { token.len() } else { token.chars().count() };
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// `int(np.median(lengths))`: for an even count, the mean of the two middle values, rounded down. 0
/// for an empty list, where numpy has NaN.
fn median(lengths: &mut [u32]) -> usize {
    if lengths.is_empty() {
        return 0;
    }
    let middle = lengths.len() / 2;
    let is_even = lengths.len().is_multiple_of(2);
    let (below, &mut upper, _) = lengths.select_nth_unstable(middle);
    let lower = if is_even { below.iter().copied().max().unwrap_or(upper) } else { upper };
    (lower as usize + upper as usize) / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_numpys_rounded_down() {
        // np.median: [3] → 3.0, [3, 4] → 3.5, [9, 1, 5] → 5.0, [1, 9, 4, 7] → 5.5
        for (lengths, expected) in [(&[3][..], 3), (&[3, 4], 3), (&[9, 1, 5], 5), (&[1, 9, 4, 7], 5), (&[], 0)] {
            assert_eq!(median(&mut lengths.to_vec()), expected, "{lengths:?}");
        }
    }

    #[test]
    fn tokens_are_measured_in_code_points() {
        let facts = VocabularyFacts::count([("é", 7), ("日本語", 2), ("a\u{1F600}", 3)].into_iter(), Some(11));
        assert_eq!(
            facts,
            VocabularyFacts { token_count: 3, id_bound: 12, median_token_length: 2, unknown_id: Some(11) }
        );
    }
}
