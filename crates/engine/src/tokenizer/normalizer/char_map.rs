//! A table of the text that a normalizer writes for each low code point, built once for its
//! settings.

/// The entry of a character.
pub(super) enum Mapped {
    /// Short text.
    Text(Entry),
    /// Text that depends on the next characters, or is long.
    Depends,
}

/// Up to three bytes, possibly with a space on both sides. Bytes 0 to 2 are the text; byte 3 is its
/// length and [`SPACED`].
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry(u32);

const SPACED: u32 = 4;
const DEPENDS: u32 = 8;

impl Entry {
    fn new(text: &[u8]) -> Option<Self> {
        let (text, flag) = match text {
            [b' ', inner @ .., b' '] if !inner.is_empty() => (inner, SPACED),
            _ => (text, 0),
        };
        let mut bytes = [0; 4];
        bytes.get_mut(..text.len()).filter(|to| to.len() < 4)?.copy_from_slice(text);
        bytes[3] = u8::try_from(text.len()).ok()? | u8::try_from(flag).ok()?;
        Some(Self(u32::from_le_bytes(bytes)))
    }

    /// Writes the text into `out` at `at`, without a branch. Returns where it ends.
    #[inline]
    pub(super) fn write(self, out: &mut [u8], at: usize) -> usize {
        let control = self.0 >> 24;
        let (len, space) = ((control & 3) as usize, usize::from(control & SPACED != 0));
        let out = &mut out[at..at + 8];
        out[0] = b' ';
        out[space..space + 4].copy_from_slice(&self.0.to_le_bytes());
        out[(space + len) & 7] = b' ';
        at + len + 2 * space
    }
}

/// The table.
#[derive(Debug)]
pub(super) struct CharMap {
    entries: Box<[Entry]>,
}

impl CharMap {
    /// Maps the characters below `count`. `map` pushes the text of a character, and returns whether
    /// it is the same whatever follows.
    pub(super) fn build(count: u32, map: impl Fn(char, &mut Vec<u8>) -> bool) -> Self {
        let mut text = Vec::new();
        let entries = (0..count).map(|code| {
            text.clear();
            // Surrogates are higher than any mapped code point.
            let is_fixed = char::from_u32(code).is_some_and(|c| map(c, &mut text));
            Entry::new(&text).filter(|_| is_fixed).unwrap_or(Entry(DEPENDS << 24))
        });
        Self { entries: entries.collect() }
    }

    /// The entry of `c`, `None` if the table doesn't reach it.
    #[inline]
    pub(super) fn get(&self, c: char) -> Option<Mapped> {
        let entry = *self.entries.get(c as usize)?;
        Some(if entry.0 >> 24 == DEPENDS { Mapped::Depends } else { Mapped::Text(entry) })
    }
}
