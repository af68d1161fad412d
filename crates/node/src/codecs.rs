//! Packs and unpacks what Parquet and Arrow files hold and Node has no codec for: Snappy, LZ4 frames, and
//! zstd, which Node has from 22.15 on. The bytes are the same in every runtime.

use std::io::Read;

use lz4_flex::frame::FrameDecoder;
use napi::bindgen_prelude::Buffer;
use napi_derive::napi;
use ruzstd::decoding::FrameDecoder as ZstdDecoder;
use snap::raw::{Decoder, Encoder, decompress_len};

use crate::error::{CodedError, Thrown};

/// LZ4 packs at most this many bytes into one, so that a small broken frame takes little memory.
const MOST_PACKED: u64 = 255;

/// The bytes of an LZ4 frame. `None` where it is broken.
#[napi(catch_unwind)]
pub fn unpack_lz4(frame: Buffer) -> Option<Buffer> {
    let mut bytes = Vec::new();
    let most = MOST_PACKED * frame.len() as u64;
    FrameDecoder::new(&frame[..]).take(most).read_to_end(&mut bytes).ok()?;
    Some(bytes.into())
}

/// A block of Snappy, without a frame.
#[napi(catch_unwind)]
pub fn pack_snappy(bytes: Buffer) -> Result<Buffer, CodedError> {
    let packed = Encoder::new().compress_vec(&bytes);
    packed.map(Buffer::from).map_err(|error| Thrown::Coded("ERR_OUT_OF_MEMORY", error.to_string()).into())
}

/// The bytes of a block of Snappy, of which there are `length`. `None` where it is broken, or has
/// another number of bytes.
#[napi(catch_unwind)]
pub fn unpack_snappy(block: Buffer, length: u32) -> Option<Buffer> {
    if decompress_len(&block).ok()? != length as usize {
        return None;
    }
    Decoder::new().decompress_vec(&block).ok().map(Buffer::from)
}

/// A block of zstd has at most this many bytes, and takes at least [`ZSTD_HEADER`].
const ZSTD_BLOCK: usize = 1 << 17;
const ZSTD_HEADER: usize = 3;
/// As `zstd -d` has it, and Node.
const MOST_WINDOW: u64 = 1 << 27;

/// The bytes of frames of zstd, of which there are `length`. `None` where they are broken, or have another
/// number of bytes.
#[napi(catch_unwind)]
pub fn unpack_zstd(frames: Buffer, length: u32) -> Option<Buffer> {
    // Memory is asked for before the frames are read.
    if length as usize / ZSTD_BLOCK > frames.len() / ZSTD_HEADER {
        return None;
    }
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(length as usize).ok()?;
    bytes.resize(length as usize, 0);
    let mut decoder = ZstdDecoder::new();
    decoder.set_max_window_size(MOST_WINDOW);
    let unpacked = decoder.decode_all(&frames, &mut bytes).ok()?;
    (unpacked == bytes.len()).then(|| bytes.into())
}
