//! What pre-tokenizers make of the text of a piece, besides splitting it. It depends on nothing but the piece, so it can wait
//! until a new piece meets the model.

use crate::tokenizer::normalizer::ByteLevel;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rewrite {
    Nothing,
    /// A space before a piece that doesn't start with one.
    Space,
    /// `replacement` for each space, and, `with_prefix`, before a piece that doesn't start with it.
    Metaspace {
        replacement: char,
        with_prefix: bool,
    },
    /// A character for each byte. `with_prefix`: of the piece behind a space, unless it starts with one.
    ByteLevel {
        with_prefix: bool,
    },
}

impl Rewrite {
    /// Appends what becomes of `piece`, which is not empty, to `out`.
    pub(super) fn write(self, piece: &str, out: &mut String) {
        match self {
            Self::Nothing => out.push_str(piece),
            Self::Space => {
                if !piece.starts_with(' ') {
                    out.push(' ');
                }
                out.push_str(piece);
            }
            Self::Metaspace { replacement, with_prefix } => {
                if with_prefix && !piece.starts_with([' ', replacement]) {
                    out.push(replacement);
                }
                let mut parts = piece.split(' ');
                out.push_str(parts.next().unwrap_or_default());
                for part in parts {
                    out.push(replacement);
                    out.push_str(part);
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
