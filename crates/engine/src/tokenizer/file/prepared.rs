//! A prepared tokenizer: the file [`PREPARED_FILE`] beside a tokenizer.json, with which a load
//! neither reads the vocabulary nor builds its trie. `Tokenizer::prepare` makes it, for tokenizers
//! of the BERT kind. All else is still read from tokenizer.json.
//!
//! Numbers are little-endian.
//!
//! | bytes | |
//! |---|---|
//! | 0–7 | `m2vprep` and the version of the format |
//! | 8–15 | XXH3 (64 bits) of all bytes that follow |
//! | 16–31 | the length of tokenizer.json, and its XXH3 |
//! | 32–47 | where in tokenizer.json the value of the model's `vocab` begins and ends |
//! | 48–55 | the median length of a token in code points, added tokens included |
//! | 56– | the trie of the vocabulary: two numbers of 32 bits for each node (`index/node.rs`) |
//!
//! A file that is anything else is ignored, and the vocabulary is read as if there were none: also
//! one whose checksum is wrong, or that names another tokenizer.json. The hashes find damage and
//! files that don't belong together. They are no protection against somebody who writes a file to
//! deceive: whoever can write here can write the model as well, and gets other vectors either way.
//! But no content makes a load or a call read outside of the trie, panic, or run on: a trie is only
//! taken if every search stays within its nodes.

use std::fs::File;
use std::hash::Hasher;
use std::io::{self, Read, Take};
use std::ops::Range;
use std::path::Path;

use twox_hash::XxHash3_64;

use super::large_values::PLACEHOLDER;
use crate::tokenizer::index::piece_trie::PieceTrie;
use crate::tokenizer::index::slots::MAX_SLOTS;

/// The name of the file.
const PREPARED_FILE: &str = "tokenizer.prepared";

/// A file of another version is ignored. The version changes with the layout above, and whenever
/// the same vocabulary gets another trie.
const MAGIC: [u8; 8] = *b"m2vprep\x01";

const HEADER_BYTES: usize = 56;
const NODE_BYTES: usize = 8;
const MOST_BYTES: u64 = (HEADER_BYTES + MAX_SLOTS * NODE_BYTES) as u64;

/// Files are read in blocks of this size, into memory that stays in a near cache: most of the time
/// that reading a whole file takes is the kernel's, which has to find and clear fresh memory.
const BLOCK_BYTES: usize = 1 << 16;

/// What a load finds prepared.
pub(in crate::tokenizer) struct Prepared {
    /// tokenizer.json with a placeholder in place of the vocabulary.
    pub(in crate::tokenizer) rest: Vec<u8>,
    /// The vocabulary, which has no empty string.
    pub(in crate::tokenizer) pieces: PieceTrie,
    pub(in crate::tokenizer) median_token_length: usize,
}

impl Prepared {
    /// What was prepared of the file `tokenizer`, if it has such a file beside it.
    pub(in crate::tokenizer) fn find(tokenizer: &Path) -> Option<Self> {
        let (mut file, length) = open(&tokenizer.with_file_name(PREPARED_FILE))?;
        let mut header = [0; HEADER_BYTES];
        file.read_exact(&mut header).ok()?;
        let number = |index: usize| u64::from_le_bytes(header.as_chunks().0[index]);
        if header[..8] != MAGIC || length > MOST_BYTES {
            return None;
        }
        let mut hash = XxHash3_64::new();
        hash.write(&header[16..]);
        // At most `MOST_BYTES`, so it fits in usize.
        let mut numbers = Vec::with_capacity((length as usize - HEADER_BYTES) / NODE_BYTES);
        let mut is_whole = true;
        each_block(file, |block| {
            hash.write(block);
            let (nodes, rest) = block.as_chunks::<NODE_BYTES>();
            is_whole &= rest.is_empty();
            numbers.extend(nodes.iter().map(|node| numbers_of(*node)));
        })?;
        if !is_whole || hash.finish() != number(1) {
            return None;
        }
        let [start, end, median_token_length] = [4, 5, 6].map(|index| usize::try_from(number(index)).ok());
        let rest = read_around(tokenizer, (number(2), number(3)), &(start?..end?))?;
        Some(Self { rest, pieces: PieceTrie::of_numbers(numbers)?, median_token_length: median_token_length? })
    }
}

/// The contents of the file for `json`, in which the vocabulary has this place, and these pieces.
pub(in crate::tokenizer) fn write(
    json: &[u8],
    place: &Range<usize>,
    pieces: &PieceTrie,
    median_token_length: usize,
) -> Vec<u8> {
    let named = [json.len() as u64, XxHash3_64::oneshot(json)];
    let facts = [place.start, place.end, median_token_length].map(|number| number as u64);
    let mut content: Vec<u8> = named.into_iter().chain(facts).flat_map(u64::to_le_bytes).collect();
    content.extend(pieces.numbers().flatten().flat_map(u32::to_le_bytes));
    [&MAGIC[..], &XxHash3_64::oneshot(&content).to_le_bytes(), &content].concat()
}

/// The file at this path, and its length. What it grows by later is not read.
fn open(path: &Path) -> Option<(Take<File>, u64)> {
    // Looked up by path first: opening a named pipe would wait for a writer.
    let metadata = std::fs::metadata(path).ok()?;
    let length = metadata.len();
    if metadata.is_file() { Some((File::open(path).ok()?.take(length), length)) } else { None }
}

/// Passes the rest of a file on. All blocks but the last have [`BLOCK_BYTES`].
fn each_block(mut file: impl Read, mut each: impl FnMut(&[u8])) -> Option<()> {
    let mut block = vec![0; BLOCK_BYTES];
    loop {
        let mut filled = 0;
        while filled < BLOCK_BYTES {
            match file.read(&mut block[filled..]) {
                Ok(0) => {
                    each(&block[..filled]);
                    return Some(());
                }
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return None,
            }
        }
        each(&block);
    }
}

/// The file without what is in `place`, if it has this length and hash.
fn read_around(path: &Path, named: (u64, u64), place: &Range<usize>) -> Option<Vec<u8>> {
    let (file, length) = open(path)?;
    if length != named.0 {
        return None;
    }
    let (mut hash, mut rest, mut at) = (XxHash3_64::new(), Vec::new(), 0);
    each_block(file, |block| {
        hash.write(block);
        // What of the block is before the place, and after it.
        let before = place.start.saturating_sub(at).min(block.len());
        let after = place.end.saturating_sub(at).min(block.len());
        rest.extend_from_slice(&block[..before]);
        if (at..at + block.len()).contains(&place.start) {
            rest.extend_from_slice(PLACEHOLDER);
        }
        rest.extend_from_slice(&block[after..]);
        at += block.len();
    })?;
    (at as u64 == length && hash.finish() == named.1).then_some(rest)
}

#[inline(always)]
fn numbers_of(node: [u8; NODE_BYTES]) -> [u32; 2] {
    let both = u64::from_le_bytes(node);
    [both as u32, (both >> 32) as u32]
}
