//! Texts that are read from the lines of a file and never become JavaScript strings.

use std::cell::RefCell;

use model2vec_engine::{LineFormat, LineLimits, Texts, read_lines};
use napi::bindgen_prelude::{Buffer, Unknown};
use napi::{Env, JsValue};
use napi_derive::napi;

use crate::error::CodedError;
use crate::job::PART_UNITS;
use crate::js::Js;
use crate::model::NativeModel;
use crate::options::max_length_of;
use crate::texts;

/// Texts of one call, in the parts that a job's threads take. Whoever makes a job of them empties it.
#[napi]
pub struct NativeTexts {
    format: LineFormat,
    text_units: Option<usize>,
    parts: RefCell<Vec<Texts>>,
}

/// What a call of `readLines` has read.
#[napi(object)]
#[derive(Debug)]
pub struct NativeLinesRead {
    /// How many lines, each one text.
    pub lines: u32,
    /// Their bytes, line feeds included.
    pub bytes: u32,
    /// UTF-16 units of the texts.
    pub units: u32,
}

#[napi]
impl NativeTexts {
    /// No texts yet. `field` names the field of JSON objects that holds a line's text; null = the line is the text. `max_length` as
    /// for small calls, in `few.rs`.
    #[napi(constructor, catch_unwind)]
    pub fn new(model: &NativeModel, field: Option<String>, max_length: f64) -> Result<Self, CodedError> {
        Ok(Self {
            format: field.map_or(LineFormat::Plain, LineFormat::Json),
            text_units: model.opened()?.unit_limit(max_length_of(max_length)),
            parts: RefCell::default(),
        })
    }

    /// Reads lines of `bytes` from `from` on: up to the first that JavaScript has to judge, at most `lines`, and until they have
    /// `units` UTF-16 units.
    #[napi(catch_unwind)]
    pub fn read_lines(&self, bytes: Buffer, from: u32, lines: u32, units: u32) -> NativeLinesRead {
        let mut total = NativeLinesRead { lines: 0, bytes: 0, units: 0 };
        let rest = bytes.get(from as usize..).unwrap_or_default();
        let mut parts = self.parts.borrow_mut();
        while total.lines < lines && total.units < units {
            let part = open_part(&mut parts);
            let limits = LineLimits {
                lines: (lines - total.lines) as usize,
                units: ((units - total.units) as usize).min(PART_UNITS.saturating_sub(part.unit_count())),
                text_units: self.text_units,
            };
            let read = read_lines(&rest[total.bytes as usize..], &self.format, limits, part);
            if read.lines == 0 {
                break;
            }
            total.lines += read.lines as u32;
            total.bytes += read.bytes as u32;
            total.units += read.units as u32;
        }
        total
    }

    /// Appends a text that JavaScript has read.
    #[napi(catch_unwind)]
    pub fn push(&self, env: Env, text: Unknown<'_>) -> Result<(), CodedError> {
        let mut parts = self.parts.borrow_mut();
        texts::read(Js(env.raw()), &[text.raw()], self.text_units, open_part(&mut parts)).map_err(CodedError::from)
    }
}

impl NativeTexts {
    /// The texts, which are the caller's now.
    pub(crate) fn take(&self) -> Vec<Texts> {
        self.parts.take()
    }
}

/// The part that is being filled.
fn open_part(parts: &mut Vec<Texts>) -> &mut Texts {
    if parts.last().is_none_or(|part| part.unit_count() >= PART_UNITS) {
        parts.push(Texts::default());
    }
    let last = parts.len() - 1;
    &mut parts[last]
}
