// What unpacks the pages of Parquet files: Node where it can, else hyparquet-compressors.

import zlib from 'node:zlib'

import type { Compressors } from 'hyparquet'

import { optionalPackage } from '../output/optional-package.js'

const PACKAGE = 'hyparquet-compressors'

type Unpack = NonNullable<Compressors['GZIP']>

/** Not there in Node 20, and before 22.15 and 23.8. */
const { zstdDecompressSync } = zlib as { readonly zstdDecompressSync?: typeof zlib.gunzipSync }

/** `length` = that of the unpacked bytes: a page that is longer is broken. */
function byZlib(unpack: typeof zlib.gunzipSync): Unpack {
  return (bytes, length) => unpack(bytes, { maxOutputLength: Math.max(1, length) })
}

const OF_NODE: Compressors = {
  GZIP: byZlib(zlib.gunzipSync),
  BROTLI: byZlib(zlib.brotliDecompressSync),
  ...(zstdDecompressSync !== undefined && { ZSTD: byZlib(zstdDecompressSync) }),
}

/** hyparquet has these itself. */
const OF_HYPARQUET = ['UNCOMPRESSED', 'SNAPPY']

/**
 * @param codecs those of the columns that are read
 * @throws Error that says what to install
 */
export async function codecsOf(codecs: ReadonlySet<string>): Promise<Compressors> {
  const others = [...codecs].filter((codec) => !OF_HYPARQUET.includes(codec) && !(codec in OF_NODE))
  if (others.length === 0 && !codecs.has('SNAPPY')) return OF_NODE
  const load = async (): Promise<Compressors> => (await import('hyparquet-compressors')).compressors
  // Of Snappy it has a faster one, in WebAssembly.
  if (others.length === 0) return { ...(await load().catch(() => ({}))), ...OF_NODE }
  const compressors = await optionalPackage(PACKAGE, load, `Parquet files with ${others.join(' and ')}`)
  return { ...compressors, ...OF_NODE }
}
