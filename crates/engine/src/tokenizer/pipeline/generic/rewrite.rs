//! How pre-tokenizers rewrite the text of a piece. The result depends only on the piece, so
//! rewriting can wait until the model tokenizes a new piece.

use crate::growth::{Growth, put};
use crate::interrupt::Pace;
use crate::tokenizer::normalizer::ByteLevel;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rewrite {
    Nothing,
    /// Puts a space before a piece that doesn't start with one.
    Space,
    /// Puts `replacement` in place of each space and, if `with_prefix`, before a piece that doesn't
    /// start with it.
    Metaspace {
        replacement: char,
        with_prefix: bool,
    },
    /// Writes a character for each byte. If `with_prefix`, a piece that doesn't start with a space
    /// gets one before it.
    ByteLevel {
        with_prefix: bool,
    },
}

/// The most bytes of a character.
const LONGEST: usize = 4;

impl Rewrite {
    /// Appends the rewritten `piece`, which is not empty, to `out`.
    pub(super) fn write(self, piece: &str, out: &mut String) {
        match self {
            Self::Nothing => put(out, piece),
            Self::Space => {
                if !piece.starts_with(' ') {
                    out.make_room(1);
                    out.push(' ');
                }
                put(out, piece);
            }
            Self::Metaspace { replacement, with_prefix } => {
                if with_prefix && !piece.starts_with([' ', replacement]) {
                    out.make_room(LONGEST);
                    out.push(replacement);
                }
                let mut parts = piece.split(' ');
                put(out, parts.next().unwrap_or_default());
                let mut pace = Pace::new();
                for part in parts {
                    pace.step(part.len());
                    out.make_room(LONGEST);
                    out.push(replacement);
                    put(out, part);
                }
            }
            Self::ByteLevel { with_prefix } => {
                if with_prefix && !piece.starts_with(' ') {
                    ByteLevel.normalize(" ", out);
                }
                ByteLevel.normalize(piece, out);
            }
        }
    }
}
