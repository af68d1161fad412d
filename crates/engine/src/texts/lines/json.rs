//! Reads one line of JSON Lines: the text or the id in one field of an object, or of an object in it. It
//! accepts a subset of JSON (RFC 8259): the result is `None` for a line that is not JSON, and for
//! JSON that would be slow or complicated to read (escapes in keys, deep nesting). It does not
//! check UTF-8: the caller does.

use std::ops::Range;

use crate::texts::widen::widen;

/// The deepest nesting of arrays and objects in the value of a field. Deeper lines are not read.
const MAX_DEPTH: usize = 32;
/// How many bytes of a string are checked together for the characters that end a plain part.
const BLOCK: usize = 16;

/// A position in the bytes, which moves forward over everything that was read. After a `None` it is
/// somewhere in the line.
pub(super) struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// Where the bytes of a string are, without its quotes, and whether it contains escapes.
pub(super) type Content = (Range<usize>, bool);

/// The value that is looked for in an object.
pub(super) trait Wanted: Sized {
    /// Reads a value at the position. The inner `None` is for a value of another kind.
    fn read(scan: &mut Scan<'_>, depth: usize) -> Option<Option<Self>>;
}

impl Wanted for Content {
    #[inline(always)]
    fn read(scan: &mut Scan<'_>, depth: usize) -> Option<Option<Self>> {
        if scan.peek()? == b'"' { scan.string().map(Some) } else { scan.value(depth).map(|()| None) }
    }
}

/// An id.
pub(super) enum IdValue {
    String(Content),
    Integer(i64),
}

/// JavaScript has all integers of so many digits.
const EXACT_DIGITS: usize = 15;

impl Wanted for IdValue {
    fn read(scan: &mut Scan<'_>, depth: usize) -> Option<Option<Self>> {
        let start = scan.at;
        if scan.peek()? == b'"' {
            return scan.string().map(|content| Some(Self::String(content)));
        }
        scan.value(depth)?;
        let text = str::from_utf8(&scan.bytes[start..scan.at]).ok()?;
        let is_exact = text != "-0" && text.len() <= EXACT_DIGITS;
        Some(text.parse().ok().filter(|_| is_exact).map(Self::Integer))
    }
}

impl<'a> Scan<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    pub(super) fn position(&self) -> usize {
        self.at
    }

    /// Reads a whole line, which is one object and ends with a line feed. Returns the value of the
    /// field called `path`, dots included, or else of the field at the path: of the last one if
    /// there are several, as `JSON.parse` does. `None` if there is no such field or its value is
    /// not what is wanted, and for a field that only another split of the path leads to.
    pub(super) fn object_line<T: Wanted>(&mut self, path: &[u8]) -> Option<T> {
        self.space();
        let found = self.value_in_object(path, 0)?;
        self.space();
        self.expect(b'\n')?;
        found
    }

    /// Reads an object, and returns the wanted value at `path` in it. The inner `None` is for an
    /// object that was read and has none there.
    // Inlined into the loop over lines, nearly all of which have no path to follow.
    #[inline(always)]
    fn value_in_object<T: Wanted>(&mut self, path: &[u8], depth: usize) -> Option<Option<T>> {
        let outer = path.iter().position(|&byte| byte == b'.');
        let mut is_exact = false;
        let mut found = None;
        self.expect(b'{')?;
        self.space();
        if self.take(b'}') {
            return Some(None);
        }
        loop {
            let (key, has_escapes) = self.string()?;
            // The key may be the wanted one, written with escapes.
            if has_escapes {
                return None;
            }
            let key = &self.bytes[key];
            let is_path = key == path;
            let inner = outer.filter(|&dot| !is_exact && *key == path[..dot]);
            self.colon()?;
            if is_path {
                is_exact = true;
                found = T::read(self, depth)?;
            } else if let Some(dot) = inner {
                found = self.value_in_value(&path[dot + 1..], depth)?;
            } else {
                self.value(depth)?;
            }
            if !self.goes_on(b'}')? {
                return Some(found);
            }
        }
    }

    /// Reads a value, and returns the wanted one at `path` in it if it is an object.
    #[inline(never)]
    fn value_in_value<T: Wanted>(&mut self, path: &[u8], depth: usize) -> Option<Option<T>> {
        if self.peek()? == b'{' && depth < MAX_DEPTH {
            return self.value_in_object(path, depth + 1);
        }
        self.value(depth).map(|()| None)
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let is_there = self.peek() == Some(byte);
        self.at += usize::from(is_there);
        is_there
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        self.take(byte).then_some(())
    }

    /// Skips white space inside a line: not line feeds, because a line feed ends the line.
    fn space(&mut self) {
        while let Some(b' ' | b'\t' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    fn colon(&mut self) -> Option<()> {
        self.space();
        self.expect(b':')?;
        self.space();
        Some(())
    }

    /// Reads what follows a value: a comma (true: another value follows) or `close` (false).
    fn goes_on(&mut self, close: u8) -> Option<bool> {
        self.space();
        if self.take(close) {
            return Some(false);
        }
        self.expect(b',')?;
        self.space();
        Some(true)
    }

    fn value(&mut self, depth: usize) -> Option<()> {
        match self.peek()? {
            b'"' => self.string().map(|_| ()),
            b'{' | b'[' if depth == MAX_DEPTH => None,
            b'{' => self.object(depth + 1),
            b'[' => self.array(depth + 1),
            b't' => self.word(b"true"),
            b'f' => self.word(b"false"),
            b'n' => self.word(b"null"),
            _ => self.number(),
        }
    }

    fn object(&mut self, depth: usize) -> Option<()> {
        self.expect(b'{')?;
        self.space();
        if self.take(b'}') {
            return Some(());
        }
        loop {
            self.string()?;
            self.colon()?;
            self.value(depth)?;
            if !self.goes_on(b'}')? {
                return Some(());
            }
        }
    }

    fn array(&mut self, depth: usize) -> Option<()> {
        self.expect(b'[')?;
        self.space();
        if self.take(b']') {
            return Some(());
        }
        loop {
            self.value(depth)?;
            if !self.goes_on(b']')? {
                return Some(());
            }
        }
    }

    fn word(&mut self, word: &[u8]) -> Option<()> {
        let is_there = self.bytes[self.at..].starts_with(word);
        self.at += word.len();
        is_there.then_some(())
    }

    fn number(&mut self) -> Option<()> {
        self.take(b'-');
        if !self.take(b'0') {
            self.digits()?;
        }
        if self.take(b'.') {
            self.digits()?;
        }
        if self.take(b'e') || self.take(b'E') {
            let _ = self.take(b'+') || self.take(b'-');
            self.digits()?;
        }
        Some(())
    }

    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }

    fn string(&mut self) -> Option<Content> {
        self.expect(b'"')?;
        let start = self.at;
        let mut has_escapes = false;
        loop {
            self.at = end_of_plain(self.bytes, self.at);
            match self.peek()? {
                b'"' => {
                    self.at += 1;
                    return Some((start..self.at - 1, has_escapes));
                }
                b'\\' => {
                    has_escapes = true;
                    self.escape()?;
                }
                // A control character, such as a line feed: JSON has these only as escapes.
                _ => return None,
            }
        }
    }

    fn escape(&mut self) -> Option<()> {
        let kind = *self.bytes.get(self.at + 1)?;
        self.at += 2;
        match kind {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(()),
            b'u' => {
                let digits = self.bytes.get(self.at..self.at + 4)?;
                self.at += 4;
                digits.iter().all(u8::is_ascii_hexdigit).then_some(())
            }
            _ => None,
        }
    }
}

/// The position of the first quote, backslash or control character from `at` on.
fn end_of_plain(bytes: &[u8], mut at: usize) -> usize {
    let is_special = |byte: u8| byte == b'"' || byte == b'\\' || byte < b' ';
    // No early exit inside a block, so that the compiler vectorizes it.
    while let Some(block) = bytes[at..].first_chunk::<BLOCK>() {
        if block.iter().fold(false, |any, &byte| any | is_special(byte)) {
            break;
        }
        at += BLOCK;
    }
    bytes[at..].iter().position(|&byte| is_special(byte)).map_or(bytes.len(), |offset| at + offset)
}

/// Writes the content of a scanned string as UTF-16 into `units`, as far as there is room. Returns
/// the number of all its units, including those for which there was no room.
pub(super) fn unescape(content: &str, units: &mut [u16]) -> usize {
    let mut count = 0;
    let mut rest = content;
    loop {
        let plain = rest.find('\\').unwrap_or(rest.len());
        count += widen(&rest[..plain], units.get_mut(count..).unwrap_or_default());
        let Some(escape) = rest[plain..].strip_prefix('\\') else { return count };
        let (unit, length) = escaped_unit(escape.as_bytes());
        if let Some(place) = units.get_mut(count) {
            *place = unit;
        }
        count += 1;
        rest = &escape[length..];
    }
}

/// The UTF-16 unit of an escape, and how many bytes the escape has after the backslash. `escape`
/// starts after the backslash, and was checked by [`Scan`].
fn escaped_unit(escape: &[u8]) -> (u16, usize) {
    let plain = match escape.first().copied().unwrap_or_default() {
        b'u' => {
            let digit = |&byte: &u8| char::from(byte).to_digit(16).unwrap_or_default() as u16;
            let unit = escape[1..].iter().take(4).fold(0, |unit, byte| unit << 4 | digit(byte));
            return (unit, 5);
        }
        b'b' => 8,
        b'f' => 12,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        same => same,
    };
    (u16::from(plain), 1)
}
