//! Added tokens: strings that are cut out of a text before the model sees it (tokenizers 0.23.2,
//! tokenizer/added_vocabulary.rs).
//!
//! The matcher is our own, not the crate `aho-corasick`: `scan` skips to the next byte that a token
//! starts with, with the kernels of the CPU and for any number of such bytes, and a text seldom has
//! one. Only the reference path links that crate.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;

use crate::interrupt::{Pace, find_in_strides};
use crate::tokenizer::file::insertion::{LONGEST_INSERTION, MOST_ADDED};
use crate::tokenizer::file::spec::AddedTokenSpec;
use crate::tokenizer::file::unsupported::Unsupported;
use crate::tokenizer::scan::{ByteSet, Scanner};
use crate::tokenizer::unicode::{ends_with_word, leading_whitespace, starts_with_word, trimmed_end};

/// The added tokens of a file.
#[derive(Debug)]
pub(in crate::tokenizer) struct AddedTokens {
    /// The id of every content.
    ids: HashMap<String, u32>,
    /// The tokens that are searched in the original text.
    pub(super) in_text: Matcher,
    /// The tokens that are searched in the normalized text.
    pub(super) in_normalized: Matcher,
}

impl AddedTokens {
    /// Assigns ids as `add_tokens` does. `longest_insertion` is the length in bytes of the longest
    /// string that `normalize` may put into a token.
    ///
    /// # Errors
    /// What only the reference path runs: two tokens with one id, tokens that normalize to nothing
    /// or to the same string or to very much, and tokens of white space that another token could
    /// include as a whole.
    pub(in crate::tokenizer) fn new(
        specs: Vec<AddedTokenSpec>,
        model_size: usize,
        model_id: impl Fn(&str) -> Option<u32>,
        normalize: impl Fn(&str) -> String,
        longest_insertion: impl FnOnce() -> usize,
    ) -> Result<Self, Unsupported> {
        // The numbers of the file don't count: a token that the model doesn't know gets an id after
        // all ids of the model.
        let too_many = || Unsupported::new("there are more than 2^32 tokens");
        let mut next_id = u32::try_from(model_size).map_err(|_| too_many())?;
        let mut ids = HashMap::new();
        let mut by_id = BTreeMap::new();
        for spec in specs.into_iter().filter(|spec| !spec.content.is_empty()) {
            let known = ids.get(&spec.content).copied().or_else(|| model_id(&spec.content));
            let id = known.unwrap_or(next_id);
            if known.is_none() {
                next_id = next_id.checked_add(1).ok_or_else(too_many)?;
            }
            ids.insert(spec.content.clone(), id);
            by_id.insert(id, spec);
        }
        if ids.len() != by_id.len() {
            return Err(Unsupported::new("two added tokens have the same id"));
        }
        let normalized: usize = by_id.values().filter(|spec| spec.normalized).map(|spec| spec.content.len()).sum();
        if normalized > LONGEST_INSERTION && normalized.saturating_mul(longest_insertion()) > MOST_ADDED {
            return Err(Unsupported::new(format!("the added tokens become more than {MOST_ADDED} bytes")));
        }
        let strips_space = by_id.values().any(|spec| spec.rstrip);
        let pattern = |id: u32, spec: &AddedTokenSpec| {
            let content = if spec.normalized { normalize(&spec.content) } else { spec.content.clone() };
            let is_space = leading_whitespace(&content) == content.len();
            if content.is_empty() {
                return Err(Unsupported::new(format!("the added token {:?} normalizes to nothing", spec.content)));
            }
            if strips_space && is_space {
                let reason =
                    format!("the added token {:?} is white space, which another added token strips", spec.content);
                return Err(Unsupported::new(reason));
            }
            Ok(Pattern { content, id, flags: Flags::of(spec) })
        };
        let matcher = |normalized: bool| {
            let of_kind = by_id.iter().filter(|(_, spec)| spec.normalized == normalized);
            Matcher::new(of_kind.map(|(id, spec)| pattern(*id, spec)).collect::<Result<_, _>>()?)
        };
        Ok(Self { in_text: matcher(false)?, in_normalized: matcher(true)?, ids })
    }

    /// Every distinct string of the model and of the added tokens, with its id. A string that is in
    /// both has one id: added tokens take the model's.
    pub(in crate::tokenizer) fn merged_with<'a>(
        &'a self,
        model_tokens: impl Iterator<Item = (&'a str, u32)>,
        model_id: impl Fn(&str) -> Option<u32>,
    ) -> impl Iterator<Item = (&'a str, u32)> {
        model_tokens.chain(self.tokens().filter(move |(content, _)| model_id(content).is_none()))
    }

    /// Every content with its id.
    fn tokens(&self) -> impl Iterator<Item = (&str, u32)> {
        self.ids.iter().map(|(content, id)| (content.as_str(), *id))
    }

    pub(in crate::tokenizer) fn id(&self, content: &str) -> Option<u32> {
        self.ids.get(content).copied()
    }
}

#[derive(Debug, Clone, Copy)]
struct Flags {
    single_word: bool,
    lstrip: bool,
    rstrip: bool,
}

impl Flags {
    fn of(spec: &AddedTokenSpec) -> Self {
        Self { single_word: spec.single_word, lstrip: spec.lstrip, rstrip: spec.rstrip }
    }
}

#[derive(Debug)]
struct Pattern {
    content: String,
    id: u32,
    flags: Flags,
}

/// A node of the trie: the range of its children in `children`, and the pattern that ends here.
#[derive(Debug, Default, Clone)]
struct Node {
    children: Range<u32>,
    pattern: Option<u32>,
}

/// Finds patterns in a text: the leftmost, and of those that start there the longest.
#[derive(Debug)]
pub(in crate::tokenizer) struct Matcher {
    patterns: Vec<Pattern>,
    nodes: Vec<Node>,
    /// The last byte and the node number of each child. The children of one node are side by side,
    /// by rising byte.
    children: Vec<(u8, u32)>,
    /// The child of the root for each byte, 0 for none.
    roots: Box<[u32; 256]>,
    first_bytes: ByteSet,
}

impl Matcher {
    /// # Errors
    /// If a pattern comes twice.
    fn new(mut patterns: Vec<Pattern>) -> Result<Self, Unsupported> {
        patterns.sort_by(|a, b| a.content.cmp(&b.content));
        if let Some(pair) = patterns.windows(2).find(|pair| pair[0].content == pair[1].content) {
            return Err(Unsupported::new(format!("two added tokens normalize to {:?}", pair[0].content)));
        }
        let firsts: BTreeSet<u8> = patterns.iter().map(|pattern| pattern.content.as_bytes()[0]).collect();
        let mut matcher = Self {
            patterns,
            nodes: vec![Node::default()],
            children: Vec::new(),
            roots: Box::new([0; 256]),
            first_bytes: ByteSet::new(firsts),
        };
        matcher.grow().ok_or_else(|| Unsupported::new("the added tokens are longer than 4 GiB"))?;
        for &(byte, node) in &matcher.children[..matcher.nodes[0].children.end as usize] {
            matcher.roots[usize::from(byte)] = node;
        }
        Ok(matcher)
    }

    /// Builds the trie node by node. A node is a range of the sorted patterns that share their
    /// first bytes.
    fn grow(&mut self) -> Option<()> {
        let mut open = std::collections::VecDeque::from([(0, 0..self.patterns.len(), 0)]);
        while let Some((node, range, depth)) = open.pop_front() {
            let first_child = u32::try_from(self.children.len()).ok()?;
            let mut index = range.start;
            while index < range.end {
                let Some(&byte) = self.patterns[index].content.as_bytes().get(depth) else {
                    self.nodes[node].pattern = Some(u32::try_from(index).ok()?);
                    index += 1;
                    continue;
                };
                let shares = |pattern: &Pattern| pattern.content.as_bytes()[depth] == byte;
                let end = index + self.patterns[index..range.end].partition_point(shares);
                self.children.push((byte, u32::try_from(self.nodes.len()).ok()?));
                open.push_back((self.nodes.len(), index..end, depth + 1));
                self.nodes.push(Node::default());
                index = end;
            }
            self.nodes[node].children = first_child..u32::try_from(self.children.len()).ok()?;
        }
        Some(())
    }

    /// The bytes that patterns start with.
    pub(in crate::tokenizer) fn first_bytes(&self) -> &ByteSet {
        &self.first_bytes
    }

    /// Whether `text` contains a pattern, whatever its flags.
    pub(in crate::tokenizer) fn is_in(&self, text: &str, scanner: Scanner) -> bool {
        self.find(text.as_bytes(), 0, scanner).is_some()
    }

    pub(in crate::tokenizer) fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    /// The pieces of `text`: added tokens and the text between them.
    pub(in crate::tokenizer) fn split<'a>(&'a self, text: &'a str, scanner: Scanner) -> Pieces<'a> {
        Pieces { matcher: self, text, scanner, searched: 0, returned: 0, token: None }
    }

    /// The first match at or after `from`: its range and the pattern.
    fn find(&self, text: &[u8], mut from: usize, scanner: Scanner) -> Option<(Range<usize>, &Pattern)> {
        if self.is_empty() {
            return None;
        }
        let mut pace = Pace::new();
        loop {
            from += find_in_strides(&text[from..], |stride| scanner.find_any(stride, &self.first_bytes))?;
            pace.step(1);
            if let Some((len, pattern)) = self.longest_at(&text[from..]) {
                return Some((from..from + len, &self.patterns[pattern as usize]));
            }
            from += 1;
        }
    }

    fn longest_at(&self, text: &[u8]) -> Option<(usize, u32)> {
        let mut node = *self.roots.get(usize::from(*text.first()?))? as usize;
        let (mut depth, mut longest) = (1, None);
        while node != 0 {
            let Node { children, pattern } = &self.nodes[node];
            longest = pattern.map(|pattern| (depth, pattern)).or(longest);
            let children = &self.children[children.start as usize..children.end as usize];
            let Some(byte) = text.get(depth) else { break };
            let Ok(child) = children.binary_search_by_key(byte, |(byte, _)| *byte) else { break };
            node = children[child].1 as usize;
            depth += 1;
        }
        longest
    }
}

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::tokenizer) enum Piece<'a> {
    /// Ordinary text, never empty.
    Text(&'a str),
    /// The id of an added token.
    Token(u32),
}

/// The pieces of a text (added_vocabulary.rs, `find_matches`).
pub(in crate::tokenizer) struct Pieces<'a> {
    matcher: &'a Matcher,
    text: &'a str,
    scanner: Scanner,
    /// Where the search continues: after the last match.
    searched: usize,
    /// Where the text not yet returned starts: after the last token and the white space that it
    /// strips.
    returned: usize,
    token: Option<u32>,
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        if let Some(id) = self.token.take() {
            return Some(Piece::Token(id));
        }
        let text = self.text;
        while let Some((found, pattern)) = self.matcher.find(text.as_bytes(), self.searched, self.scanner) {
            self.searched = found.end;
            let (before, after) = (&text[..found.start], &text[found.end..]);
            if pattern.flags.single_word && (ends_with_word(before) || starts_with_word(after)) {
                continue;
            }
            let start = if pattern.flags.lstrip { trimmed_end(before).max(self.returned) } else { found.start };
            let end = found.end + if pattern.flags.rstrip { leading_whitespace(after) } else { 0 };
            let piece = text.get(self.returned..start).filter(|piece| !piece.is_empty());
            self.returned = end;
            let Some(piece) = piece else { return Some(Piece::Token(pattern.id)) };
            self.token = Some(pattern.id);
            return Some(Piece::Text(piece));
        }
        self.searched = text.len();
        let rest = &text[self.returned..];
        self.returned = text.len();
        (!rest.is_empty()).then_some(Piece::Text(rest))
    }
}
