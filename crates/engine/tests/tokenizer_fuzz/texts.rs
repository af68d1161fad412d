//! Random texts: pieces of a vocabulary, characters of all scripts, white space of all kinds, marks, added tokens, and lines of
//! the corpora with changes.

/// Random choices from a fixed seed.
pub(crate) struct Random(fastrand::Rng);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(fastrand::Rng::with_seed(seed))
    }

    /// A number below `bound`, which is not 0.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0.usize(..bound)
    }

    pub(crate) fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }

    /// At most `most` of `items`.
    pub(crate) fn concat(&mut self, items: &[String], most: usize) -> String {
        (0..self.below(most + 1)).map(|_| self.pick(items).as_str()).collect()
    }
}

const WHITE_SPACE: [&str; 24] = [
    " ",
    " ",
    " ",
    "  ",
    "   ",
    "\t",
    "\n",
    "\r",
    "\r\n",
    "\n\n",
    " \n",
    "\n ",
    "\u{B}",
    "\u{C}",
    "\u{85}",
    "\u{A0}",
    "\u{1680}",
    "\u{2003}",
    "\u{2028}",
    "\u{202F}",
    "\u{3000}",
    "\u{200B}",
    "\u{2581}",
    " \u{2581} ",
];

const MARKS: [&str; 12] = [
    "\u{301}",
    "\u{327}",
    "\u{302E}",
    "\u{1B44}",
    "\u{3099}",
    "\u{94D}",
    "\u{20D0}",
    "\u{FE0F}",
    "\u{200D}",
    "\u{1D165}",
    "\u{345}",
    "\u{E31}",
];

const ODD: [&str; 52] = [
    "'s",
    "'S",
    "'\u{17F}",
    "'re",
    "'LL",
    "'ve",
    "'d",
    "'t",
    "'m",
    "'",
    "''",
    "1",
    "23",
    "456",
    "7890",
    "٣٤",
    "Ⅷ",
    "½",
    "²",
    "一二",
    "!",
    "?!",
    "...",
    "/",
    "//",
    "\r\n/",
    "<",
    "|>",
    "(",
    "،",
    "。",
    "\0",
    "\u{7F}",
    "\u{AD}",
    "\u{FEFF}",
    "\u{FFFD}",
    "ﬁ",
    "ǅ",
    "İ",
    "ı",
    "ß",
    "ʰ",
    "ª",
    "ː",
    "각",
    "ᄀ",
    "😀",
    "👩‍👩‍👧",
    "🇩🇪",
    "\u{E000}",
    "\u{10FFFF}",
    "K",
];

/// First and last code points.
const SCRIPTS: [(u32, u32); 24] = [
    (0x20, 0x7E),
    (0x61, 0x7A),
    (0x41, 0x5A),
    (0x30, 0x39),
    (0xA1, 0xFF),
    (0x100, 0x24F),
    (0x250, 0x2FF),
    (0x370, 0x3FF),
    (0x400, 0x4FF),
    (0x531, 0x587),
    (0x5D0, 0x5EA),
    (0x600, 0x6FF),
    (0x900, 0x97F),
    (0xE00, 0xE7F),
    (0x10A0, 0x10FF),
    (0x1100, 0x11FF),
    (0x1E00, 0x1FFF),
    (0x2000, 0x2BFF),
    (0x3040, 0x30FF),
    (0x4E00, 0x9FFF),
    (0xAC00, 0xD7A3),
    (0xF900, 0xFFEF),
    (0x1_0000, 0x1_FFFF),
    (0x0, 0x10_FFFF),
];

pub(crate) struct Texts {
    pub(crate) tokens: Vec<String>,
    pub(crate) added: Vec<String>,
    pub(crate) lines: Vec<String>,
    pub(crate) random: Random,
}

impl Texts {
    pub(crate) fn next(&mut self) -> String {
        match self.random.below(10) {
            0 if !self.lines.is_empty() => self.mutated_line(),
            1 => self.run(),
            // Long ones: several blocks, and groups of pieces.
            2 => (0..2 + self.random.below(8)).map(|_| self.next()).collect(),
            3 => self.few(),
            _ => self.concatenation(),
        }
    }

    fn concatenation(&mut self) -> String {
        let mut text = String::new();
        // Some texts are nearly all vocabulary pieces, others a mixture.
        let token_share = *self.random.pick(&[2, 6, 9]);
        for _ in 0..1 + self.random.below(24) {
            if self.random.below(10) < token_share {
                self.push_token(&mut text)
            } else {
                self.push_odd(&mut text)
            }
            if self.random.below(3) == 0 {
                text.push(' ');
            }
        }
        text
    }

    fn push_token(&mut self, text: &mut String) {
        let index = self.random.below(self.tokens.len());
        let token = self.tokens[index].clone();
        match self.random.below(10) {
            0 => text.push_str(&token),
            1 => text.extend(token.chars().flat_map(char::to_uppercase)),
            2 => text.extend(token.chars().rev()),
            _ => text.push_str(&as_written(&token)),
        }
    }

    fn push_odd(&mut self, text: &mut String) {
        match self.random.below(6) {
            0 => text.push_str(self.random.pick::<&str>(&WHITE_SPACE)),
            1 => text.push_str(self.random.pick::<&str>(&MARKS)),
            2 => text.push_str(self.random.pick::<&str>(&ODD)),
            3 if !self.added.is_empty() => {
                let added = self.random.pick(&self.added).clone();
                text.push_str(&added);
            }
            _ => {
                let script = *self.random.pick(&SCRIPTS);
                for _ in 0..1 + self.random.below(5) {
                    text.push(self.character(script));
                }
            }
        }
    }

    fn character(&mut self, (first, last): (u32, u32)) -> char {
        let code = first + self.random.below((last - first + 1) as usize) as u32;
        char::from_u32(code).unwrap_or('\u{FFFD}')
    }

    /// One string repeated.
    fn run(&mut self) -> String {
        let mut part = String::new();
        if self.random.below(2) == 0 {
            self.push_token(&mut part)
        } else {
            self.push_odd(&mut part)
        }
        let mut text = String::new();
        self.push_odd(&mut text);
        let count = *self.random.pick(&[2, 3, 7, 17, 33, 65]);
        text.push_str(&part.repeat(1 + self.random.below(count)));
        self.push_token(&mut text);
        text
    }

    /// A few things, mostly ASCII, in any order: the same pieces after different ones.
    fn few(&mut self) -> String {
        let things: Vec<String> = (0..2 + self.random.below(6))
            .map(|_| {
                let mut thing = String::new();
                match self.random.below(8) {
                    0 => self.push_odd(&mut thing),
                    1..4 => self.push_token(&mut thing),
                    4 => thing.push_str(self.random.pick::<&str>(&WHITE_SPACE)),
                    _ => thing.push(self.character((0x20, 0x7E))),
                }
                thing
            })
            .collect();
        let most = *self.random.pick(&[8, 40, 200]);
        (0..1 + self.random.below(most)).map(|_| self.random.pick(&things).as_str()).collect()
    }

    fn mutated_line(&mut self) -> String {
        let index = self.random.below(self.lines.len());
        let mut chars: Vec<char> = self.lines[index].chars().take(400).collect();
        for _ in 0..self.random.below(6) {
            if chars.is_empty() {
                break;
            }
            let at = self.random.below(chars.len());
            match self.random.below(4) {
                0 => _ = chars.remove(at),
                1 => chars.truncate(at),
                _ => {
                    let mut part = String::new();
                    self.push_odd(&mut part);
                    chars.splice(at..at, part.chars());
                }
            }
        }
        chars.into_iter().collect()
    }
}

/// A token as it looks in a text: with spaces, without the marks of subwords, byte-level characters as bytes.
fn as_written(token: &str) -> String {
    let token = token.strip_prefix("##").unwrap_or(token);
    let token = token.strip_suffix("</w>").unwrap_or(token);
    let token = token.replace('\u{2581}', " ");
    let bytes: Option<Vec<u8>> = token.chars().map(byte).collect();
    match bytes.map(String::from_utf8) {
        Some(Ok(text)) => text,
        _ => token,
    }
}

/// The byte of a character of the byte-level alphabet.
fn byte(c: char) -> Option<u8> {
    let is_printable = |byte: u8| matches!(byte, b'!'..=b'~' | 0xA1..=0xAC | 0xAE..=0xFF);
    match c as u32 {
        code @ 0..=0xFF => u8::try_from(code).ok().filter(|byte| is_printable(*byte)),
        code => (0..=u8::MAX).filter(|byte| !is_printable(*byte)).nth((code - 0x100) as usize),
    }
}
