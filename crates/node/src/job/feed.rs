//! The texts of a job: read from JavaScript and put together into slices, which other threads can
//! work on.

use std::cell::{Cell, RefCell};

use model2vec_engine::{Input, Texts};
use napi::sys;

use crate::error::Thrown;
use crate::job::settings::SLICE_UNITS;
use crate::js::Js;
use crate::texts;

/// This many texts are read before the length of the slice is looked at.
const GROUP: usize = 16;

/// The texts (or token ids) that one thread takes as a unit.
pub(super) struct FilledSlice {
    /// The row of the first text.
    pub(super) first_row: usize,
    /// How many rows the slice has.
    pub(super) rows: usize,
    pub(super) input: Input,
}

/// The texts that were fed so far, and the slice that is being filled.
pub(super) struct Feed {
    /// How many texts are fed in all.
    expected: usize,
    /// The most UTF-16 units of a text that can matter; `None` = all.
    unit_limit: Option<usize>,
    /// The most rows of a slice.
    slice_rows: usize,
    /// The texts of the slice that is being filled.
    filling: RefCell<Texts>,
    fed: Cell<usize>,
    /// Whether the last text in `filling` comes in segments, and has more of them.
    is_in_text: Cell<bool>,
    /// Emptied buffers for the next slices.
    spare: RefCell<Vec<Texts>>,
}

impl Feed {
    pub(super) fn new(expected: usize, unit_limit: Option<usize>, slice_rows: usize) -> Self {
        Self {
            expected,
            unit_limit,
            slice_rows,
            filling: RefCell::default(),
            fed: Cell::new(0),
            is_in_text: Cell::new(false),
            spare: RefCell::default(),
        }
    }

    /// The most UTF-16 units of a text that are read.
    pub(super) fn readable_units(&self) -> usize {
        self.unit_limit.unwrap_or(usize::MAX)
    }

    /// # Errors
    /// When `count` more texts are more than were announced: memory depends on it.
    pub(super) fn check_count(&self, count: usize) -> Result<(), Thrown> {
        if self.fed.get() + count > self.expected {
            let message = format!("internal error: expected {} texts, found more", self.expected);
            return Err(Thrown::internal(message));
        }
        Ok(())
    }

    /// Reads strings; `start` gets each slice that is full.
    pub(super) fn read(&self, js: Js, values: &[sys::napi_value], start: impl Fn(FilledSlice)) -> Result<(), Thrown> {
        for (index, group) in values.chunks(GROUP).enumerate() {
            let is_full = {
                let mut filling = self.filling.borrow_mut();
                texts::read(js, group, self.unit_limit, &mut filling).map_err(|thrown| {
                    filling.clear();
                    thrown.at_offset(index * GROUP)
                })?;
                self.fed.set(self.fed.get() + group.len());
                filling.unit_count() >= SLICE_UNITS || filling.len() + GROUP > self.slice_rows
            };
            if is_full {
                self.close_slice().into_iter().for_each(&start);
            }
        }
        Ok(())
    }

    /// Reads a segment of the next text, after which `rest` more UTF-16 units of it come. Reading a
    /// long text at once would hold this thread for milliseconds. `start` gets each slice that is
    /// full. True at the end of the text.
    pub(super) fn read_segment(
        &self,
        js: Js,
        segment: sys::napi_value,
        rest: usize,
        start: impl Fn(FilledSlice),
    ) -> Result<bool, Thrown> {
        if !self.is_in_text.get() {
            // The text gets a slice of its own: the texts before it must not wait for its end.
            self.close_slice().into_iter().for_each(&start);
            let units = texts::length_of(js, segment, 0)?.saturating_add(rest).min(self.readable_units());
            // N-API writes a NUL after the last segment.
            self.filling.borrow_mut().reserve(units.saturating_add(1)).map_err(|_| {
                Thrown::Coded("ERR_OUT_OF_MEMORY", format!("a text of {units} UTF-16 units can't be read"))
            })?;
        }
        {
            let mut filling = self.filling.borrow_mut();
            let left = self.readable_units() - filling.unit_count();
            texts::read_segment(js, segment, left, &mut filling)?;
            self.is_in_text.set(rest > 0);
            if rest > 0 {
                return Ok(false);
            }
            filling.end_text();
        }
        self.fed.set(self.fed.get() + 1);
        self.close_slice().into_iter().for_each(start);
        Ok(true)
    }

    /// Makes slices of texts that were read before.
    pub(super) fn add_texts(&self, slices: Vec<Texts>) -> impl Iterator<Item = FilledSlice> {
        slices.into_iter().map(|texts| self.slice_of(texts.len(), Input::Texts(texts)))
    }

    /// A slice of the next `rows` rows.
    pub(super) fn slice_of(&self, rows: usize, input: Input) -> FilledSlice {
        let first_row = self.fed.replace(self.fed.get() + rows);
        FilledSlice { first_row, rows, input }
    }

    /// The slice that is being filled, as it is; `None` when it is empty.
    pub(super) fn close_slice(&self) -> Option<FilledSlice> {
        let rows = self.filling.borrow().len();
        if rows == 0 {
            return None;
        }
        let next = self.spare.borrow_mut().pop().unwrap_or_default();
        let texts = self.filling.replace(next);
        Some(FilledSlice { first_row: self.fed.get() - rows, rows, input: Input::Texts(texts) })
    }

    /// Takes back a buffer whose texts are done.
    pub(super) fn reuse(&self, mut texts: Texts) {
        texts.clear();
        if texts.capacity() > 0 {
            self.spare.borrow_mut().push(texts);
        }
    }

    /// Drops the texts of the slice that is being filled.
    pub(super) fn clear(&self) {
        self.filling.borrow_mut().clear();
    }

    /// Frees all buffers.
    pub(super) fn free(&self) {
        self.filling.take();
        self.spare.take();
    }
}
