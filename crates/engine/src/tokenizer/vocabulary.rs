//! What model2vec asks of a vocabulary besides its ids.

/// Numbers that follow from the vocabulary, added tokens included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct VocabularyFacts {
    /// How many distinct strings it has.
    pub(super) token_count: usize,
    /// One more than the highest id.
    pub(super) id_bound: usize,
    /// `int(np.median(len(token)))`, in code points.
    pub(super) median_token_length: usize,
    /// The id that pooling drops.
    pub(super) unknown_id: Option<u32>,
}

impl VocabularyFacts {
    /// Counts `vocabulary`, whose strings are distinct. `unknown_id` counts as an id that can come out.
    pub(super) fn count<'a>(vocabulary: impl Iterator<Item = (&'a str, u32)>, unknown_id: Option<u32>) -> Self {
        let mut lengths = Vec::with_capacity(vocabulary.size_hint().0);
        let mut id_bound = unknown_id.map_or(0, |id| id as usize + 1);
        for (token, id) in vocabulary {
            lengths.push(code_point_count(token));
            id_bound = id_bound.max(id as usize + 1);
        }
        let token_count = lengths.len();
        Self { token_count, id_bound, median_token_length: median(&mut lengths), unknown_id }
    }
}

fn code_point_count(token: &str) -> u32 {
    // No token is longer than its file, and the file is bounded far below this.
    u32::try_from(token.chars().count()).unwrap_or(u32::MAX)
}

/// `int(np.median(lengths))`: the mean of the two middle values of an even count, rounded down. 0 of nothing, where numpy has NaN.
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
