//! Unpacks what Parquet and Arrow files hold and Node has no codec for, or not every
//! Node: Snappy, LZ4 and zstd. The bytes are the same in every runtime.
//!
//! A file says how long unpacked bytes are. That is checked against what so many packed bytes can
//! hold at most before memory is asked for, and against what was unpacked.

use std::io::Read;

use lz4_flex::frame::FrameDecoder as Lz4Frame;
use napi::bindgen_prelude::Buffer;
use napi_derive::napi;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};
use snap::raw::{Decoder, decompress_len};

/// A byte of LZ4 unpacks to at most this many: those that a byte adds to the length of a copy.
const MOST_FROM_LZ4: usize = 255;
/// Three bytes of Snappy, a copy, unpack to at most 64.
const MOST_FROM_SNAPPY: usize = 22;
/// A block of zstd has a header of three bytes, and at most 128 KiB.
const ZSTD_BLOCK_HEADER: usize = 3;
const ZSTD_BLOCK: usize = 1 << 17;
/// zstd is unpacked about this many bytes at a time.
const ZSTD_STEP: usize = 1 << 20;

/// The bytes of an LZ4 frame, of which there are `length`. `None` where it is broken, or has another
/// number of bytes.
#[napi(catch_unwind)]
pub fn unpack_lz4(frame: Buffer, length: u32) -> Option<Buffer> {
    let mut bytes = room(length as usize, MOST_FROM_LZ4 * frame.len())?;
    // One more than there should be.
    Lz4Frame::new(&frame[..]).take(u64::from(length) + 1).read_to_end(&mut bytes).ok()?;
    exactly(bytes, length)
}

/// The same for LZ4 without a frame, as Parquet has it: one block, or, where `has_lengths`, blocks
/// that each follow their two lengths, as Hadoop writes them.
#[napi(catch_unwind)]
pub fn unpack_lz4_blocks(blocks: Buffer, length: u32, has_lengths: bool) -> Option<Buffer> {
    let mut bytes = room(length as usize, MOST_FROM_LZ4 * blocks.len())?;
    bytes.resize(length as usize, 0);
    // Some writers say that their blocks have lengths, and write one block.
    let is_unpacked = has_lengths && unpack_hadoop(&blocks, &mut bytes).is_some()
        || lz4_flex::block::decompress_into(&blocks, &mut bytes).ok() == Some(bytes.len());
    is_unpacked.then(|| bytes.into())
}

/// Fills `out` with what all blocks hold. `None` where that is not possible.
fn unpack_hadoop(mut blocks: &[u8], mut out: &mut [u8]) -> Option<()> {
    while !blocks.is_empty() {
        let (unpacked, rest) = blocks.split_first_chunk()?;
        let (packed, rest) = rest.split_first_chunk()?;
        let (block, rest) = rest.split_at_checked(u32::from_be_bytes(*packed) as usize)?;
        let (part, others) = out.split_at_mut_checked(u32::from_be_bytes(*unpacked) as usize)?;
        let length = lz4_flex::block::decompress_into(block, part).ok()?;
        if length != part.len() {
            return None;
        }
        (blocks, out) = (rest, others);
    }
    out.is_empty().then_some(())
}

/// The bytes of a block of Snappy, without a frame, of which there are `length`. `None` where it is broken, or has
/// another number of bytes.
#[napi(catch_unwind)]
pub fn unpack_snappy(block: Buffer, length: u32) -> Option<Buffer> {
    let is_possible = length as usize <= MOST_FROM_SNAPPY * block.len();
    if !is_possible || decompress_len(&block).ok()? != length as usize {
        return None;
    }
    Decoder::new().decompress_vec(&block).ok().map(Buffer::from)
}

/// The bytes of frames of zstd, of which there are `length`. `None` where they are broken, or have
/// another number of bytes.
#[napi(catch_unwind)]
pub fn unpack_zstd(frames: Buffer, length: u32) -> Option<Buffer> {
    let mut bytes = room(length as usize, (frames.len() / ZSTD_BLOCK_HEADER).saturating_mul(ZSTD_BLOCK))?;
    let mut rest = &frames[..];
    let mut decoder = FrameDecoder::new();
    while !rest.is_empty() {
        match decoder.init(&mut rest) {
            Ok(()) => unpack_frame(&mut decoder, &mut rest, &mut bytes, length as usize)?,
            Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame { length, .. })) => {
                rest = rest.get(length as usize..)?;
            }
            Err(_) => return None,
        }
    }
    exactly(bytes, length)
}

/// Appends the bytes of one frame, whose header was read, to `out`, which gets at most `most`.
fn unpack_frame(decoder: &mut FrameDecoder, rest: &mut &[u8], out: &mut Vec<u8>, most: usize) -> Option<()> {
    // 0 where the header does not say.
    if decoder.content_size() > (most - out.len()) as u64 {
        return None;
    }
    while !decoder.is_finished() {
        decoder.decode_blocks(&mut *rest, BlockDecodingStrategy::UptoBytes(ZSTD_STEP)).ok()?;
        if decoder.can_collect() > most - out.len() {
            return None;
        }
        decoder.collect_to_writer(&mut *out).ok()?;
    }
    let sum = decoder.get_checksum_from_data();
    (sum.is_none() || sum == decoder.get_calculated_checksum()).then_some(())
}

/// Memory for `length` bytes, where no more than `most` can come.
fn room(length: usize, most: usize) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    (length <= most && bytes.try_reserve_exact(length).is_ok()).then_some(bytes)
}

fn exactly(bytes: Vec<u8>, length: u32) -> Option<Buffer> {
    (bytes.len() == length as usize).then(|| bytes.into())
}
