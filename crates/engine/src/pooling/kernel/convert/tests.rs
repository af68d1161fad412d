//! Conversions against numpy and ml_dtypes, whose digests are committed, and every instruction set against the scalar code.

use std::path::Path;

use serde::Deserialize;

use super::super::tests::available;
use super::Converters;

/// The low bits that are put under every pattern of the upper 19: the values where halves and bfloat16 round to one side, to
/// the even neighbor, to the other side, and those beside them.
const LOW_BITS: [u32; 6] = [0, 1, 0x0fff, 0x1000, 0x1001, 0x1fff];
const PATTERNS_OF_BLOCK: u32 = 1 << 13;

/// The CRC-32 of each block of conversions, as test/expected/output_types.py wrote them.
#[derive(Deserialize)]
struct Digests {
    float16: Vec<u32>,
    bfloat16: Vec<u32>,
    int8: Vec<u32>,
    binary: Vec<u32>,
}

#[derive(Deserialize)]
struct Expected {
    conversions: Digests,
}

/// What is converted: all blocks of bit patterns, then the values around the halves between the integers of int8.
fn blocks() -> Vec<Vec<f32>> {
    let mut blocks: Vec<Vec<f32>> = (0..1_u32 << 19)
        .step_by(PATTERNS_OF_BLOCK as usize)
        .map(|first| {
            let patterns = first..first + PATTERNS_OF_BLOCK;
            patterns.flat_map(|upper| LOW_BITS.map(|low| f32::from_bits(upper << 13 | low))).collect()
        })
        .collect();
    let middle = |odd: i32| ((2 * odd + 1) as f32 / 254.0).to_bits() as i32;
    let around = |odd: i32| (-3..=3).map(move |offset| f32::from_bits((middle(odd) + offset) as u32));
    blocks.push((-129..=128).flat_map(around).collect());
    blocks
}

/// A row of `vector`, with one NaN instead of all NaNs.
fn converted(write: impl Fn(&[f32], &mut [u8]), vector: &[f32], bytes: usize, nan: impl Fn(u16) -> bool) -> Vec<u8> {
    let mut row = vec![0xaa; bytes];
    write(vector, &mut row);
    if bytes == vector.len() * 2 {
        for half in row.as_chunks_mut::<2>().0 {
            if nan(u16::from_le_bytes(*half)) {
                *half = 0x7fff_u16.to_le_bytes();
            }
        }
    }
    row
}

fn rows(converters: &Converters, vector: &[f32]) -> [Vec<u8>; 4] {
    let count = vector.len();
    [
        converted(|v, row| converters.write_float16(v, row), vector, count * 2, |half| half & 0x7fff > 0x7c00),
        converted(|v, row| converters.write_bfloat16(v, row), vector, count * 2, |half| half & 0x7fff > 0x7f80),
        converted(|v, row| converters.write_int8(v, row), vector, count, |_| false),
        converted(|v, row| converters.write_binary(v, row), vector, count.div_ceil(8), |_| false),
    ]
}

fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

#[test]
fn every_instruction_set_converts_as_numpy_and_ml_dtypes_do() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../test/expected/output_types.json");
    let Expected { conversions } = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let blocks = blocks();
    assert_eq!(blocks.len(), conversions.float16.len());
    for kernels in available() {
        let converters = Converters::like(&kernels);
        for (block, vector) in blocks.iter().enumerate() {
            let found = rows(&converters, vector).map(|row| crc32(&row));
            let Digests { float16, bfloat16, int8, binary } = &conversions;
            let expected = [float16, bfloat16, int8, binary].map(|digests| digests[block]);
            assert_eq!(found, expected, "{}, block {block}", kernels.isa().name());
        }
    }
}

#[test]
fn every_instruction_set_converts_like_the_scalar_code_at_every_tail() {
    let blocks = blocks();
    let values: Vec<f32> = blocks.iter().flatten().copied().step_by(997).collect();
    for kernels in available() {
        let converters = Converters::like(&kernels);
        for count in 0..=300 {
            for start in [0, 1, 7, 1000] {
                let vector = &values[start..start + count];
                let name = kernels.isa().name();
                assert_eq!(rows(&converters, vector), rows(&Converters::SCALAR, vector), "{name} at {count} elements");
            }
        }
    }
}

#[test]
fn nan_is_nan_in_halves_and_zero_elsewhere() {
    let nans = [f32::NAN, -f32::NAN, f32::from_bits(0x7f80_0001), f32::from_bits(0xffff_ffff)];
    for kernels in available() {
        let [float16, bfloat16, int8, binary] = rows(&Converters::like(&kernels), &nans);
        assert_eq!((float16, bfloat16), ([0xff, 0x7f].repeat(4), [0xff, 0x7f].repeat(4)));
        assert_eq!((int8, binary), (vec![0; 4], vec![0]));
    }
}
