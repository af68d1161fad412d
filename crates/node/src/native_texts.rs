//! Texts that are read from the lines or columns of a file, and never become JavaScript strings.

use std::cell::RefCell;

use model2vec_engine::{
    Ids, LineColumns, LineFormat, LineLimits, RecordFormat, Texts, Utf8Column, ValueLimits, read_lines, read_values,
};
use napi::bindgen_prelude::{BigInt64Array, Buffer, Uint32Array, Unknown};
use napi::{Env, JsValue};
use napi_derive::napi;

use crate::error::{CodedError, catch_panic};
use crate::job::SLICE_UNITS;
use crate::js::Js;
use crate::model::NativeModel;
use crate::options::max_length_of;
use crate::texts;

/// Texts for one job, in slices for its threads. The job takes them out.
#[napi]
pub struct NativeTexts {
    format: LineFormat,
    /// The field of the ids, where they are wanted.
    id_field: Option<String>,
    /// Whether the texts in UTF-8 are wanted, too.
    with_texts: bool,
    text_units: Option<usize>,
    slices: RefCell<Vec<Texts>>,
}

/// Strings, one after the other: string `i` has the bytes from `offsets[i]` up to
/// `offsets[i + 1]`.
#[napi(object, object_from_js = false)]
pub struct NativeStrings {
    /// The bytes of all.
    pub bytes: Buffer,
    /// One more than there are strings.
    pub offsets: Uint32Array,
}

impl From<Utf8Column> for NativeStrings {
    fn from(column: Utf8Column) -> Self {
        Self { bytes: column.bytes.into(), offsets: column.offsets.into() }
    }
}

/// What one call of `readLines` has read.
#[napi(object, object_from_js = false)]
pub struct NativeLinesRead {
    /// How many lines; each is one text.
    pub lines: u32,
    /// The bytes of the lines, line feeds included.
    pub bytes: u32,
    /// The UTF-16 units of the texts.
    pub units: u32,
    /// The texts, where they are wanted.
    pub texts: Option<NativeStrings>,
    /// The ids, where they are wanted and are strings.
    pub ids: Option<NativeStrings>,
    /// The ids, where they are wanted and are integers.
    pub integers: Option<BigInt64Array>,
}

/// How the records of a table are written: see [`RecordFormat`].
#[napi(object, object_to_js = false)]
pub struct NativeRecordFormat {
    /// The byte between two fields.
    pub delimiter: u8,
    /// Whether a field may be enclosed in quotes.
    pub has_quotes: bool,
    /// How many fields a record has.
    pub fields: u32,
    /// The index of the text.
    pub text: u32,
    /// The index of the id; not there = none is wanted.
    pub id: Option<u32>,
}

impl From<NativeRecordFormat> for RecordFormat {
    fn from(format: NativeRecordFormat) -> Self {
        let NativeRecordFormat { delimiter, has_quotes, fields, text, id } = format;
        let id = id.map(|id| id as usize);
        Self { delimiter, has_quotes, fields: fields as usize, text: text as usize, id }
    }
}

/// The counts of one call of `readValues`.
#[napi(object)]
#[derive(Debug)]
pub struct NativeValuesRead {
    /// How many values; each is one text.
    pub values: u32,
    /// The UTF-16 units of the texts.
    pub units: u32,
}

#[napi]
impl NativeTexts {
    /// No texts yet. `field` is the field of a line's JSON object that holds the text; null = the
    /// line is the text. A negative `max_length` is no limit. `id_field` is the field of ids, null
    /// = none; `with_texts` = the texts are wanted in UTF-8, too.
    #[napi(constructor, catch_unwind)]
    pub fn new(
        model: &NativeModel,
        field: Option<String>,
        max_length: f64,
        id_field: Option<String>,
        with_texts: bool,
    ) -> Result<Self, CodedError> {
        Ok(Self {
            format: field.map_or(LineFormat::Plain, LineFormat::Json),
            id_field,
            with_texts,
            text_units: model.opened()?.unit_limit(max_length_of(max_length)),
            slices: RefCell::default(),
        })
    }

    /// Reads lines of `bytes` from the offset `from` on: at most `lines`, until they have `units`
    /// UTF-16 units, and up to the first line that only JavaScript can read,
    /// or whose id is of another kind than those before. `record`, where it is there, is how they are
    /// written, instead of what was said when this was made.
    #[napi(catch_unwind)]
    pub fn read_lines(
        &self,
        bytes: Buffer,
        from: u32,
        lines: u32,
        units: u32,
        record: Option<NativeRecordFormat>,
    ) -> Result<NativeLinesRead, CodedError> {
        let record = record.map(|record| LineFormat::Record(record.into()));
        let format = record.as_ref().unwrap_or(&self.format);
        let read = || Ok(self.lines_of(&bytes, format, from, lines, units));
        catch_panic("the reader of lines", read).map_err(CodedError::from)
    }

    fn lines_of(&self, bytes: &[u8], format: &LineFormat, from: u32, lines: u32, units: u32) -> NativeLinesRead {
        let mut total = NativeLinesRead { lines: 0, bytes: 0, units: 0, texts: None, ids: None, integers: None };
        let mut columns = LineColumns::default();
        columns.texts = self.with_texts.then(Utf8Column::default);
        columns.id_field.clone_from(&self.id_field);
        let rest = bytes.get(from as usize..).unwrap_or_default();
        let mut slices = self.slices.borrow_mut();
        while total.lines < lines && total.units < units {
            let slice = open_slice(&mut slices);
            let limits = LineLimits {
                lines: (lines - total.lines) as usize,
                units: ((units - total.units) as usize).min(SLICE_UNITS.saturating_sub(slice.unit_count())),
                text_units: self.text_units,
            };
            let read = read_lines(&rest[total.bytes as usize..], format, limits, slice, &mut columns);
            if read.lines == 0 {
                break;
            }
            total.lines += read.lines as u32;
            total.bytes += read.bytes as u32;
            total.units += read.units as u32;
        }
        total.texts = columns.texts.map(NativeStrings::from);
        match columns.ids {
            Some(Ids::Strings(ids)) => total.ids = Some(ids.into()),
            Some(Ids::Integers(ids)) => total.integers = Some(ids.into()),
            None => {}
        }
        total
    }

    /// Reads values of a column from the index `from` on: at most `count`, until they have `units`
    /// UTF-16 units, and up to the first that is not UTF-8. Value `i` has the bytes from
    /// `offsets[i]` up to `gap` bytes before `offsets[i + 1]`.
    #[napi(catch_unwind)]
    pub fn read_values(
        &self,
        bytes: Buffer,
        offsets: Uint32Array,
        gap: u32,
        from: u32,
        count: u32,
        units: u32,
    ) -> Result<NativeValuesRead, CodedError> {
        let read = || Ok(self.values_of(&bytes, &offsets, gap, from, count, units));
        catch_panic("the reader of columns", read).map_err(CodedError::from)
    }

    fn values_of(
        &self,
        bytes: &[u8],
        offsets: &[u32],
        gap: u32,
        from: u32,
        count: u32,
        units: u32,
    ) -> NativeValuesRead {
        let mut total = NativeValuesRead { values: 0, units: 0 };
        let rest = offsets.get(from as usize..).unwrap_or_default();
        let rest = &rest[..rest.len().min(count as usize + 1)];
        let mut slices = self.slices.borrow_mut();
        while total.units < units {
            let slice = open_slice(&mut slices);
            let limits = ValueLimits {
                units: ((units - total.units) as usize).min(SLICE_UNITS.saturating_sub(slice.unit_count())),
                text_units: self.text_units,
            };
            let read = read_values(bytes, &rest[total.values as usize..], gap, limits, slice);
            if read.values == 0 {
                break;
            }
            total.values += read.values as u32;
            total.units += read.units as u32;
        }
        total
    }

    /// Appends a text that JavaScript has read.
    #[napi(catch_unwind)]
    pub fn push(&self, env: Env, text: Unknown<'_>) -> Result<(), CodedError> {
        let mut slices = self.slices.borrow_mut();
        let read = || texts::read(Js(env.raw()), &[text.raw()], self.text_units, open_slice(&mut slices));
        catch_panic("the reader of texts", read).map_err(CodedError::from)
    }
}

impl NativeTexts {
    /// Takes the texts out.
    pub(crate) fn take(&self) -> Vec<Texts> {
        self.slices.take()
    }
}

/// The slice that is being filled; a new one if the last is full.
fn open_slice(slices: &mut Vec<Texts>) -> &mut Texts {
    if slices.last().is_none_or(|slice| slice.unit_count() >= SLICE_UNITS) {
        slices.push(Texts::default());
    }
    let last = slices.len() - 1;
    &mut slices[last]
}
