// What unpacks the buffers of Arrow files: LZ4, with which pandas packs them, and zstd.

import type { Arrow } from '../arrow-library.js'
import { native } from '../../native/load.js'

/** Bytes of the length that a packed buffer begins with. */
const LENGTH_BYTES = 8

type Type = Parameters<Arrow['compressionRegistry']['set']>[0]
type Unpack = (bytes: Uint8Array, length: number) => Uint8Array | null

/** Makes apache-arrow read packed files. */
export function registerCodecs({ compressionRegistry, CompressionType }: Arrow): void {
  const register = (type: Type, title: string, unpack: Unpack): void => {
    compressionRegistry.set(type, { decode: (bytes) => aligned(unpacked(bytes, title, unpack)) })
  }
  register(CompressionType.LZ4_FRAME, 'LZ4', (bytes, length) => native().unpackLz4(bytes, length))
  register(CompressionType.ZSTD, 'zstd', (bytes, length) => native().unpackZstd(bytes, length))
}

/** @param packed what follows the length in a buffer of the file: the library gives this part of it */
function unpacked(packed: Uint8Array, title: string, unpack: Unpack): Uint8Array {
  const start = new DataView(packed.buffer, packed.byteOffset - LENGTH_BYTES, LENGTH_BYTES)
  const length = Number(start.getBigInt64(0, true))
  const bytes = length >= 0 && length < 2 ** 32 ? unpack(packed, length) : null
  if (bytes === null) throw new Error(`broken ${title} data`)
  return bytes
}

/** The library makes arrays of 64-bit integers of them, which begin at a multiple of 8 only. */
function aligned(bytes: Uint8Array): Uint8Array {
  return bytes.byteOffset % 8 === 0 ? bytes : Uint8Array.prototype.slice.call(bytes)
}
