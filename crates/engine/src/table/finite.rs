//! Makes the numbers of a table finite, as `numpy.nan_to_num` does: NaN becomes 0, an infinity the
//! largest number of its sign.

use crate::table::bytes::{CopyError, TableBytes};
use crate::table::number_types::Elements;

/// The largest finite half-precision number, without its sign, and infinity.
const LARGEST_HALF: u16 = 0x7bff;
const INFINITE_HALF: u16 = 0x7c00;

/// A copy of the elements with finite numbers; `None` where they are finite already.
pub(super) fn copy(elements: Elements<'_>, length: usize) -> Result<Option<TableBytes>, CopyError> {
    match elements {
        Elements::F32(elements) => copy_where(elements, length, |x| x.is_finite(), finite_f32, f32::to_le_bytes),
        Elements::F64(elements) => copy_where(elements, length, |x| x.is_finite(), finite_f64, f64::to_le_bytes),
        Elements::F16(elements) => {
            copy_where(elements, length, |bits| bits & INFINITE_HALF != INFINITE_HALF, finite_half, u16::to_le_bytes)
        }
        Elements::I8(_) => Ok(None),
    }
}

fn copy_where<T: Copy, const N: usize>(
    elements: &[T],
    length: usize,
    is_finite: impl Fn(T) -> bool,
    finite: impl Fn(T) -> T,
    to_le_bytes: impl Fn(T) -> [u8; N],
) -> Result<Option<TableBytes>, CopyError> {
    // A block has no branches inside, so that its check is vectorized.
    if elements.chunks(1024).all(|block| block.iter().fold(true, |all, &element| all & is_finite(element))) {
        return Ok(None);
    }
    TableBytes::fill(length, |memory| {
        for (bytes, &element) in memory.as_chunks_mut::<N>().0.iter_mut().zip(elements) {
            *bytes = to_le_bytes(finite(element));
        }
        Ok(())
    })
    .map(Some)
}

fn finite_f32(element: f32) -> f32 {
    if element.is_nan() { 0.0 } else { element.clamp(f32::MIN, f32::MAX) }
}

fn finite_f64(element: f64) -> f64 {
    if element.is_nan() { 0.0 } else { element.clamp(f64::MIN, f64::MAX) }
}

fn finite_half(bits: u16) -> u16 {
    match bits & 0x7fff {
        INFINITE_HALF => bits & 0x8000 | LARGEST_HALF,
        magnitude if magnitude > INFINITE_HALF => 0,
        _ => bits,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Expected: `numpy.nan_to_num` of numpy 2.4.
    #[test]
    fn nan_is_0_and_an_infinity_the_largest_number_of_its_sign() {
        let nan = [1.5, f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -f32::NAN, -0.0];
        let found = copy(Elements::F32(&nan), 24).unwrap().unwrap();
        let expected = [1.5, 0.0, f32::MAX, f32::MIN, 0.0, -0.0];
        assert_eq!(found.elements::<f32>().iter().map(|x| x.to_bits()).collect::<Vec<_>>(), expected.map(f32::to_bits));
        let found = copy(Elements::F64(&[f64::NAN, f64::NEG_INFINITY, 2.0]), 24).unwrap().unwrap();
        assert_eq!(found.elements::<f64>(), [0.0, f64::MIN, 2.0]);
        let found = copy(Elements::F16(&[0x7e00, 0xfc00, 0x7c00, 0xfe01, 0x7bff, 1]), 12).unwrap().unwrap();
        assert_eq!(found.elements::<u16>(), [0, 0xfbff, 0x7bff, 0, 0x7bff, 1]);
    }

    #[test]
    fn a_table_of_finite_numbers_is_not_copied() {
        assert!(copy(Elements::F32(&vec![f32::MAX; 5000]), 20_000).unwrap().is_none());
        assert!(copy(Elements::F16(&[0x7bff, 0xfbff, 0]), 6).unwrap().is_none());
        assert!(copy(Elements::I8(&[-128]), 1).unwrap().is_none());
        let mut last = vec![0.0; 5000];
        last[4999] = f32::NAN;
        assert!(copy(Elements::F32(&last), 20_000).unwrap().is_some());
    }
}
