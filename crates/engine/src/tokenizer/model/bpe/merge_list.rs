//! The `merges` of a BPE file: pairs of strings, or, in old files, lines with both (tokenizers
//! 0.23.2, models/bpe/serialization.rs, `MergeType`; models/bpe/model.rs,
//! `convert_merges_to_hashmap`).

use std::fmt;

use serde::de::{DeserializeSeed, Error, IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// The pairs in the order of the file, in one allocation.
#[derive(Debug, Default, PartialEq)]
pub(in crate::tokenizer) struct MergeList {
    text: String,
    /// Where the two strings of each pair end in `text`.
    ends: Vec<(u32, u32)>,
}

impl MergeList {
    /// Adds the merge of a line: two strings with a space between them, or the line of the version.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(in crate::tokenizer) fn push_line(&mut self, line: &str) -> Result<(), &'static str> {
        if line.starts_with("#version") {
            return Ok(());
        }
        let pair = line.split_once(' ').filter(|(_, right)| !right.contains(' '));
        let (left, right) = pair.ok_or("expected a merge with one space in it")?;
        self.push_pair(left, right).ok_or(TOO_LONG)
    }

    /// Adds a merge. `None` if the text outgrows 32-bit offsets.
    pub(in crate::tokenizer) fn push_pair(&mut self, left: &str, right: &str) -> Option<()> {
        self.text.push_str(left);
        let left_end = u32::try_from(self.text.len()).ok()?;
        self.text.push_str(right);
        self.ends.push((left_end, u32::try_from(self.text.len()).ok()?));
        Some(())
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let mut start = 0;
        self.ends.iter().map(move |&(left_end, right_end)| {
            let (left_end, right_end) = (left_end as usize, right_end as usize);
            let left = &self.text[std::mem::replace(&mut start, right_end)..left_end];
            (left, &self.text[left_end..right_end])
        })
    }
}

impl<'de> Deserialize<'de> for MergeList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(ListVisitor)
    }
}

struct ListVisitor;

impl<'de> Visitor<'de> for ListVisitor {
    type Value = MergeList;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of merges")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<MergeList, A::Error> {
        let mut merges = MergeList::default();
        let mut first = None;
        while let Some(form) = seq.next_element_seed(Entry(&mut merges))? {
            if *first.get_or_insert(form) != form {
                return Err(A::Error::custom("expected merges of one form, found both pairs and lines"));
            }
        }
        Ok(merges)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Pair,
    Line,
}

/// One entry, which is appended to the list.
struct Entry<'a>(&'a mut MergeList);

const TOO_LONG: &str = "expected merges of less than 4 GiB";

fn text_end<E: Error>(text: &str) -> Result<u32, E> {
    u32::try_from(text.len()).map_err(|_| E::custom(TOO_LONG))
}

impl<'de> DeserializeSeed<'de> for Entry<'_> {
    type Value = Form;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Form, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Entry<'_> {
    type Value = Form;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a merge: two strings, or one with a space between them")
    }

    fn visit_str<E: Error>(self, line: &str) -> Result<Form, E> {
        self.0.push_line(line).map_err(E::custom)?;
        Ok(Form::Line)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Form, A::Error> {
        let MergeList { text, ends } = self.0;
        let wrong = || A::Error::custom("expected a merge of two strings");
        let left_end = seq.next_element_seed(Text(text))?.ok_or_else(wrong)?;
        let right_end = seq.next_element_seed(Text(text))?.ok_or_else(wrong)?;
        if seq.next_element::<IgnoredAny>()?.is_some() {
            return Err(wrong());
        }
        ends.push((left_end, right_end));
        Ok(Form::Pair)
    }
}

/// One string of a pair, which is appended to the text. Its value is where the text then ends.
struct Text<'a>(&'a mut String);

impl<'de> DeserializeSeed<'de> for Text<'_> {
    type Value = u32;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<u32, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Text<'_> {
    type Value = u32;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: Error>(self, string: &str) -> Result<u32, E> {
        self.0.push_str(string);
        text_end(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::MergeList;

    #[track_caller]
    fn read(json: &str) -> Option<Vec<(String, String)>> {
        let merges: MergeList = serde_json::from_str(json).ok()?;
        Some(merges.iter().map(|(left, right)| (left.to_owned(), right.to_owned())).collect())
    }

    #[test]
    fn pairs_and_lines_are_read_alike() {
        let expected = Some([("a", "b"), ("ab", "c d"), ("", "")].map(|(l, r)| (l.to_owned(), r.to_owned())).into());
        assert_eq!(read(r#"[["a", "b"], ["ab", "c d"], ["", ""]]"#), expected);
        let expected =
            Some([("a", "b"), ("ab", "#version:"), ("", "")].map(|(l, r)| (l.to_owned(), r.to_owned())).into());
        assert_eq!(read(r##"["#version: 0.2", "a b", "ab #version:", " "]"##), expected);
        assert_eq!(read("[]"), Some(Vec::new()));
    }

    #[test]
    fn other_forms_are_refused() {
        for json in [
            "null",
            "{}",
            r#"["ab"]"#,
            r#"["a b c"]"#,
            r#"["a b "]"#,
            r#"[["a"]]"#,
            r#"[["a", "b", "c"]]"#,
            r#"[["a", 1]]"#,
            r#"[["a", "b"], "a b"]"#,
            "[1]",
        ] {
            assert_eq!(read(json), None, "{json}");
        }
    }
}
