// What unpacks the buffers of Arrow files: LZ4, with which pandas packs them, and zstd.

import { native } from '../../native/load.js'
import type { Arrow } from './arrow-types.js'
import { unpackZstd } from './zstd.js'

/** Before a packed buffer: how many bytes it has unpacked, an int64. */
const LENGTH_BYTES = 8
const MOST_BYTES = 2 ** 32 - 1

/** Makes apache-arrow read packed files. */
export function registerCodecs({ compressionRegistry, CompressionType }: Arrow): void {
  compressionRegistry.set(CompressionType.LZ4_FRAME, { decode: (bytes) => aligned(unpackLz4(bytes)) })
  compressionRegistry.set(CompressionType.ZSTD, { decode: (bytes) => aligned(unpackZstd(bytes, lengthBefore(bytes))) })
}

/** The library makes arrays of 64-bit integers of them, which begin at a multiple of 8 only. */
function aligned(bytes: Uint8Array): Uint8Array {
  return bytes.byteOffset % 8 === 0 ? bytes : Uint8Array.prototype.slice.call(bytes)
}

function unpackLz4(frame: Uint8Array): Uint8Array {
  const bytes = native().unpackLz4(frame)
  if (bytes?.length !== lengthBefore(frame)) throw new Error('broken LZ4 data')
  return bytes
}

/** The library gives a view on the message, in which the length stands before the packed bytes. @throws Error */
function lengthBefore({ buffer, byteOffset }: Uint8Array): number {
  const length = Number(new DataView(buffer, byteOffset - LENGTH_BYTES, LENGTH_BYTES).getBigInt64(0, true))
  if (!(length >= 0 && length <= MOST_BYTES)) throw new Error(`broken data: a buffer of ${length} bytes`)
  return length
}
