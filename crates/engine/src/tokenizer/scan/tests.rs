//! Every kernel against its scalar twin, and the scalar ones against the standard library.

use super::window::{BLOCK_BYTES, COPY_SLACK};
use super::{ByteSet, PlainText, Scanner, WordBounds, whole_blocks};
use crate::isa::Isa;

/// Texts that hold every byte at every place of a block, and of lengths around every vector width.
fn texts() -> Vec<Vec<u8>> {
    let mut random = fastrand::Rng::with_seed(1);
    let alphabets: [&[u8]; 4] =
        [b"ab Z.", b"aB, \t\n\r[]", b"a \x00\x0B\x0C\x1F\x7F\x80\xC3\xA9\xFF", b"abcdefghijkl mnop"];
    let mut texts = Vec::new();
    for len in (0..=200).chain([255, 256, 257, 1023, 4000]) {
        for alphabet in alphabets {
            texts.push((0..len).map(|_| alphabet[random.usize(..alphabet.len())]).collect());
        }
        texts.push((0..len).map(|_| random.u8(..)).collect());
        texts.push((0..len).map(|_| random.u8(..0x80)).collect());
    }
    for byte in 0..=255 {
        for place in [0, 1, 31, 32, 63, 64, 95] {
            let mut text = vec![b'x'; 96];
            text[place] = byte;
            texts.push(text);
        }
    }
    texts
}

fn copied(scanner: Scanner, text: &[u8], lower: bool, clean: bool) -> Vec<u8> {
    let mut target = vec![0; text.len() + COPY_SLACK];
    let len = scanner.copy_ascii(text, &mut target, lower, clean);
    target.truncate(len);
    target
}

fn words(scanner: Scanner, text: &[u8]) -> Vec<(u32, u32)> {
    let mut padded = text.to_vec();
    padded.resize((text.len() / BLOCK_BYTES + 1) * BLOCK_BYTES, b' ');
    let mut bounds = WordBounds::new();
    scanner.find_words(&padded, 0, &mut bounds);
    assert_eq!(bounds.start_count, bounds.end_count);
    let starts = bounds.starts[..bounds.start_count].iter();
    starts.zip(&bounds.ends).map(|(start, end)| (*start, *end)).collect()
}

/// What `find_plain_words` finds of a text of 7 before it: the mark, the bytes, and the bounds.
fn plain_words(
    scanner: Scanner,
    units: &[u16],
    lower: bool,
    marks: &ByteSet,
) -> (Option<bool>, Vec<u8>, Vec<(u32, u32)>) {
    let mut padded = units.to_vec();
    // Neither words nor others.
    padded.resize(whole_blocks(units.len()), if units.len().is_multiple_of(2) { u16::from(b'[') } else { 0xD800 });
    let mut bounds = WordBounds::new();
    let mut target = vec![0; 7 + padded.len()];
    let before = PlainText { units: &[u16::from(b'-'); BLOCK_BYTES], len: 1, lower, marks };
    assert!(scanner.find_plain_words(before, &mut [0; BLOCK_BYTES], 5, &mut bounds).is_some());
    let text = PlainText { units: &padded, len: units.len(), lower, marks };
    let found = scanner.find_plain_words(text, &mut target[7..], 7, &mut bounds);
    assert_eq!(bounds.start_count, bounds.end_count);
    let bytes = if found.is_some() { target[7..7 + units.len()].to_vec() } else { Vec::new() };
    let starts = bounds.starts[..bounds.start_count].iter();
    (found, bytes, starts.zip(&bounds.ends).map(|(start, end)| (*start, *end)).collect())
}

#[test]
fn plain_words_from_utf16_are_those_of_the_cleaned_bytes() {
    for text in texts().iter().filter(|text| text.is_ascii()) {
        let units: Vec<u16> = text.iter().map(|&byte| byte.into()).collect();
        let marks = ByteSet::new(*b"[<");
        for lower in [false, true] {
            let (found, bytes, bounds) = plain_words(Scanner::of(Isa::SCALAR), &units, lower, &marks);
            let expected = copied(Scanner::of(Isa::SCALAR), text, lower, true);
            let is_plain = expected.len() == text.len();
            assert_eq!(found, is_plain.then(|| text.iter().any(|byte| b"[<".contains(byte))), "{text:?}");
            let mut expected_bounds = vec![(5, 6)];
            if is_plain {
                assert_eq!(bytes, expected);
                let all = words(Scanner::of(Isa::SCALAR), &expected);
                expected_bounds.extend(all.iter().map(|(start, end)| (start + 7, end + 7)));
            }
            assert_eq!(bounds, expected_bounds, "{text:?}");
        }
    }
}

#[test]
fn the_kernels_of_every_instruction_set_match_scalar_at_every_tail() {
    Isa::available().into_iter().for_each(matches_scalar);
}

fn matches_scalar(isa: Isa) {
    let (vectors, scalar) = (Scanner::of(isa), Scanner::of(Isa::SCALAR));
    let sets = [&b"["[..], b"[<", b"", b"\xE2\xF0a", b"\x00\x7F\x80\xFF"].map(|bytes| ByteSet::new(bytes.to_vec()));
    for text in texts() {
        for (lower, clean) in [(false, false), (false, true), (true, false), (true, true)] {
            let (got, expected) = (copied(vectors, &text, lower, clean), copied(scalar, &text, lower, clean));
            assert_eq!(got, expected, "{text:?} {lower} {clean}");
        }
        assert_eq!(words(vectors, &text), words(scalar, &text), "{text:?}");
        // Every unit beyond a byte, too: the same bytes with something above them.
        for above in [0, 0x0100, 0x7F00, 0x8000, 0xFF00] {
            let last = text.len().saturating_sub(1);
            let units = |(place, &byte): (usize, &u8)| u16::from(byte) | if place == last { above } else { 0 };
            let units: Vec<u16> = text.iter().enumerate().map(units).collect();
            for lower in [false, true] {
                let [got, expected] = [vectors, scalar].map(|scanner| plain_words(scanner, &units, lower, &sets[1]));
                assert_eq!(got, expected, "{units:?}");
            }
        }
        for set in &sets {
            assert_eq!(vectors.find_any(&text, set), scalar.find_any(&text, set), "{text:?} {set:?}");
        }
    }
}

#[test]
fn words_are_what_the_standard_library_splits() {
    let is_space = |c: char| c.is_ascii() && c.is_whitespace();
    for text in texts().iter().filter_map(|text| str::from_utf8(text).ok()) {
        let mut expected = Vec::new();
        for word in text.split(is_space).flat_map(|word| word.split_inclusive(|c: char| c.is_ascii_punctuation())) {
            let without = word.trim_end_matches(|c: char| c.is_ascii_punctuation());
            expected.extend([without, &word[without.len()..]].into_iter().filter(|part| !part.is_empty()));
        }
        let got = words(Scanner::of(Isa::SCALAR), text.as_bytes());
        let got: Vec<_> = got.iter().map(|&(start, end)| &text[start as usize..end as usize]).collect();
        assert_eq!(got, expected, "{text:?}");
    }
}

#[test]
fn a_word_may_go_on_in_the_next_window() {
    for scanner in Isa::available().into_iter().map(Scanner::of) {
        let mut bounds = WordBounds::new();
        scanner.find_words(&[b'a'; BLOCK_BYTES], 0, &mut bounds);
        assert_eq!((bounds.start_count, bounds.end_count), (1, 0));
        let mut second = [b' '; BLOCK_BYTES];
        second[..2].copy_from_slice(b"b.");
        scanner.find_words(&second, 0, &mut bounds);
        assert_eq!(
            (&bounds.starts[..bounds.start_count], &bounds.ends[..bounds.end_count]),
            (&[0, 1][..], &[1, 2][..])
        );
    }
}

#[test]
fn a_byte_set_has_all_its_bytes_and_within_ascii_no_other() {
    let (ascii, mixed) = (ByteSet::new(*b"[<a"), ByteSet::new(*b"[a\xE2\xFF"));
    for byte in 0..=255 {
        assert_eq!(ascii.may_have(byte), b"[<a".contains(&byte), "{byte}");
        assert!(mixed.may_have(byte) || !b"[a\xE2\xFF".contains(&byte), "{byte}");
    }
}
