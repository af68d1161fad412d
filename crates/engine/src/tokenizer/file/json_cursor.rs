//! A place in a JSON text, which goes on token by token.
//!
//! It knows as much of JSON as finding a value takes: where strings end, and how values nest. In a
//! text that is valid up to its place it is never wrong; what it goes over without a complaint may
//! still be invalid.

/// The place.
pub(super) struct JsonCursor<'a> {
    json: &'a [u8],
    at: usize,
}

/// A string as it stands in the text.
#[derive(Clone, Copy)]
pub(super) struct RawString<'a> {
    /// With its quotes.
    pub(super) quoted: &'a [u8],
    has_escapes: bool,
}

impl<'a> RawString<'a> {
    /// The bytes between the quotes, if nothing in them is escaped. They may be no valid UTF-8.
    #[inline]
    pub(super) fn plain(self) -> Option<&'a [u8]> {
        if self.has_escapes { None } else { Some(&self.quoted[1..self.quoted.len() - 1]) }
    }
}

impl<'a> JsonCursor<'a> {
    pub(super) fn new(json: &'a [u8]) -> Self {
        Self { json, at: 0 }
    }

    /// How many bytes are before the place.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// The next byte after white space, at which the place then is.
    #[inline]
    pub(super) fn peek(&mut self) -> Option<u8> {
        loop {
            match self.json.get(self.at) {
                Some(b' ' | b'\n' | b'\r' | b'\t') => self.at += 1,
                byte => return byte.copied(),
            }
        }
    }

    /// Takes `byte` if it comes next.
    #[inline]
    pub(super) fn take(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    /// Takes an integer without a sign. `None` if there is none, if it is larger than 32 bits, or
    /// if it goes on as another number.
    #[inline]
    pub(super) fn take_integer(&mut self) -> Option<u32> {
        let first = self.peek()?;
        let start = self.at;
        let mut number = 0_u64;
        while let Some(digit @ b'0'..=b'9') = self.json.get(self.at) {
            // Ends at a number that is too large: 20 digits could overflow.
            if self.at - start > 10 {
                return None;
            }
            number = 10 * number + u64::from(digit - b'0');
            self.at += 1;
        }
        let is_integer = match self.at - start {
            0 => false,
            1 => true,
            _ => first != b'0',
        };
        let goes_on = matches!(self.json.get(self.at), Some(b'.' | b'e' | b'E'));
        if is_integer && !goes_on { u32::try_from(number).ok() } else { None }
    }

    /// Takes the bytes of a number, or of a word such as `null`.
    #[inline]
    pub(super) fn take_word(&mut self) -> &'a [u8] {
        self.peek();
        let start = self.at;
        let is_inside = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'z' | b'-' | b'+' | b'.' | b'E');
        while self.json.get(self.at).is_some_and(is_inside) {
            self.at += 1;
        }
        &self.json[start..self.at]
    }

    /// Takes a string. `None` if there is none, or if it has control characters.
    #[inline]
    pub(super) fn take_string(&mut self) -> Option<RawString<'a>> {
        if !self.take(b'"') {
            return None;
        }
        let start = self.at - 1;
        let mut has_escapes = false;
        loop {
            self.at += match self.json.get(self.at..self.at + 8) {
                // Most strings are short.
                Some(next) => match special_bytes(u64::from_le_bytes(next.try_into().ok()?)) {
                    0 => 8 + find_special(&self.json[self.at + 8..])?,
                    special => special.trailing_zeros() as usize / 8,
                },
                None => find_special(self.json.get(self.at..)?)?,
            };
            match self.json[self.at] {
                b'"' => {
                    self.at += 1;
                    return Some(RawString { quoted: &self.json[start..self.at], has_escapes });
                }
                b'\\' => {
                    has_escapes = true;
                    self.at += 2;
                }
                _ => return None,
            }
        }
    }

    /// Goes through an object. `member` gets each key, and has to take the value.
    #[inline]
    pub(super) fn take_object(&mut self, mut member: impl FnMut(&mut Self, RawString<'a>) -> Option<()>) -> Option<()> {
        if !self.take(b'{') {
            return None;
        }
        if self.take(b'}') {
            return Some(());
        }
        loop {
            let key = self.take_string()?;
            if !self.take(b':') {
                return None;
            }
            member(self, key)?;
            if !self.take(b',') {
                return self.take(b'}').then_some(());
            }
        }
    }

    /// Goes through a list. `element` has to take each element.
    #[inline]
    pub(super) fn take_list(&mut self, mut element: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        if !self.take(b'[') {
            return None;
        }
        if self.take(b']') {
            return Some(());
        }
        loop {
            element(self)?;
            if !self.take(b',') {
                return self.take(b']').then_some(());
            }
        }
    }

    /// Goes over a value.
    pub(super) fn skip_value(&mut self) -> Option<()> {
        let mut depth = 0_usize;
        loop {
            match self.peek()? {
                b'"' => _ = self.take_string()?,
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                }
                b'}' | b']' => {
                    depth = depth.checked_sub(1)?;
                    self.at += 1;
                }
                b',' | b':' if depth > 0 => self.at += 1,
                _ if self.take_word().is_empty() => return None,
                _ => {}
            }
            if depth == 0 {
                return Some(());
            }
        }
    }
}

/// The index of the first quote, backslash or control character.
#[inline]
fn find_special(bytes: &[u8]) -> Option<usize> {
    let (words, rest) = bytes.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let special = special_bytes(u64::from_le_bytes(*word));
        if special != 0 {
            return Some(8 * index + special.trailing_zeros() as usize / 8);
        }
    }
    let is_special = |byte: &u8| matches!(byte, b'"' | b'\\' | ..0x20);
    rest.iter().position(is_special).map(|index| 8 * words.len() + index)
}

/// Sets the highest bit of the first byte, and perhaps of later ones, that is a quote, a backslash
/// or a control character.
#[inline(always)]
fn special_bytes(word: u64) -> u64 {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGHEST: u64 = ONES << 7;
    // A byte from 0x80 on is above all of these. Subtracting borrows only from bytes after one that
    // is found.
    let below = |word: u64, bound: u8| word.wrapping_sub(ONES * u64::from(bound)) & !word;
    let equal = |byte: u8| below(word ^ (ONES * u64::from(byte)), 1);
    (equal(b'"') | equal(b'\\') | below(word, 0x20)) & HIGHEST
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_special_byte_is_found_at_every_place_before_and_after_any_other_byte() {
        for special in (0..0x20).chain([b'"', b'\\']) {
            for place in 0..20 {
                for other in (0x20..=0xff).filter(|byte| !matches!(byte, b'"' | b'\\')) {
                    let mut bytes = [other; 21];
                    assert_eq!(find_special(&bytes), None);
                    bytes[place] = special;
                    assert_eq!(find_special(&bytes), Some(place), "{special} among {other}");
                }
            }
        }
    }

    #[test]
    fn a_value_is_skipped_as_a_whole_and_no_further() {
        for value in
            [r#""a\"b]}""#, "[1, {\"}\": []}, \"]\"]", "{}", "-1.5e+7", "null", "[[[]]]", r#"{"a": {"b": "\\"}}"#]
        {
            let json = format!("{value} , 1");
            let mut cursor = JsonCursor::new(json.as_bytes());
            cursor.skip_value().unwrap();
            assert_eq!(cursor.at(), value.len());
        }
        for value in ["", ",", "]", "[1", "\"a", "\"a\\", ":", "\u{1}"] {
            assert!(JsonCursor::new(value.as_bytes()).skip_value().is_none(), "{value}");
        }
    }
}
