// What unpacks the pages of Parquet files: Node gzip and Brotli, the native module all else.

import zlib from 'node:zlib'

import type { Compressors } from 'hyparquet'

import type { Native } from '../../native/interface.js'
import { native } from '../../native/load.js'

type Unpack = NonNullable<Compressors['GZIP']>

/** `length` = that of the unpacked bytes: a page that is longer is broken. */
function byZlib(unpack: typeof zlib.gunzipSync): Unpack {
  return (bytes, length) => unpack(bytes, { maxOutputLength: Math.max(1, length) })
}

function natively(
  title: string,
  unpack: (native: Native, bytes: Uint8Array, length: number) => Uint8Array | null,
): Unpack {
  return (packed, length) => {
    const bytes = unpack(native(), packed, length)
    if (bytes === null) throw new Error(`broken ${title} data`)
    return bytes
  }
}

const CODECS: Compressors = {
  SNAPPY: natively('Snappy', (native, bytes, length) => native.unpackSnappy(bytes, length)),
  GZIP: byZlib(zlib.gunzipSync),
  BROTLI: byZlib(zlib.brotliDecompressSync),
  ZSTD: natively('zstd', (native, bytes, length) => native.unpackZstd(bytes, length)),
  LZ4: natively('LZ4', (native, bytes, length) => native.unpackLz4Blocks(bytes, length, true)),
  LZ4_RAW: natively('LZ4', (native, bytes, length) => native.unpackLz4Blocks(bytes, length, false)),
}

/** For hyparquet, by codec. */
export const PAGE_CODECS = Object.fromEntries(
  Object.entries(CODECS).map(([codec, unpack]): [string, Unpack] => [
    codec,
    // Some writers pack nothing to nothing.
    (bytes, length) => (length === 0 && bytes.length === 0 ? new Uint8Array() : unpack(bytes, length)),
  ]),
) as Compressors
