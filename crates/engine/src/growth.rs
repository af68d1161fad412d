//! Buffers that grow with a text. Where the system grants no more memory, the work on the text ends
//! ([`Interrupt::OutOfMemory`]) instead of the process.
//!
//! Long copies and long fills go in strides, so that a stopped call ends soon.

use std::collections::BinaryHeap;

use crate::interrupt::{Interrupt, STRIDE_BYTES, check};

/// A buffer that makes room before it grows.
pub(crate) trait Growth {
    /// Makes room for `more` elements. Grows by half or more, as far as there is memory.
    fn make_room(&mut self, more: usize);
}

impl<T> Growth for Vec<T> {
    #[inline(always)]
    fn make_room(&mut self, more: usize) {
        if self.capacity() - self.len() < more {
            grow(self, more);
        }
    }
}

impl<T: Ord> Growth for BinaryHeap<T> {
    #[inline(always)]
    fn make_room(&mut self, more: usize) {
        if self.capacity() - self.len() < more && self.try_reserve(more).is_err() {
            exactly(self.len(), more, size_of::<T>(), self.try_reserve_exact(more).is_ok());
        }
    }
}

impl Growth for String {
    #[inline(always)]
    fn make_room(&mut self, more: usize) {
        if self.capacity() - self.len() < more && self.try_reserve(more).is_err() {
            exactly(self.len(), more, 1, self.try_reserve_exact(more).is_ok());
        }
    }
}

#[cold]
#[inline(never)]
fn grow<T>(buffer: &mut Vec<T>, more: usize) {
    if buffer.try_reserve(more).is_err() {
        exactly(buffer.len(), more, size_of::<T>(), buffer.try_reserve_exact(more).is_ok());
    }
}

#[cold]
fn exactly(length: usize, more: usize, size: usize, is_granted: bool) {
    if !is_granted {
        Interrupt::OutOfMemory(length.saturating_add(more).saturating_mul(size)).raise();
    }
}

/// Appends `text`.
#[inline]
pub(crate) fn put(out: &mut String, text: &str) {
    out.make_room(text.len());
    if text.len() <= STRIDE_BYTES { out.push_str(text) } else { put_long(out, text) }
}

#[cold]
fn put_long(out: &mut String, mut text: &str) {
    while !text.is_empty() {
        let (stride, rest) = text.split_at(char_boundary(text, STRIDE_BYTES));
        out.push_str(stride);
        text = rest;
        check();
    }
}

/// The last boundary of characters up to `at`.
pub(crate) fn char_boundary(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

/// Appends `items`.
#[inline]
pub(crate) fn put_all<T: Copy>(out: &mut Vec<T>, items: &[T]) {
    out.make_room(items.len());
    for stride in items.chunks(STRIDE_BYTES) {
        out.extend_from_slice(stride);
        if stride.len() == STRIDE_BYTES {
            check();
        }
    }
}

/// Makes the buffer at least `length` long, and a little longer, as it will be needed soon; new
/// elements are `value`.
#[inline(always)]
pub(crate) fn lengthen<T: Copy>(buffer: &mut Vec<T>, length: usize, value: T) {
    if buffer.len() < length {
        lengthen_by(buffer, length, value);
    }
}

#[cold]
#[inline(never)]
fn lengthen_by<T: Copy>(buffer: &mut Vec<T>, length: usize, value: T) {
    // Filling is work too: a long buffer is not doubled.
    let generous = if length < STRIDE_BYTES { length.next_power_of_two() } else { length };
    buffer.make_room(generous - buffer.len());
    while buffer.len() < generous {
        buffer.resize(generous.min(buffer.len() + STRIDE_BYTES), value);
        if buffer.len() < generous {
            check();
        }
    }
}

/// So many values. For tables that the first text makes which needs them.
pub(crate) fn filled<T: Copy>(length: usize, value: T) -> Vec<T> {
    let mut table = Vec::new();
    table.make_room(length);
    table.resize(length, value);
    table
}

/// Empties the buffer, and frees it if it has room for more than `kept` elements.
pub(crate) fn let_go_if_large<T>(buffer: &mut Vec<T>, kept: usize) {
    buffer.clear();
    if buffer.capacity() > kept {
        // Shrinking would allocate, which can fail.
        *buffer = Vec::new();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_copies_are_whole() {
        let text = "aé日😀".repeat(STRIDE_BYTES / 4);
        let (mut out, mut bytes) = (String::from("x"), vec![b'x']);
        put(&mut out, &text);
        put_all(&mut bytes, text.as_bytes());
        assert!(out[1..] == text && bytes[1..] == *text.as_bytes());
        let mut numbers = vec![1_u32; 3];
        lengthen(&mut numbers, 3 * STRIDE_BYTES + 1, 7);
        assert!(numbers.len() == 3 * STRIDE_BYTES + 1 && numbers[3..].iter().all(|&number| number == 7));
    }

    #[test]
    fn memory_that_is_not_granted_ends_the_work_with_its_size() {
        let caught = std::panic::catch_unwind(|| Vec::<u64>::new().make_room(usize::MAX / 16));
        let panic = caught.expect_err("so much memory is never granted");
        assert_eq!(Interrupt::of(panic.as_ref()), Some(Interrupt::OutOfMemory(usize::MAX / 16 * 8)));
    }
}
