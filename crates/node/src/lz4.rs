//! Unpacks LZ4 frames: buffers of Arrow files are packed so, and Node has no LZ4.

use std::io::Read;

use lz4_flex::frame::FrameDecoder;
use napi::bindgen_prelude::Buffer;
use napi_derive::napi;

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
