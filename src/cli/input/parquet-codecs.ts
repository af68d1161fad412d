// What unpacks the pages of Parquet files: Node where it can, the native module Snappy and zstd, else
// hyparquet-compressors.

import zlib from 'node:zlib'

import type { Compressors } from 'hyparquet'

import { native } from '../../native/load.js'
import { optionalPackage } from '../output/optional-package.js'
import { unpackZstd } from './zstd.js'

const PACKAGE = 'hyparquet-compressors'

type Unpack = NonNullable<Compressors['GZIP']>

/** `length` = that of the unpacked bytes: a page that is longer is broken. */
function byZlib(unpack: typeof zlib.gunzipSync): Unpack {
  return (bytes, length) =>
    length === 0 && bytes.length === 0 ? new Uint8Array() : unpack(bytes, { maxOutputLength: Math.max(1, length) })
}

/** From three bytes of Snappy come at most 64, a copy. */
const MOST_FROM_SNAPPY = 22

function unpackSnappy(block: Uint8Array, length: number): Uint8Array {
  // Some writers pack nothing to nothing.
  if (length === 0 && block.length === 0) return new Uint8Array()
  // Memory is asked for before the block is read.
  if (length > MOST_FROM_SNAPPY * block.length) throw new Error('broken Snappy data')
  const bytes = native().unpackSnappy(block, length)
  if (bytes === null) throw new Error('broken Snappy data')
  return bytes
}

const OURS: Compressors = {
  SNAPPY: unpackSnappy,
  GZIP: byZlib(zlib.gunzipSync),
  BROTLI: byZlib(zlib.brotliDecompressSync),
  ZSTD: unpackZstd,
}

/**
 * @param codecs those of the columns that are read
 * @throws Model2VecError ERR_NOT_INSTALLED, which says what to install
 */
export async function codecsOf(codecs: ReadonlySet<string>): Promise<Compressors> {
  const others = [...codecs].filter((codec) => codec !== 'UNCOMPRESSED' && !(codec in OURS))
  if (others.length === 0) return OURS
  const load = async (): Promise<Compressors> => (await import('hyparquet-compressors')).compressors
  const compressors = await optionalPackage(PACKAGE, load, `Parquet files with ${others.join(' and ')}`)
  const { LZ4, LZ4_RAW } = compressors
  return { ...compressors, ...(LZ4 && { LZ4: bounded(LZ4) }), ...(LZ4_RAW && { LZ4_RAW: bounded(LZ4_RAW) }), ...OURS }
}

/** From a byte of LZ4 come at most 255. */
const MOST_FROM_LZ4 = 255

/** The package makes room for what a page claims before it looks at the page. */
function bounded(unpack: Unpack): Unpack {
  return (bytes, length) => {
    if (length > MOST_FROM_LZ4 * bytes.length) throw new Error('broken LZ4 data')
    return unpack(bytes, length)
  }
}
